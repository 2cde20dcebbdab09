#include "mailstore/row_map.h"

#include <sys/mman.h>

bool
row_map(int fd, size_t count, size_t room, struct store_row **rows,
        size_t *bytes, struct error *e)
{
    const int mode = PROT_READ | PROT_WRITE;
    size_t size = room * sizeof **rows;
    void *p;

    if (room < count || room > SIZE_MAX / sizeof **rows)
        return fail(e, FAIL_INVALID, "no room for %zu rows", count);
    p = mmap(NULL, size, mode, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        return fail_sys(e, "mmap of rows");
    if (count > 0 && mmap(p, count * sizeof **rows, mode,
                          MAP_PRIVATE | MAP_FIXED, fd, 0) == MAP_FAILED) {
        fail_sys(e, "mmap of a snapshot");
        munmap(p, size);
        return false;
    }
    *rows = p;
    *bytes = size;
    return true;
}

void
row_unmap(struct store_row *rows, size_t bytes)
{
    if (bytes > 0)
        munmap(rows, bytes);
}
