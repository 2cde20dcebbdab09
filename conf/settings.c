#include "conf/settings.h"

#include "conf/settings_private.h"
#include "conf/value.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXIT_CONFIGURATION 78 /* EX_CONFIG of sysexits.h */
#define EXIT_USAGE         2
#define OVERRIDES_MAX      64

static const char *
system_name(struct settings_box *box)
{
    char name[256];

    if (gethostname(name, sizeof name) == -1)
        return NULL;
    name[sizeof name - 1] = '\0';
    if (name[0] == '\0' || strcmp(name, "localhost") == 0)
        return NULL;
    return arena_text(&box->memory, span_of(name));
}

static void
complete_names(struct settings_box *box)
{
    struct settings *s = &box->s;
    const char *name;

    if (strcmp(s->hostname, "auto") == 0) {
        name = system_name(box);
        s->hostname = name != NULL ? name : s->domains.items[0];
    }
    if (strcmp(s->tls.cert, "auto") != 0)
        return;
    s->tls.automatic = true;
    s->tls.cert = arena_printf(&box->memory, "%s/server.pem", s->tls.dir);
    s->tls.key = arena_printf(&box->memory, "%s/server.key", s->tls.dir);
}

void
settings_complete(struct settings_box *box, struct buf *report,
                  unsigned *errors)
{
    struct settings *s = &box->s;

    if (s->domains.count == 0) {
        if (*errors == 0)
            buf_printf(report,
                       "%s: \"domain\" is missing: add a line like "
                       "\"domain = home.local\"\n",
                       s->file);
        (*errors)++;
        return;
    }
    if (strcmp(s->tls.cert, "auto") != 0 && strcmp(s->tls.key, "auto") == 0) {
        buf_printf(report, "%s: tls.cert is set, but tls.key is not\n",
                   s->file);
        (*errors)++;
    }
    complete_names(box);
}

static void
take_option(int *argc, char **argv, int at, int width)
{
    memmove(&argv[at], &argv[at + width],
            (size_t)(*argc - at - width + 1) * sizeof *argv);
    *argc -= width;
}

static void
need_value(int argc, int at, const char *process, const char *option)
{
    if (at + 1 < argc)
        return;
    fprintf(stderr, "%s: option %s needs a value\n", process, option);
    exit(EXIT_USAGE);
}

struct settings *
settings_from_arguments(int *argc, char **argv, const char *process)
{
    const char *file = getenv("PILLARBOX_CONF");
    const char *overrides[OVERRIDES_MAX];
    size_t count = 0;
    struct buf report = { .max = 0 };
    struct settings *s;
    unsigned errors;

    if (file == NULL)
        file = "/etc/pillarbox/pillarbox.conf";
    for (int i = 1; i < *argc;) {
        bool is_file = strcmp(argv[i], "-c") == 0;

        if (!is_file && strcmp(argv[i], "-o") != 0) {
            i++;
            continue;
        }
        need_value(*argc, i, process, argv[i]);
        if (is_file)
            file = argv[i + 1];
        else if (count < OVERRIDES_MAX)
            overrides[count++] = argv[i + 1];
        take_option(argc, argv, i, 2);
    }
    if (!settings_load(&s, file, overrides, count, &report, &errors)) {
        fwrite(report.p, 1, report.n, stderr);
        fprintf(stderr, "%u error%s in the settings.\n", errors,
                errors == 1 ? "" : "s");
        buf_free(&report);
        exit(EXIT_CONFIGURATION);
    }
    buf_free(&report);
    log_open(process, s->log.level, s->log.format);
    return s;
}
