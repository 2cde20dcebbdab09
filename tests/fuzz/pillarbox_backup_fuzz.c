/* The first byte chooses one of a backup's texts. A manifest gets the right
 * last line, so that its lines are looked at: no path leads out. */
#include "base/error.h"
#include "mail/account.h"
#include "mail/mailbox_name.h"
#include "pillarbox/backup_manifest.h"
#include "pillarbox/backup_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_manifest(struct span text)
{
    struct backup_manifest m;
    struct error e;

    if (backup_manifest_parse(text, &m, &e))
        for (size_t i = 0; i < m.count; i++)
            if (!backup_path_is_safe(span_of(m.entries[i].path)) ||
                backup_manifest_find(&m, m.entries[i].path) != &m.entries[i])
                bug("a path that leads out, or is not found");
    backup_manifest_free(&m);
}

static void
check_ended(struct span body)
{
    struct buf text = { 0 };

    for (uint64_t files = 0; files < 4; files++) {
        buf_clear(&text);
        buf_put(&text, body);
        backup_manifest_print_end(files, &text);
        check_manifest(buf_span(&text));
    }
    buf_free(&text);
}

static void
check_user(void *arg, struct span name, struct span record)
{
    (void)arg;
    (void)record;
    if (!account_name_is_valid(name))
        bug("an account that cannot be");
}

static void
check_mail(void *arg, struct span name)
{
    check_user(arg, name, name);
}

static void
check_mailbox(void *arg, const struct backup_mailbox *m)
{
    (void)arg;
    if (!mailbox_name_is_valid(m->name))
        bug("a mailbox that cannot be");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct backup_account_calls calls = { .user = check_user,
                                                       .mail = check_mail };
    struct span text;
    struct error e;

    if (size == 0)
        return 0;
    text = span_from(data + 1, size - 1);
    switch (data[0] % 4) {
    case 0:
        check_manifest(text);
        break;
    case 1:
        check_ended(text);
        break;
    case 2:
        backup_accounts_parse(text, &calls, NULL, &e);
        break;
    default:
        backup_mailboxes_parse(text, check_mailbox, NULL, &e);
        break;
    }
    return 0;
}
