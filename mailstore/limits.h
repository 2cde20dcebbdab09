/* What mailstored bounds, and why so. */
#ifndef MAILSTORE_LIMITS_H
#define MAILSTORE_LIMITS_H

#define STORE_KEYWORDS_MAX   26    /* Maildir names have the letters a to z   */
#define STORE_MAILBOXES_MAX  5000  /* of one account                          */
#define STORE_LIST_FRESH     200   /* LIST looks for others' changes in these */
#define STORE_SESSIONS_MAX   20000 /* of one front end                       */
#define STORE_DELIVERIES_MAX 4096  /* begun and not ended, of one front end   */
#define STORE_RECIPIENTS_MAX 1000  /* of one delivery                         */
#define STORE_TXN_RECORDS    1000  /* a transaction writes about so many      */
#define STORE_SUMMARY_MAX    (256u << 10) /* octets of one stored summary    */
#define STORE_FOLDERS_CACHED 512 /* kept in memory though nobody uses them  */
#define STORE_ROWS_BYTES     (64u << 20) /* of rows that nobody uses         */
#define STORE_ROWS_SECONDS   600  /* they stay at most so long               */
#define STORE_WORKERS        20   /* threads for files                       */
#define STORE_FLOOR_BLOCK    1000 /* UIDs promised by one control file write */
#define STORE_GONE_SECONDS   1800 /* an expunged file stays at most so long  */
#define STORE_FLUSH_SECONDS  5    /* flags wait so long for their names      */
#define STORE_RENAMES        256  /* in one turn of a worker                 */
#define STORE_GUARD_COUNT    100  /* more than so many, and more than half   */
                                  /* missing at once: someone else's mistake */
#define STORE_TOMB_SECONDS   (90 * 86400) /* how long expunges are told      */
#define STORE_NAME_BYTES_MAX 200 /* longer file names are replaced          */
#define STORE_SMALL_FILE     (256u << 10) /* settled by the committer        */
#define STORE_SPARE_FILES    16 /* unnamed, for deliveries to come         */
#define STORE_BATCH_MESSAGES 64 /* in one step of the committer            */
#define STORE_BATCHES        16 /* steps under way at once                 */

#endif
