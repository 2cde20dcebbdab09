#include "kv/kv_dir.h"

#include "base/fs.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

bool
kv_dir_is_in_place(int dir, const char *path, struct error *e)
{
    struct stat held;
    struct stat there;

    if (fstat(dir, &held) == -1)
        return fail_sys(e, "look at %s", path);
    if (fs_stat(AT_FDCWD, path, &there, e) && there.st_dev == held.st_dev &&
        there.st_ino == held.st_ino)
        return true;
    return fail(e, FAIL_UNAVAILABLE,
                "%s was removed, or is another disk now; put it back", path);
}

bool
kv_dir_has_log(int dir, unsigned number)
{
    char name[32];

    snprintf(name, sizeof name, "log.%010u", number);
    return faccessat(dir, name, F_OK, 0) == 0;
}

static bool
sync_one(int dir, const char *name, struct error *e)
{
    bool done;
    int fd;

    if (!fs_open_read(dir, name, &fd, e))
        return false;
    done = fs_sync(fd, e);
    close(fd);
    return done;
}

bool
kv_dir_sync_all(const char *path, struct error *e)
{
    DIR *d = opendir(path);
    struct dirent *entry = NULL;
    bool fine = true;

    if (d == NULL)
        return fail_sys(e, "open directory %s", path);
    while (fine && (fine = fs_next_entry(d, &entry, e)) && entry != NULL)
        if (entry->d_name[0] != '.')
            fine = sync_one(dirfd(d), entry->d_name, e);
    closedir(d);
    return fine && fs_sync_dir(AT_FDCWD, path, e);
}
