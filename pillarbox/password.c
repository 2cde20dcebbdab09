#include "pillarbox/cli.h"

#include "net/crypto.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define PASSWORD_MAX 1024
#define SYLLABLES    3

/*
 * Three words of consonant, vowel, consonant, vowel, consonant and a number:
 * "bemur-kodal-tifan-81": 3 x 16.6 + 6.6 = 56 random bits that can be read out
 * over a telephone.
 */
void
cli_generate_password(struct buf *out)
{
    static const char consonants[] = "bdfghjklmnprstvz"; /* 16 */
    static const char vowels[] = "aeiou";
    unsigned char random[SYLLABLES * 5 + 1];

    crypto_random(random, sizeof random);
    for (size_t i = 0; i < SYLLABLES * 5; i++) {
        if (i > 0 && i % 5 == 0)
            buf_put_ch(out, '-');
        buf_put_ch(out, i % 5 % 2 == 0 ? consonants[random[i] % 16]
                                       : vowels[random[i] % 5]);
    }
    buf_printf(out, "-%02u", random[SYLLABLES * 5] % 100u);
    crypto_wipe(random, sizeof random);
}

/* One line without its end; the terminal does not show it. */
static bool
read_line(const char *prompt, struct buf *out)
{
    struct termios before;
    bool hidden = prompt != NULL && tcgetattr(STDIN_FILENO, &before) == 0;
    char ch;
    ssize_t n;

    if (hidden) {
        struct termios quiet = before;

        quiet.c_lflag &= ~(tcflag_t)ECHO;
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
        fputs(prompt, stderr);
    }
    while ((n = read(STDIN_FILENO, &ch, 1)) == 1 && ch != '\n')
        buf_put_ch(out, ch);
    if (hidden) {
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
        fputc('\n', stderr);
    }
    if (out->n > 0 && out->p[out->n - 1] == '\r')
        out->n--;
    return n == 1 || out->n > 0;
}

static bool
ask_twice(struct buf *password)
{
    struct buf again = { .max = PASSWORD_MAX };
    bool same;

    if (!read_line("Password: ", password) || !read_line("Again: ", &again))
        return false;
    same = span_eq(buf_span(password), buf_span(&again));
    crypto_wipe(again.p, again.n);
    buf_free(&again);
    return same;
}

bool
cli_password(struct cli *c, struct buf *password, bool *generated, int *code)
{
    password->max = PASSWORD_MAX;
    *generated = cli_option(c, "--generate");
    if (*generated) {
        cli_generate_password(password);
        return true;
    }
    if (cli_option(c, "--stdin") || !isatty(STDIN_FILENO)) {
        if (read_line(NULL, password) && password->n > 0)
            return true;
        *code = cli_usage("no password on standard input "
                          "(or use --generate)");
        return false;
    }
    if (ask_twice(password) && password->n > 0)
        return true;
    *code = cli_usage("the two were not the same, or empty; nothing changed");
    return false;
}
