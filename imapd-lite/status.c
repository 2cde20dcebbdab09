#include "imapd-lite/status.h"

#include "imapd-lite/parse.h"

/*
 * status-att = "MESSAGES" / "RECENT" / "UIDNEXT" / "UIDVALIDITY" / "UNSEEN"
 *                                                  RFC 3501 section 9
 * with SIZE of RFC 8438, DELETED of RFC 9051, APPENDLIMIT of RFC 7889,
 * DELETED-STORAGE of RFC 9208 section 4.1.4: the sum of RFC822.SIZE, in octets.
 */
enum status_item {
    STATUS_MESSAGES,
    STATUS_RECENT,
    STATUS_UIDNEXT,
    STATUS_UIDVALIDITY,
    STATUS_UNSEEN,
    STATUS_SIZE,
    STATUS_DELETED,
    STATUS_DELETED_STORAGE,
    STATUS_APPENDLIMIT,
    STATUS_ITEMS
};

static const char *const names[STATUS_ITEMS] = {
    [STATUS_MESSAGES] = "MESSAGES",
    [STATUS_RECENT] = "RECENT",
    [STATUS_UIDNEXT] = "UIDNEXT",
    [STATUS_UIDVALIDITY] = "UIDVALIDITY",
    [STATUS_UNSEEN] = "UNSEEN",
    [STATUS_SIZE] = "SIZE",
    [STATUS_DELETED] = "DELETED",
    [STATUS_DELETED_STORAGE] = "DELETED-STORAGE",
    [STATUS_APPENDLIMIT] = "APPENDLIMIT",
};

static bool
take_item(struct cursor *c, unsigned *items)
{
    struct cursor inner = *c;
    struct span word;

    if (!imap_take_atom(&inner, &word))
        return want(c, "a status item");
    for (unsigned i = 0; i < STATUS_ITEMS; i++) {
        if (!span_is_nocase(word, names[i]))
            continue;
        *items |= 1u << i;
        c->at = inner.at;
        return true;
    }
    return want(c, "a status item that is known");
}

bool
imap_take_status_items(struct cursor *c, unsigned *items)
{
    *items = 0;
    if (!take(c, '('))
        return false;
    do {
        if (!take_item(c, items))
            return false;
    } while (take(c, ' '));
    return take(c, ')');
}

static uint64_t
value_of(const struct store_mailbox *m, unsigned item, uint64_t append_limit)
{
    switch ((enum status_item)item) {
    case STATUS_MESSAGES:
        return m->messages;
    case STATUS_RECENT:
        return m->recent;
    case STATUS_UIDNEXT:
        return m->uid_next;
    case STATUS_UIDVALIDITY:
        return m->uid_validity;
    case STATUS_UNSEEN:
        return m->unseen;
    case STATUS_SIZE:
        return m->bytes;
    case STATUS_DELETED:
        return m->deleted;
    case STATUS_DELETED_STORAGE:
        return m->deleted_bytes;
    case STATUS_APPENDLIMIT:
    case STATUS_ITEMS:
        break;
    }
    return append_limit;
}

void
imap_put_status(struct buf *out, unsigned items, const struct store_mailbox *m,
                uint64_t append_limit)
{
    bool first = true;

    buf_put_text(out, "* STATUS ");
    imap_put_mailbox(out, m->name);
    buf_put_text(out, " (");
    for (unsigned i = 0; i < STATUS_ITEMS; i++) {
        if ((items & (1u << i)) == 0)
            continue;
        if (!first)
            buf_put_ch(out, ' ');
        buf_put_text(out, names[i]);
        buf_put_ch(out, ' ');
        buf_put_number(out, value_of(m, i, append_limit));
        first = false;
    }
    buf_put_text(out, ")\r\n");
}
