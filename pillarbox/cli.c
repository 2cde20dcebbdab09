#include "pillarbox/cli.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

void
cli_done(void *wait, const struct error *e)
{
    struct cli_wait *w = wait;

    w->over = true;
    if (e != NULL) {
        w->failed = true;
        w->e = *e;
    }
    loop_stop(w->cli->loop);
}

bool
cli_wait(struct cli_wait *w)
{
    while (!w->over)
        loop_run(w->cli->loop);
    return !w->failed;
}

static int
code_of(enum fail kind)
{
    static const int codes[FAIL_KINDS] = {
        [FAIL_NOT_FOUND] = CLI_NO_USER, [FAIL_EXISTS] = CLI_EXISTS,
        [FAIL_DENIED] = CLI_DENIED,     [FAIL_INVALID] = CLI_DATA,
        [FAIL_LIMIT] = CLI_DATA,        [FAIL_FULL] = CLI_TRY_AGAIN,
        [FAIL_QUOTA] = CLI_TRY_AGAIN,   [FAIL_OVERSIZE] = CLI_DATA,
        [FAIL_BUSY] = CLI_TRY_AGAIN,    [FAIL_IO] = CLI_IO,
        [FAIL_CORRUPT] = CLI_IO,        [FAIL_UNAVAILABLE] = CLI_UNREACHABLE,
    };

    return (unsigned)kind < FAIL_KINDS && codes[kind] != 0 ? codes[kind]
                                                           : CLI_IO;
}

int
cli_fail(const struct cli *c, const char *what, const struct error *e)
{
    struct buf b = { .max = 4096 };

    if (c->json) {
        buf_printf(&b,
                   "{\"error\":{\"code\":\"%s\",\"what\":", fail_name(e->kind));
        cli_put_json(&b, span_of(what));
        buf_put_text(&b, ",\"text\":");
        cli_put_json(&b, span_of(e->text));
        buf_put_text(&b, "}}\n");
        fwrite(b.p, 1, b.n, stderr);
        buf_free(&b);
    } else {
        fprintf(stderr, "pillarbox: %s: %s\n", what, e->text);
    }
    return code_of(e->kind);
}

int
cli_usage(const char *fmt, ...)
{
    va_list ap;

    fputs("pillarbox: ", stderr);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputc('\n', stderr);
    return CLI_USAGE;
}

bool
cli_option(struct cli *c, const char *name)
{
    for (int i = 0; i < c->arg_count; i++) {
        if (strcmp(c->args[i], name) != 0)
            continue;
        memmove(&c->args[i], &c->args[i + 1],
                (size_t)(c->arg_count - i - 1) * sizeof *c->args);
        c->arg_count--;
        return true;
    }
    return false;
}

const char *
cli_value(struct cli *c, const char *name)
{
    for (int i = 0; i + 1 < c->arg_count; i++) {
        const char *value = c->args[i + 1];

        if (strcmp(c->args[i], name) != 0)
            continue;
        memmove(&c->args[i], &c->args[i + 2],
                (size_t)(c->arg_count - i - 2) * sizeof *c->args);
        c->arg_count -= 2;
        return value;
    }
    return NULL;
}

bool
cli_takes_value(const char *args, const char *option, bool *known)
{
    size_t n = strlen(option);
    const char *at = args;

    while ((at = strstr(at, option)) != NULL) {
        char behind = at[n];

        if (behind != '-' && !ascii_is_alpha(behind)) {
            *known = true;
            return behind == ' ' && at[n + 1] >= 'A' && at[n + 1] <= 'Z';
        }
        at += n;
    }
    *known = false;
    return false;
}

const char *
cli_user(struct cli *c, const char *typed)
{
    struct buf name = { .max = 1024 };
    char *text;

    for (; *typed != '\0'; typed++)
        buf_put_ch(&name, ascii_lower(*typed));
    if (!span_has(buf_span(&name), '@'))
        buf_printf(&name, "@%s", c->settings->domains.items[0]);
    text = arena_text(&c->memory, buf_span(&name));
    buf_free(&name);
    return text;
}
