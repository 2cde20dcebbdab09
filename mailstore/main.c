/*
 * mailstored: the only owner of mail and index. The supervisor hands down its
 * sockets (store-smtp, store-pop3, store-imap, store-admin) and the key of
 * authd's tickets.
 */
#include "base/log.h"
#include "conf/settings.h"
#include "mailstore/server.h"
#include "net/daemon.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#define EXIT_TEMPFAIL 75

struct stopping {
    struct loop *loop;
    struct core *core;
    struct server *server;
};

static void
settled(void *arg)
{
    struct stopping *s = arg;

    loop_stop(s->loop);
}

static void
on_term(void *arg)
{
    struct stopping *s = arg;

    if (s->core->stopping)
        return;
    server_free(&s->server);
    core_settle(s->core, settled, s);
}

/* Every mailbox in use needs a descriptor. */
static void
raise_limits(void)
{
    struct rlimit files;

    if (getrlimit(RLIMIT_NOFILE, &files) == -1)
        return;
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
}

static enum flush_mode
flush_mode_of(enum sync_mode mode)
{
    switch (mode) {
    case SYNC_ALWAYS:
        return FLUSH_ALWAYS;
    case SYNC_BATCH:
        return FLUSH_BATCH;
    case SYNC_NEVER:
        return FLUSH_NEVER;
    }
    bug("no sync mode %d", (int)mode);
}

static void
listen_all(struct server *s)
{
    size_t at = 0;
    unsigned count = 0;
    const char *name;
    int fd;

    while (daemon_next_inherited(&at, &name, &fd))
        if (server_listen(s, fd, name))
            count++;
    if (count == 0)
        die("mailstored: no sockets; it is started by \"pillarbox run\"");
}

int
main(int argc, char **argv)
{
    struct settings *conf = settings_from_arguments(&argc, argv, "mailstored");
    struct core_options options = { .mail_dir = conf->mail.dir,
                                    .index_dir = conf->mail.index_dir,
                                    .folders = conf->mail.folders.items,
                                    .folder_count = conf->mail.folders.count,
                                    .sync = flush_mode_of(conf->mail.sync),
                                    .min_free_disk = conf->limits.min_free_disk,
                                    .message_size = conf->limits.message_size,
                                    .keep_deleted = conf->mail.keep_deleted,
                                    .trash_keep = conf->mail.trash_keep,
                                    .junk_keep = conf->mail.junk_keep,
                                    .quota_bytes = conf->mail.quota,
                                    .quota_messages = conf->mail.quota_messages,
                                    .quota_warning = conf->mail.quota_warning };
    struct stopping all = { 0 };
    struct error e;

    daemon_prepare();
    raise_limits();
    all.loop = loop_new();
    if (!core_open(&all.core, all.loop, &options, &e)) {
        fprintf(stderr, "mailstored: %s\n", e.text);
        return EXIT_TEMPFAIL;
    }
    all.server = server_new(all.core, daemon_key());
    listen_all(all.server);
    loop_on_signal(all.loop, SIGTERM, on_term, &all);
    loop_on_signal(all.loop, SIGINT, on_term, &all);
    daemon_ready();
    loop_run(all.loop);
    core_close(&all.core);
    loop_free(&all.loop);
    settings_free(&conf);
    return EXIT_SUCCESS;
}
