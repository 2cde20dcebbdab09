/* A delivery's file, before it gets a name: for the pool's threads. */
#include "mailstore/deliver.h"

#include "base/fs.h"
#include "mailstore/maildir.h"

#include <fcntl.h>
#include <sys/stat.h>

void
deliver_begin_settling(const struct delivery *d)
{
    if (d->core->options->sync != FLUSH_NEVER)
        sync_file_range(d->fd, 0, 0, SYNC_FILE_RANGE_WRITE);
}

bool
deliver_settle(struct delivery *d, struct error *e)
{
    struct stat st;

    if (fstat(d->fd, &st) == -1)
        return fail_sys(e, "look at a delivery");
    if ((uint64_t)st.st_size != d->size)
        return fail(e, FAIL_INVALID, "%llu octets announced, %llu written",
                    (unsigned long long)d->size,
                    (unsigned long long)st.st_size);
    /* What came just now has the date of now already. */
    if (st.st_mtime != d->date && !fs_set_time(d->fd, d->date, e))
        return false;
    /* It was just written: this reads memory. */
    if (!maildir_content(d->fd, &d->content, e))
        return false;
    return d->core->options->sync == FLUSH_NEVER || fs_sync(d->fd, e);
}
