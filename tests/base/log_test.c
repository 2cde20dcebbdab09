#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "tests/check.h"

#include <string.h>
#include <unistd.h>

/* What log_event() writes to standard error, caught in a pipe. */
static const char *
caught(void (*say)(void), char out[1000])
{
    int ends[2];
    int before = dup(STDERR_FILENO);
    ssize_t n;

    if (pipe(ends) == -1 || dup2(ends[1], STDERR_FILENO) == -1)
        abort();
    say();
    dup2(before, STDERR_FILENO);
    close(ends[1]);
    n = read(ends[0], out, 999);
    out[n < 0 ? 0 : n] = '\0';
    close(ends[0]);
    close(before);
    return out;
}

static void
say_hostile(void)
{
    log_event(LOG_INFO, "greeted", log_span("name", span_of("a b\r\nx=\"1\"")),
              log_number("port", 25), log_text("plain", "mx.example.org"));
}

static void
say_debug(void)
{
    log_event(LOG_DEBUG, "noise", log_number("n", 1));
}

int
main(void)
{
    char out[1000];

    clock_hold(0);
    log_open("testd", LOG_INFO, LOG_TEXT);
    CHECK(strcmp(caught(say_hostile, out),
                 "1970-01-01T00:00:00Z testd info event=greeted "
                 "name=\"a b\\u000d\\u000ax=\\\"1\\\"\" port=25 "
                 "plain=mx.example.org\n") == 0,
          "one line whatever the client said: %s", out);
    CHECK(caught(say_debug, out)[0] == '\0', "below the level: nothing");
    log_open("testd", LOG_DEBUG, LOG_JSON);
    CHECK(strcmp(caught(say_debug, out),
                 "{\"time\":\"1970-01-01T00:00:00Z\",\"process\":\"testd\","
                 "\"level\":\"debug\",\"event\":\"noise\",\"n\":1}\n") == 0,
          "JSON: %s", out);
    return check_report();
}
