/* What the journal knows of (history.h). Stored, and sent as they are: never
 * renumber. */
#ifndef MAILSTORE_HISTORY_KIND_H
#define MAILSTORE_HISTORY_KIND_H

enum history_kind {
    HISTORY_NONE,
    HISTORY_RECEIVED,  /* a delivery: SMTP or the command line    */
    HISTORY_APPENDED,  /* by IMAP's APPEND                        */
    HISTORY_FOUND,     /* put into the Maildir by others          */
    HISTORY_COPIED,    /* from here, to there                     */
    HISTORY_MOVED,     /* likewise                                */
    HISTORY_FLAGGED,   /* detail: "+\Seen"                        */
    HISTORY_READ,      /* by POP3's RETR or TOP                   */
    HISTORY_EXPUNGED,  /* by IMAP or POP3                         */
    HISTORY_VANISHED,  /* taken out of the Maildir by others      */
    HISTORY_UNDELETED, /* brought back: from its old UID to the new one */
    HISTORY_DELETED,   /* the mailbox, with all that was in it    */
    HISTORY_KINDS
};

/* "received", "flagged", ...; NULL for no kind. */
const char *history_kind_name(unsigned kind);

#endif
