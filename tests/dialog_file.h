/*
 * Plays the dialogues of tests/dialog against a session in process; what their
 * lines mean stands in tests/dialog/run, which plays them against the whole
 * appliance. Here every line that the server says must be named before the
 * client sends again, and those with @quota are left out.
 */
#ifndef TESTS_DIALOG_FILE_H
#define TESTS_DIALOG_FILE_H

#include "base/buf.h"

struct dialog_start {
    const char *listener;
    bool require_tls; /* no password in clear */
    unsigned mails;   /* in INBOX */
};

struct dialog_calls {
    void (*open)(void *arg, const struct dialog_start *start);
    void (*send)(void *arg, struct span bytes);
    bool (*is_closed)(void *arg);
    void (*close)(void *arg);
    struct buf *out; /* what the server said and no line has named yet */
    /* Lines of a dialogue in which "%" logs in; NULL: @login is unknown. */
    const char *login;
};

/* Every .txt file of the folder, on the listeners (NULL at the end) where the
 * file names none itself; the second one is the first inside TLS. */
void dialog_run_folder(const char *folder, const char *const *listeners,
                       const struct dialog_calls *calls, void *arg);

#endif
