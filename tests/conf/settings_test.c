#include "base/fs.h"
#include "conf/settings.h"
#include "tests/check.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char path[512];

static bool
load(struct settings **s, const char *text, struct buf *report,
     unsigned *errors)
{
    struct error e;

    if (!fs_replace(AT_FDCWD, path, span_of(text), 0600, &e))
        die("%s", e.text);
    buf_clear(report);
    return settings_load(s, path, NULL, 0, report, errors);
}

static void
check_good(void)
{
    struct settings *s;
    struct buf report = { .max = 0 };
    unsigned errors;

    CHECK(load(&s,
               "# a comment\n"
               "domain = Example.ORG, lan.example # two\n"
               "limits {\n\tmessage_size = 10M\n  idle_timeout = 1h\n}\n"
               "mail { # behind a brace\n  dir = mail\n subaddress = \"\"\n"
               "  sync = batch\n}\n",
               &report, &errors),
          "%s", buf_text(&report));
    CHECK(s->domains.count == 2 &&
              strcmp(s->domains.items[0], "example.org") == 0,
          "domains are folded");
    CHECK(s->limits.message_size == 10u << 20, "a size with a unit");
    CHECK(s->limits.idle_timeout == 3600, "a time with a unit");
    CHECK(s->mail.dir[0] == '/' && strstr(s->mail.dir, "/mail") != NULL,
          "relative to the file: %s", s->mail.dir);
    CHECK(s->mail.subaddress[0] == '\0', "quotes make an empty text");
    CHECK(s->mail.sync == SYNC_BATCH, "a word");
    CHECK(s->limits.recipients == 100, "defaults are there");
    CHECK(s->tls.automatic && strstr(s->tls.cert, "server.pem") != NULL,
          "auto becomes a file");
    settings_free(&s);
    buf_free(&report);
}

static void
check_bad(void)
{
    static const struct {
        const char *why, *text, *expected;
        unsigned errors;
    } cases[] = {
        { "a slip of the finger",
          "domain = a\nlimits {\n mesage_size = 1M\n}\n",
          ":3:2: unknown key \"mesage_size\" in section limits - did you mean "
          "\"message_size\"?\n    3 |  mesage_size = 1M\n      |  "
          "^~~~~~~~~~~\n",
          1 },
        { "the right key in the wrong place", "domain = a\nmessage_size = 1M\n",
          "did you mean \"limits.message_size\"?", 1 },
        { "not a time", "domain = a\nlimits {\nidle_timeout = 29 minuts\n}\n",
          ":3:16: idle_timeout: \"29 minuts\" is not a time (examples: 90s, "
          "30m, 1h)",
          1 },
        { "out of its range", "domain = a\nlimits {\nidle_timeout = 1s\n}\n",
          "must be between 1800 and 604800", 1 },
        { "all errors, not only the first", "x = 1\ny = 2\ndomain = a\n",
          ":2:1: unknown key \"y\"", 2 },
        { "a section that never ends", "domain = a\nlimits {\n",
          ":2:1: this section is never closed", 1 },
        { "a stray brace", "domain = a\n}\n", "\"}\" without a section", 1 },
        { "no address", "domain = a\nlisten {\nsmtp = 25\n}\n",
          "\"25\" is not address:port", 1 },
        { "nearly a word", "domain = a\nmail {\nsync = alway\n}\n",
          "did you mean \"always\"?", 1 },
        { "the one that must be there", "#domain = a\n", "is missing", 1 },
        { "neither key nor section", "domain = a\nhello\n", "expected", 1 },
        { "a quote left open", "domain = \"a\n", "quote is not closed", 1 },
        { "a file that is not there", "domain = a\ninclude no.conf\n",
          "no such file", 1 },
    };
    struct buf report = { .max = 0 };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct settings *s = NULL;
        unsigned errors;
        bool loaded = load(&s, cases[i].text, &report, &errors);

        CHECK(!loaded, "%s", cases[i].why);
        CHECK(strstr(buf_text(&report), cases[i].expected) != NULL, "%s: %s",
              cases[i].why, buf_text(&report));
        CHECK(errors >= cases[i].errors, "%s: %u errors", cases[i].why, errors);
        settings_free(&s);
    }
    buf_free(&report);
}

static void
check_order(void)
{
    static const char *const overrides[] = { "limits.recipients=300" };
    struct settings *s;
    struct buf report = { .max = 0 };
    struct buf shown = { .max = 0 };
    unsigned errors;
    size_t at = 0;

    CHECK(load(&s, "domain = a\nlimits {\nrecipients = 150\n}\n", &report,
               &errors),
          "%s", buf_text(&report));
    CHECK(s->limits.recipients == 150, "the file before the default");
    settings_free(&s);
    setenv("PILLARBOX_LIMITS__RECIPIENTS", "200", 1);
    CHECK(settings_load(&s, path, NULL, 0, &report, &errors) &&
              s->limits.recipients == 200,
          "the environment before the file");
    settings_free(&s);
    CHECK(settings_load(&s, path, overrides, 1, &report, &errors) &&
              s->limits.recipients == 300,
          "-o before the environment");
    CHECK(settings_next_override(s, &at, &shown) &&
              span_is(buf_span(&shown), "limits.recipients=300"),
          "and can be handed on");
    unsetenv("PILLARBOX_LIMITS__RECIPIENTS");
    buf_clear(&shown);
    settings_print(s, SETTINGS_CHANGED, &shown);
    CHECK(strstr(buf_text(&shown), "limits.recipients = 300") != NULL &&
              strstr(buf_text(&shown), "# -o") != NULL &&
              strstr(buf_text(&shown), "auth.dir") == NULL,
          "%s", buf_text(&shown));
    settings_free(&s);
    buf_free(&shown);
    buf_free(&report);
}

/* The sample is a working file, and conf/pillarbox.conf is the sample. */
static void
check_sample(void)
{
    struct buf sample = { .max = 0 };
    struct buf kept = { .max = 0 };
    struct buf report = { .max = 0 };
    struct settings *s;
    struct error e;
    unsigned errors;

    settings_print_sample(&sample);
    CHECK(load(&s, buf_text(&sample), &report, &errors), "%s",
          buf_text(&report));
    settings_free(&s);
    /* Every line with its "#" taken away sets what the default was. */
    for (size_t i = 0; i + 2 < sample.n; i++)
        if (sample.p[i] == '#' && sample.p[i + 1] != ' ')
            sample.p[i] = ' ';
    CHECK(load(&s, buf_text(&sample), &report, &errors), "%s",
          buf_text(&report));
    settings_free(&s);
    buf_clear(&sample);
    settings_print_sample(&sample);
    CHECK(fs_read_file(AT_FDCWD, "conf/pillarbox.conf", &kept, &e), "%s",
          e.text);
    CHECK(span_eq(buf_span(&kept), buf_span(&sample)),
          "conf/pillarbox.conf is what `pillarbox config sample` prints");
    buf_free(&sample);
    buf_free(&kept);
    buf_free(&report);
}

int
main(void)
{
    snprintf(path, sizeof path, "%s/pillarbox.conf", check_dir());
    check_good();
    check_bad();
    check_order();
    check_sample();
    return check_report();
}
