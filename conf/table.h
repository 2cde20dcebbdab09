/*
 * The table of settings: one row is a key, its type, its field, its default
 * (as text, read by the same parser as the user's) and its help. Everything
 * else - checking, `config show`, the sample - follows from it.
 *
 * To add a setting: a field in conf/settings.h, a row in conf/table.c.
 */
#ifndef CONF_TABLE_H
#define CONF_TABLE_H

#include "conf/settings.h"

enum setting_type {
    SETTING_TEXT,
    SETTING_PATH,      /* relative to the file's directory */
    SETTING_LIST,      /* by commas */
    SETTING_ADDRESSES, /* list of address:port */
    SETTING_DOMAINS,   /* list of domain names, not empty */
    SETTING_COUNT,
    SETTING_SIZE,
    SETTING_SECONDS,
    SETTING_YES_NO,
    SETTING_WORD /* one of `words`, stored as its number */
};

struct setting {
    const char *section; /* "" for the top level */
    const char *name;
    enum setting_type type;
    size_t at; /* offset of the field in struct settings */
    const char *initial;
    uint64_t least, most;     /* of numbers; 0, 0: any */
    const char *const *words; /* SETTING_WORD: NULL-terminated */
    const char *help;         /* one line */
};

extern const struct setting setting_table[];
extern const size_t setting_count;

/* NULL: no such key. */
const struct setting *setting_find(struct span section, struct span name);

/* "limits.message_size" */
void setting_put_key(const struct setting *row, struct buf *out);

#endif
