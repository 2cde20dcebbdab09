/*
 * The environment: opening, recovering, closing, making durable.
 *
 *   <dir>/LOCK            flock: who holds it owns the environment
 *   <dir>/CLEAN           there while the last life ended with kv_close()
 *   <dir>/DOUBT           nothing here is believed until written anew
 *   <dir>/<table>.db      btrees, checksum on every page
 *   <dir>/log.NNNNNNNNNN  the write-ahead log, 4 MiB a file
 *
 * libdb never syncs the directory (K2). Without that a power cut may take the
 * log file's name with it, and all that a flush had promised.
 */
#include "kv/kv_anew.h"
#include "kv/kv_dir.h"
#include "kv/kv_inside.h"

#include "base/fs.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"

#include <db.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define CACHE_DEFAULT  ((uint64_t)16 << 20)
#define PAGE_DEFAULT   4096
#define LOG_BUFFER     (1u << 20)
#define LOG_FILE       (4u << 20)
#define LOCKS          50000 /* a transaction holds one for each page it changed */
#define LOCKERS        1000
#define LOCK_BUCKETS   1021 /* not 50000: 7 MiB that are never needed */
#define CLEAN_MARK     "CLEAN"
#define LOCK_FILE      "LOCK"
#define TABLE_NAME_MAX 64
#define TEXT_(x)       #x
#define TEXT(x)        TEXT_(x)

static enum fail
kind_of(int ret)
{
    switch (ret) {
    case DB_NOTFOUND:
    case DB_KEYEMPTY:
        return FAIL_NOT_FOUND;
    case DB_KEYEXIST:
        return FAIL_EXISTS;
    case DB_LOCK_DEADLOCK:
    case DB_LOCK_NOTGRANTED:
        return FAIL_BUSY;
    case ENOSPC:
    case EDQUOT:
        return FAIL_FULL;
    case EACCES:
    case EPERM:
    case EROFS:
        return FAIL_DENIED;
    case DB_RUNRECOVERY:
    case DB_PAGE_NOTFOUND:
    case DB_CHKSUM_FAIL:
    case DB_VERIFY_BAD:
    case DB_LOG_VERIFY_BAD:
    case DB_OLD_VERSION:
    case DB_VERSION_MISMATCH:
    case EINVAL: /* our arguments do not vary: it is what the files hold */
    case ENOENT: /* a table's file is gone */
        return FAIL_CORRUPT;
    default:
        return FAIL_IO;
    }
}

bool
kv_failed(struct kv *kv, int ret, const char *doing, const char *what,
          struct error *e)
{
    enum fail kind = kind_of(ret);

    if (ret == DB_RUNRECOVERY && atomic_load(&kv->system_error) != 0)
        kind = kind_of(atomic_load(&kv->system_error));
    if (kind != FAIL_NOT_FOUND && kind != FAIL_EXISTS && kind != FAIL_BUSY)
        atomic_store(&kv->damaged, true);
    return fail(e, kind, "%s %s: %s", doing, what, db_strerror(ret));
}

const char *
kv_engine(void)
{
    return "Berkeley DB " TEXT(DB_VERSION_MAJOR) "." TEXT(DB_VERSION_MINOR);
}

/*
 * libdb panics where the system lets it down in recovery or in a commit, and
 * then calls it DB_RUNRECOVERY, as if the files were damaged; only its words
 * still tell. Full or failing, the disk may be fine again the next time.
 */
static void
note_system_error(struct kv *kv, const char *text)
{
    static const int numbers[] = { EIO,    ENOSPC, EDQUOT, EROFS,
                                   EMFILE, ENFILE, ENOMEM };

    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        if (strstr(text, strerrordesc_np(numbers[i])) != NULL)
            atomic_store(&kv->system_error, numbers[i]);
}

/* libdb says the same a hundred times over when a file makes no sense. */
static void
on_db_error(const DB_ENV *env, const char *prefix, const char *text)
{
    static const struct hash_key key = { 1, 2 };
    struct kv *kv = env->app_private;
    uint64_t hash = hash64(key, span_of(text));

    (void)prefix;
    note_system_error(kv, text);
    if (atomic_exchange(&kv->last_error, hash) == hash)
        return;
    log_event(LOG_ERROR, "database-error", log_text("text", text));
}

/* --- the directory and its marks -------------------------------------------- */

static bool
sync_parent(const char *dir, struct error *e)
{
    char path[PATH_MAX];

    if (snprintf(path, sizeof path, "%s/..", dir) >= (int)sizeof path)
        return fail(e, FAIL_INVALID, "path too long: %s", dir);
    return fs_sync_dir(AT_FDCWD, path, e);
}

static bool
open_directory(struct kv *kv, const char *dir, struct error *e)
{
    struct stat st;

    if (!fs_stat(AT_FDCWD, dir, &st, e)) {
        if (e->kind != FAIL_NOT_FOUND ||
            !fs_mkdir_all(AT_FDCWD, dir, 0700, e) || !sync_parent(dir, e))
            return false;
    }
    if (!fs_open_dir(AT_FDCWD, dir, &kv->dir_fd, e))
        return false;
    kv->dir = realpath(dir, NULL);
    if (kv->dir == NULL)
        return fail_sys(e, "resolve %s", dir);
    return true;
}

static bool
take_lock(struct kv *kv, struct error *e)
{
    struct error made;

    if (!fs_create(kv->dir_fd, LOCK_FILE, 0600, &kv->lock_fd, &made)) {
        if (made.kind != FAIL_EXISTS) {
            *e = made;
            return false;
        }
        if (!fs_open_read(kv->dir_fd, LOCK_FILE, &kv->lock_fd, e))
            return false;
    }
    if (flock(kv->lock_fd, LOCK_EX | LOCK_NB) == 0)
        return true;
    if (errno == EWOULDBLOCK)
        return fail(e, FAIL_BUSY, "%s is open in another process", kv->dir);
    return fail_sys(e, "lock %s", kv->dir);
}

static bool
has_file(struct kv *kv, const char *name)
{
    struct stat st;
    struct error e;

    return fs_stat(kv->dir_fd, name, &st, &e);
}

/* The mark must be gone for good before anything is written. */
static bool
take_clean_mark(struct kv *kv, bool *was_clean, struct error *e)
{
    char first[TABLE_NAME_MAX];

    if (has_file(kv, CLEAN_MARK)) {
        *was_clean = true;
        return fs_unlink(kv->dir_fd, CLEAN_MARK, e) && fs_sync(kv->dir_fd, e);
    }
    snprintf(first, sizeof first, "%s.db", kv->names[0]);
    *was_clean = !has_file(kv, first); /* a new one had no life before */
    return true;
}

static bool
put_clean_mark(struct kv *kv, struct error *e)
{
    return fs_replace(kv->dir_fd, CLEAN_MARK, span_of(""), 0600, e);
}

/* Some fsync failed, or may have: the next life believes no file. */
static bool
sync_failed(struct kv *kv, int ret, const char *doing, struct error *e)
{
    kv_failed(kv, ret, doing, kv->dir, e);
    if (e->kind != FAIL_FULL)
        kv_anew_ask(kv->dir_fd);
    return false;
}

/* --- the environment ----------------------------------------------------------- */

/* libdb itself would ask again after EIO, a hundred times. Linux answers with
 * it once. */
static int
sync_once(int fd)
{
    return fdatasync(fd) == 0 ? 0 : errno;
}

static int
configure(struct kv *kv, uint64_t cache)
{
    DB_ENV *env = kv->env;
    int ret = db_env_set_func_fsync(sync_once); /* of all environments */

    env->app_private = kv;
    env->set_errcall(env, on_db_error);
    if (ret != 0 ||
        (ret = env->set_cachesize(env, (uint32_t)(cache >> 30),
                                  (uint32_t)(cache & ((1u << 30) - 1)), 1)) !=
            0 ||
        (ret = env->set_flags(env, DB_TXN_NOSYNC, 1)) != 0 ||
        (ret = env->log_set_config(env, DB_LOG_AUTO_REMOVE, 1)) != 0 ||
        (ret = env->set_lg_bsize(env, LOG_BUFFER)) != 0 ||
        (ret = env->set_lg_max(env, LOG_FILE)) != 0 ||
        (ret = env->set_lk_max_locks(env, LOCKS)) != 0 ||
        (ret = env->set_lk_max_objects(env, LOCKS)) != 0 ||
        (ret = env->set_lk_max_lockers(env, LOCKERS)) != 0 ||
        (ret = env->set_lk_tablesize(env, LOCK_BUCKETS)) != 0)
        return ret;
    return env->set_lk_detect(env, DB_LOCK_MINWRITE);
}

static bool
open_environment(struct kv *kv, uint64_t cache, struct error *e)
{
    const uint32_t flags = DB_CREATE | DB_INIT_MPOOL | DB_INIT_LOG |
                           DB_INIT_TXN | DB_INIT_LOCK | DB_THREAD | DB_PRIVATE |
                           DB_RECOVER;
    int ret = db_env_create(&kv->env, 0);

    if (ret != 0)
        return kv_failed(kv, ret, "make", kv->dir, e);
    ret = configure(kv, cache == 0 ? CACHE_DEFAULT : cache);
    if (ret == 0)
        ret = kv->env->open(kv->env, kv->dir, flags, 0600);
    return ret == 0 || sync_failed(kv, ret, "open", e);
}

static bool
open_table(struct kv *kv, const struct kv_table *table, DB **db,
           struct error *e)
{
    char file[TABLE_NAME_MAX];
    int ret = db_create(db, kv->env, 0);

    if (ret != 0)
        return kv_failed(kv, ret, "make", table->name, e);
    snprintf(file, sizeof file, "%s.db", table->name);
    if ((ret = (*db)->set_flags(*db, DB_CHKSUM)) != 0 ||
        (ret = (*db)->set_pagesize(
             *db, table->page_size == 0 ? PAGE_DEFAULT : table->page_size)) !=
            0 ||
        (ret = (*db)->open(*db, NULL, file, NULL, DB_BTREE,
                           DB_CREATE | DB_AUTO_COMMIT | DB_THREAD, 0600)) != 0)
        return kv_failed(kv, ret, "open table", table->name, e);
    return true;
}

static bool
open_tables(struct kv *kv, const struct kv_options *o, struct error *e)
{
    for (unsigned i = 0; i < o->table_count; i++) {
        if (!open_table(kv, &o->tables[i], &kv->tables[i], e))
            return false;
    }
    return true;
}

/* Frees everything; false when libdb was not content. */
static bool
shut(struct kv *kv, bool checkpoint)
{
    bool fine = true;

    for (unsigned i = 0; i < kv->table_count; i++) {
        if (kv->tables[i] != NULL)
            fine = kv->tables[i]->close(kv->tables[i], 0) == 0 && fine;
    }
    if (checkpoint)
        fine = kv->env->txn_checkpoint(kv->env, 0, 0, DB_FORCE) == 0 && fine;
    if (kv->env != NULL)
        fine = kv->env->close(kv->env, 0) == 0 && fine;
    return fine;
}

static void
free_all(struct kv *kv)
{
    if (kv->lock_fd != -1)
        close(kv->lock_fd);
    if (kv->dir_fd != -1)
        close(kv->dir_fd);
    buf_free(&kv->scratch);
    free(kv->tables);
    free(kv->names);
    free(kv->dir);
    free(kv);
}

static struct kv *
new_kv(const struct kv_options *o)
{
    struct kv *kv = mem_take(sizeof *kv);

    kv->dir_fd = -1;
    kv->lock_fd = -1;
    kv->table_count = o->table_count;
    kv->tables = mem_take_array(o->table_count, sizeof *kv->tables);
    kv->names = mem_take_array(o->table_count, sizeof *kv->names);
    for (unsigned i = 0; i < o->table_count; i++)
        kv->names[i] = o->tables[i].name;
    return kv;
}

bool
kv_open(struct kv **out, const struct kv_options *o, bool *was_clean,
        struct error *e)
{
    struct kv *kv = new_kv(o);
    bool clean;

    if (!open_directory(kv, o->dir, e) || !take_lock(kv, e) ||
        (kv_anew_wanted(kv->dir_fd) && !kv_anew_write(kv->dir_fd, e)) ||
        !take_clean_mark(kv, &clean, e) ||
        !open_environment(kv, o->cache_bytes, e) || !open_tables(kv, o, e) ||
        !kv_flush(kv, e))
        goto undo;
    *was_clean = clean;
    *out = kv;
    return true;
undo:
    shut(kv, false);
    free_all(kv);
    return false;
}

void
kv_close(struct kv **kv_at)
{
    struct kv *kv = *kv_at;
    struct error e;
    bool fine;

    if (kv == NULL)
        return;
    if (kv->in_txn)
        bug("kv_close in a transaction");
    fine = !atomic_load(&kv->damaged);
    fine = shut(kv, fine) && fine;
    if (fine && !put_clean_mark(kv, &e))
        log_event(LOG_WARNING, "database-not-clean", log_text("text", e.text));
    free_all(kv);
    *kv_at = NULL;
}

/* --- durability ------------------------------------------------------------------- */

/*
 * K2: a log file that began since the last time has a name to make durable.
 * libdb counts a file as begun while all of it still lies in the buffer, and
 * creates it when that is written: what is not there yet is not done with.
 */
static bool
sync_names(struct kv *kv, struct error *e)
{
    DB_LOG_STAT *st;
    int ret = kv->env->log_stat(kv->env, &st, 0);
    unsigned file;
    bool is_there;

    if (ret != 0)
        return kv_failed(kv, ret, "look at the log of", kv->dir, e);
    file = st->st_cur_file;
    atomic_store(&kv->log_bytes,
                 ((uint64_t)st->st_wc_mbytes << 20) + st->st_wc_bytes);
    free(st);
    if (!kv_dir_is_in_place(kv->dir_fd, kv->dir, e)) {
        atomic_store(&kv->damaged, true);
        return false;
    }
    if (file == atomic_load(&kv->synced_file))
        return true;
    is_there = kv_dir_has_log(kv->dir_fd, file);
    if (!fs_sync(kv->dir_fd, e)) {
        atomic_store(&kv->damaged, true);
        kv_anew_ask(kv->dir_fd);
        return false;
    }
    if (is_there)
        atomic_store(&kv->synced_file, file);
    return true;
}

bool
kv_flush(struct kv *kv, struct error *e)
{
    int ret = kv->env->log_flush(kv->env, NULL);

    if (ret != 0)
        return sync_failed(kv, ret, "flush", e);
    return sync_names(kv, e);
}

uint64_t
kv_log_bytes(const struct kv *kv)
{
    return atomic_load(&kv->log_bytes);
}

bool
kv_checkpoint(struct kv *kv, struct error *e)
{
    int ret = kv->env->txn_checkpoint(kv->env, 0, 0, 0);

    if (ret != 0)
        return sync_failed(kv, ret, "checkpoint", e);
    return sync_names(kv, e);
}

bool
kv_backup(struct kv *kv, const char *to, struct error *e)
{
    int ret;

    if (!kv_flush(kv, e))
        return false;
    ret = kv->env->backup(kv->env, to, DB_CREATE | DB_EXCL);
    if (ret == EEXIST)
        return fail(e, FAIL_EXISTS, "%s is not empty", to);
    if (ret != 0) /* says nothing about our own files */
        return fail(e, ret == ENOSPC ? FAIL_FULL : FAIL_IO, "back up to %s: %s",
                    to, db_strerror(ret));
    return kv_dir_sync_all(to, e);
}
