#include "mailstore/events.h"

#include "base/log.h"
#include "mailstore/folder.h"

void
event_started(const char *mail_dir, const char *index_state)
{
    log_event(LOG_INFO, "store-started", log_text("mail", mail_dir),
              log_text("index", index_state));
}

void
event_stopped(void)
{
    log_event(LOG_INFO, "store-stopped", log_text("index", "closed"));
}

void
event_index_failed(const struct error *e)
{
    log_event(LOG_ERROR, "index-failed", log_text("kind", fail_name(e->kind)),
              log_text("why", e->text));
}

void
event_mail_dir_lost(const char *mail_dir)
{
    log_event(LOG_ERROR, "mail-dir-lost", log_text("dir", mail_dir),
              log_text("remedy", "mount the disk, or put the directory back; "
                                 "it is looked for until then"));
}

void
event_account_made(struct span user)
{
    log_event(LOG_INFO, "account-made", log_span("user", user));
}

void
event_account_imported(struct span user, size_t folders)
{
    log_event(LOG_INFO, "account-imported", log_span("user", user),
              log_number("mailboxes", folders));
}

void
event_account_missing(struct span user)
{
    log_event(LOG_ERROR, "account-missing", log_span("user", user),
              log_text("remedy", "put the directory back; if it is gone for "
                                 "good, make an empty one"));
}

void
event_account_file_damaged(struct span user, const struct error *e)
{
    log_event(LOG_ERROR, "account-file-damaged", log_span("user", user),
              log_text("text", e->text));
}

void
event_folder_gone(struct span user, struct span mailbox)
{
    log_event(LOG_WARNING, "mailbox-gone", log_span("user", user),
              log_span("mailbox", mailbox));
}

void
event_folder_imported(struct span user, struct span mailbox)
{
    log_event(LOG_INFO, "mailbox-imported", log_span("user", user),
              log_span("mailbox", mailbox));
}

void
event_delivered(const struct event_delivered *d)
{
    log_event(LOG_INFO, "stored", log_span("session", d->session),
              log_span("user", d->user), log_span("mailbox", d->mailbox),
              log_number("uid", d->uid), log_number("size", d->size));
}

void
event_delivery_failed(struct span session, const struct error *e)
{
    log_event(LOG_WARNING, "store-failed", log_span("session", session),
              log_text("kind", fail_name(e->kind)), log_text("why", e->text));
}

void
event_no_warning(struct span user, const struct error *e)
{
    log_event(LOG_WARNING, "quota-warning-failed", log_span("user", user),
              log_text("kind", fail_name(e->kind)), log_text("why", e->text));
}

void
event_verified(const struct folder *f, size_t added, size_t missing)
{
    enum log_level level = added + missing > 0 ? LOG_INFO : LOG_DEBUG;

    log_event(level, "mailbox-verified", log_text("user", f->home->name),
              log_text("mailbox", f->record.name), log_number("added", added),
              log_number("missing", missing));
}

void
event_guarded(const struct folder *f, size_t missing)
{
    log_event(LOG_ERROR, "files-missing", log_text("user", f->home->name),
              log_text("mailbox", f->record.name),
              log_number("missing", missing));
}

void
event_expired(const struct folder *f, uint64_t count)
{
    log_event(LOG_INFO, "expired", log_text("user", f->home->name),
              log_text("mailbox", f->record.name),
              log_number("messages", count));
}

void
event_quarantined(const struct folder *f, struct span file)
{
    log_event(LOG_WARNING, "file-quarantined", log_text("user", f->home->name),
              log_text("mailbox", f->record.name), log_span("file", file));
}

void
event_skipped(const struct folder *f, struct span file)
{
    log_event(LOG_WARNING, "file-skipped", log_text("user", f->home->name),
              log_text("mailbox", f->record.name), log_span("file", file));
}

void
event_file_failed(const struct folder *f, const struct error *e)
{
    log_event(LOG_WARNING, "file-failed", log_text("user", f->home->name),
              log_text("mailbox", f->record.name),
              log_text("kind", fail_name(e->kind)), log_text("why", e->text));
}

void
event_unlink_failed(const struct error *e)
{
    log_event(LOG_WARNING, "disk-failed", log_text("kind", fail_name(e->kind)),
              log_text("why", e->text));
}

void
event_intent_redone(struct span mailbox, uint32_t first, uint32_t last)
{
    log_event(LOG_INFO, "copy-redone", log_span("mailbox", mailbox),
              log_number("first", first), log_number("last", last));
}

void
event_login(struct span session, struct span user, struct span service,
            struct span peer)
{
    log_event(LOG_INFO, "store-login", log_span("session", session),
              log_span("user", user), log_span("service", service),
              log_span("peer", peer));
}

void
event_login_refused(struct span session, struct span service, struct span peer)
{
    log_event(LOG_WARNING, "ticket-refused", log_span("session", session),
              log_span("service", service), log_span("peer", peer));
}

void
event_bad_request(const char *service, unsigned op)
{
    log_event(LOG_WARNING, "bad-request", log_text("service", service),
              log_number("op", op));
}

void
event_watch_failed(const struct error *e)
{
    log_event(LOG_WARNING, "watch-failed", log_text("why", e->text));
}

void
event_rebuilt(struct span user)
{
    log_event(LOG_INFO, "index-rebuilt", log_span("user", user));
}
