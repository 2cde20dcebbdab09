/*
 * LD_PRELOAD: a wall clock that a test moves. CLOCK_SHIM names a file of eight
 * bytes, the offset in seconds; it is mapped before any sandbox is closed. The
 * monotonic clocks are the kernel's.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *offset;

__attribute__((constructor)) static void
map_offset(void)
{
    const char *path = getenv("CLOCK_SHIM");
    int fd = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    void *p;

    if (fd == -1)
        return;
    p = mmap(NULL, sizeof *offset, PROT_READ, MAP_SHARED, fd, 0);
    if (p != MAP_FAILED)
        offset = p;
    close(fd);
}

int
clock_gettime(clockid_t which, struct timespec *out)
{
    int ret = (int)syscall(SYS_clock_gettime, which, out);

    if (ret == 0 && offset != NULL &&
        (which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE))
        out->tv_sec += *offset;
    return ret;
}

int
gettimeofday(struct timeval *restrict out, void *restrict zone)
{
    struct timespec t;

    (void)zone;
    if (clock_gettime(CLOCK_REALTIME, &t) != 0)
        return -1;
    out->tv_sec = t.tv_sec;
    out->tv_usec = t.tv_nsec / 1000;
    return 0;
}

time_t
time(time_t *out)
{
    struct timespec t;

    if (clock_gettime(CLOCK_REALTIME, &t) != 0)
        return -1;
    if (out != NULL)
        *out = t.tv_sec;
    return t.tv_sec;
}
