/* The first byte chooses one of the files of other servers; what is told of it
 * keeps the rules of foreign.h. */
#include "base/error.h"
#include "mail/flags.h"
#include "mail/mailbox_name.h"
#include "pillarbox/foreign.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_keywords(const struct foreign_keywords *k)
{
    for (int i = 0; i < FOREIGN_KEYWORDS; i++)
        if (k->names[i].n > 0 && !mail_keyword_is_valid(k->names[i]))
            bug("a keyword that is none");
}

static void
check_bits(void *arg, struct span base, uint32_t bits)
{
    (void)arg;
    if (base.n == 0 || bits >> FOREIGN_KEYWORDS != 0)
        bug("a file without a name, or a keyword without a letter");
}

static void
check_uidl(void *arg, struct span base, struct span uidl)
{
    (void)arg;
    if (base.n == 0 || uidl.n == 0)
        bug("a unique-id of nothing");
    for (size_t i = 0; i < uidl.n; i++)
        if (uidl.p[i] < '!' || uidl.p[i] > '~')
            bug("an octet that is none of a unique-id");
}

static void
check_name(void *arg, struct span name)
{
    (void)arg;
    if (!mailbox_name_is_valid(name))
        bug("a name that is none");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct foreign_keywords k;
    struct span text;

    if (size == 0)
        return 0;
    text = span_from(data + 1, size - 1);
    switch (data[0] % 4) {
    case 0:
        foreign_dovecot_keywords(text, &k);
        check_keywords(&k);
        break;
    case 1:
        foreign_courier_keywords(text, &k, check_bits, NULL);
        check_keywords(&k);
        break;
    case 2:
        foreign_courier_pop3(text, check_uidl, NULL);
        break;
    default:
        foreign_subscriptions(text, check_name, NULL);
    }
    return 0;
}
