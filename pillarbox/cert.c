#include "pillarbox/command.h"

#include "net/ca.h"

#include <stdio.h>

static const char *const cert_columns[] = { "file", "sha256", "ends", NULL };

static bool
add_cert(struct cli_table *t, const char *file, struct error *e)
{
    char print[96];
    long long ends;

    if (!ca_fingerprint(file, print, e) || !ca_expiry(file, &ends, e))
        return false;
    cli_table_add(t, span_of(file));
    cli_table_add(t, span_of(print));
    cli_table_add_time(t, ends);
    return true;
}

int
command_cert_show(struct cli *c)
{
    struct cli_table t = { .columns = cert_columns, .json = c->json };
    char ca[512];
    struct error e;

    snprintf(ca, sizeof ca, "%s/ca.pem", c->settings->tls.dir);
    if (!add_cert(&t, c->settings->tls.cert, &e) ||
        (c->settings->tls.automatic && !add_cert(&t, ca, &e)))
        return cli_fail(c, c->settings->tls.cert, &e);
    cli_table_print(&t);
    return CLI_DONE;
}
