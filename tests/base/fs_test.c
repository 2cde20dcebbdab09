#include "base/fs.h"
#include "tests/check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct stop {
    uint64_t at;
    uint64_t seen;
    char calls[400];
};

static int
stop_at(const char *call, uint64_t number, void *arg)
{
    struct stop *s = arg;
    size_t n = strlen(s->calls);

    snprintf(s->calls + n, sizeof s->calls - n, "%s ", call);
    s->seen = number;
    return number == s->at ? EIO : 0;
}

static bool
holds(int dir, const char *path, const char *text)
{
    struct buf b = { .max = 8192 };
    struct error e;
    bool same = fs_read_file(dir, path, &b, &e) && span_is(buf_span(&b), text);

    buf_free(&b);
    return same;
}

/* After a failure of any single call the old content is there, whole. */
static void
check_replace(int dir)
{
    struct stop s = { .at = 0 };
    struct error e;
    uint64_t calls;

    CHECK(fs_replace(dir, "file", span_of("old"), 0600, &e), "%s", e.text);
    fs_fault(stop_at, &s);
    CHECK(fs_replace(dir, "file", span_of("old"), 0600, &e), "%s", e.text);
    calls = s.seen;
    CHECK(strcmp(s.calls, "create write fsync rename fsync ") == 0, "%s",
          s.calls);
    for (uint64_t at = 1; at <= calls; at++) {
        bool done;

        s = (struct stop){ .at = at };
        fs_fault(stop_at, &s);
        done = fs_replace(dir, "file", span_of("new"), 0600, &e);
        fs_fault(NULL, NULL);
        CHECK(!done && e.kind == FAIL_IO, "call %d fails", (int)at);
        CHECK(holds(dir, "file", at < calls ? "old" : "new"), "call %d",
              (int)at);
    }
}

static void
check_names(int dir)
{
    struct error e;
    int fd;
    struct stat st;

    CHECK(fs_mkdir_all(dir, "a/b/c", 0700, &e), "%s", e.text);
    CHECK(fs_mkdir_all(dir, "a/b/c", 0700, &e), "what is there is fine");
    CHECK(!fs_mkdir(dir, "a", 0700, &e) && e.kind == FAIL_EXISTS, "taken");
    CHECK(!fs_open_read(dir, "no", &fd, &e) && e.kind == FAIL_NOT_FOUND, "%s",
          e.text);
    CHECK(fs_create_unnamed(dir, "a", 0600, &fd, &e), "%s", e.text);
    CHECK(fs_write(fd, span_of("text"), &e) &&
              fs_set_time(fd, 1000000000, &e) && fs_sync(fd, &e),
          "%s", e.text);
    CHECK(fs_link_fd(fd, dir, "a/named", &e), "%s", e.text);
    CHECK(!fs_link_fd(fd, dir, "a/named", &e) && e.kind == FAIL_EXISTS,
          "a name is given once");
    close(fd);
    CHECK(fs_stat(dir, "a/named", &st, &e) && st.st_mtime == 1000000000,
          "its time stays");
    CHECK(holds(dir, "a/named", "text"), "its bytes too");
    CHECK(fs_link(dir, "a/named", dir, "a/other", &e), "%s", e.text);
    CHECK(!fs_rename_new(dir, "a/named", dir, "a/other", &e) &&
              e.kind == FAIL_EXISTS,
          "nothing is overwritten");
    CHECK(fs_rename_new(dir, "a/named", dir, "a/third", &e), "%s", e.text);
    CHECK(fs_unlink(dir, "a/third", &e) && fs_rmdir(dir, "a/b/c", &e), "%s",
          e.text);
    CHECK(symlinkat("other", dir, "a/link") == 0, "a link to follow");
    CHECK(!fs_open_read(dir, "a/link", &fd, &e), "links are not followed");
}

int
main(void)
{
    struct error e;
    int dir;

    CHECK(fs_open_dir(AT_FDCWD, check_dir(), &dir, &e), "%s", e.text);
    check_replace(dir);
    check_names(dir);
    close(dir);
    return check_report();
}
