#include "mail/kept_fields.h"

#include "mail/header.h"

/* The order is part of the stored form: add at the end only. */
static const char *const names[] = {
    "From",
    "Sender",
    "Reply-To",
    "To",
    "Cc",
    "Bcc",
    "Subject",
    "Date",
    "Message-ID",
    "In-Reply-To",
    "References",
    "Content-Type",
    "Content-Transfer-Encoding",
    "MIME-Version",
    "List-Id",
    "List-Post",
    "List-Unsubscribe",
    "Newsgroups",
    "Priority",
    "X-Priority",
    "Importance",
    "X-Mailer",
    "User-Agent",
    "Delivered-To",
    "X-Spam-Flag",
    "X-Spam-Status",
};

#define NAMES (sizeof names / sizeof *names)

_Static_assert(NAMES < 32, "one bit for each name");

/* The row of a name, or NAMES. */
static size_t
row_of(struct span name)
{
    size_t i = 0;

    while (i < NAMES && !span_is_nocase(name, names[i]))
        i++;
    return i;
}

uint32_t
kept_fields_bit(struct span name)
{
    size_t row = row_of(name);

    return row < NAMES ? (uint32_t)1 << row : 0;
}

uint32_t
kept_fields_all(void)
{
    return ((uint32_t)1 << NAMES) - 1;
}

/* Without the largest names, until the rest takes at most max. */
static uint32_t
choose(const size_t size[NAMES], uint32_t kept, size_t max)
{
    for (;;) {
        size_t sum = 0;
        size_t largest = NAMES;

        for (size_t i = 0; i < NAMES; i++) {
            if ((kept >> i & 1) == 0)
                continue;
            sum += size[i];
            if (largest == NAMES || size[i] > size[largest])
                largest = i;
        }
        if (sum <= max || largest == NAMES)
            return kept;
        kept &= ~((uint32_t)1 << largest);
    }
}

uint32_t
kept_fields_put(struct buf *out, struct span header, uint32_t wanted,
                size_t max)
{
    size_t size[NAMES] = { 0 };
    struct span rest = header;
    struct header_field f;

    while (header_next(&rest, &f)) {
        size_t row = row_of(f.name);

        if (row < NAMES)
            size[row] += f.whole.n;
    }
    wanted = choose(size, wanted, max);
    rest = header;
    while (header_next(&rest, &f))
        if ((kept_fields_bit(f.name) & wanted) != 0)
            buf_put(out, f.whole);
    return wanted;
}
