/* What mailstored says in the log: one function per event. */
#ifndef MAILSTORE_EVENTS_H
#define MAILSTORE_EVENTS_H

#include "base/error.h"
#include "base/span.h"

#include <stdint.h>

struct folder;

void event_started(const char *mail_dir, const char *index_state);
void event_stopped(void);
void event_index_failed(const struct error *e);
void event_mail_dir_lost(const char *mail_dir);

void event_account_made(struct span user);
void event_account_imported(struct span user, size_t folders);
void event_account_missing(struct span user);
void event_account_file_damaged(struct span user, const struct error *e);
void event_folder_gone(struct span user, struct span mailbox);
void event_folder_imported(struct span user, struct span mailbox);

struct event_delivered {
    struct span session, user, mailbox;
    uint32_t uid;
    uint64_t size;
};
void event_delivered(const struct event_delivered *d);
void event_delivery_failed(struct span session, const struct error *e);

void event_no_warning(struct span user, const struct error *e);

void event_verified(const struct folder *f, size_t added, size_t missing);
void event_guarded(const struct folder *f, size_t missing);
/* By expire.h. */
void event_expired(const struct folder *f, uint64_t count);
void event_quarantined(const struct folder *f, struct span file);
void event_skipped(const struct folder *f, struct span file);
void event_file_failed(const struct folder *f, const struct error *e);
void event_unlink_failed(const struct error *e);
void event_intent_redone(struct span mailbox, uint32_t first, uint32_t last);

void event_login(struct span session, struct span user, struct span service,
                 struct span peer);
void event_login_refused(struct span session, struct span service,
                         struct span peer);
void event_bad_request(const char *service, unsigned op);
void event_watch_failed(const struct error *e);
void event_rebuilt(struct span user);

#endif
