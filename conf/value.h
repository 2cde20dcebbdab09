/* The values of settings: text in, text out. Units: sizes K M G (1024),
 * times s m h d. */
#ifndef CONF_VALUE_H
#define CONF_VALUE_H

#include "base/buf.h"

#include <stdint.h>

bool value_size(struct span text, uint64_t *bytes);
bool value_seconds(struct span text, unsigned *seconds);
bool value_count(struct span text, unsigned *count);
bool value_yes_no(struct span text, bool *yes);

/* The shortest text that reads back as the same: "50M", "90s", "30m". */
void value_put_size(struct buf *out, uint64_t bytes);
void value_put_seconds(struct buf *out, unsigned seconds);

/* The word of a NULL-terminated list that is most like `text`; NULL where none
 * is near enough to be a slip of the finger. */
const char *value_nearest(struct span text, const char *const *words);

#endif
