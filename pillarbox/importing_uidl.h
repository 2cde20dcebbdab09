/* Which unique-ids of POP3 an import has to tell mailstored: those that are not
 * what pop3d would say by itself. */
#ifndef PILLARBOX_IMPORTING_UIDL_H
#define PILLARBOX_IMPORTING_UIDL_H

#include "mailstore/client.h"
#include "pillarbox/source.h"

struct importing_uidls {
    const struct source *source;
    bool keeps; /* UIDs and UIDVALIDITY */
    struct store_uidl *items;
    size_t count, room;
};

/* Where UIDs are kept, they are known before the messages are there. */
void importing_uidls_begin(struct importing_uidls *u, const struct source *s,
                           bool keeps);
/* The message has this UID here. */
void importing_uidls_add(struct importing_uidls *u,
                         const struct source_message *m, uint32_t uid);
void importing_uidls_free(struct importing_uidls *u);

#endif
