/*
 * A message to the account itself when it has come to hold so many percent of
 * its quota (mail.quota_warning): one each time it gets there from below. What
 * was full already when mailstored started is not told again.
 */
#ifndef MAILSTORE_QUOTA_WARNING_H
#define MAILSTORE_QUOTA_WARNING_H

#include "mailstore/client.h"
#include "mailstore/home.h"

/* Before anything comes in. */
void quota_warning_prepare(struct home *h);
/* Something came in: is it time? Looks in the loop's next turn, once however
 * much came. */
void quota_warning_look(struct home *h);

/* Percent, where that is enough for a warning; otherwise 0. */
unsigned quota_warning_now(struct home *h);

/* Percent of the limit that is nearer; 0 without a limit. */
unsigned quota_warning_percent(const struct store_quota *q);

/* The message, with CR LF. */
void quota_warning_print(const struct store_quota *q, int64_t now,
                         struct buf *out);

#endif
