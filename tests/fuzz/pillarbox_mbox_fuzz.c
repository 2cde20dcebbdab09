/* Messages of an mbox lie one behind the other, and their texts can be read. */
#include "base/error.h"
#include "base/fs.h"
#include "pillarbox/mbox.h"

#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
count(void *arg, struct span bytes, struct error *e)
{
    uint64_t *n = arg;

    (void)e;
    *n += bytes.n;
    return true;
}

static void
check(const struct mbox *m, const struct mbox_message *one, uint64_t *end)
{
    uint64_t n = 0;
    struct error e;

    if (one->start < *end || one->body < one->start || one->end < one->body)
        bug("a message that is where it cannot be");
    if (one->mark == 0 || one->keywords + one->keywords_size > m->keywords.n)
        bug("a message without a mark, or keywords from elsewhere");
    if (!mbox_copy(m, one, count, &n, &e) || n > one->end - one->start)
        bug("a message that became longer");
    *end = one->end;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int fd = memfd_create("mbox", MFD_CLOEXEC);
    uint64_t end = 0;
    struct mbox m;
    struct error e;

    if (fd == -1 || !fs_write(fd, span_from(data, size), &e))
        die("memfd");
    if (mbox_scan(fd, &m, &e))
        for (size_t i = 0; i < m.count; i++)
            check(&m, &m.messages[i], &end);
    if (end > size)
        bug("a message behind the end of the file");
    mbox_free(&m);
    close(fd);
    return 0;
}
