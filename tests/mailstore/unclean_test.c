/*
 * What an unclean stop may leave in a Maildir, and what becomes of it (S4): a
 * name that the index does not know yet, a torn file, two names of one file, a
 * file from another folder, litter.
 */
#include "tests/mailstore/store_rig.h"

#include <signal.h>
#include <sys/wait.h>

#define ANNA "anna@example.org"
#define NEW  "example.org/anna/new"
#define CUR  "example.org/anna/cur"
#define TEXT "a: b\r\n\r\nc\r\n"

/* A life that delivers three messages and is killed. */
static void
live_and_die(struct rig *r)
{
    pid_t pid = fork();

    if (pid == 0) {
        rig_begin(r);
        for (int i = 0; i < 3; i++)
            rig_deliver(r, ANNA, TEXT);
        kill(getpid(), SIGKILL);
    }
    waitpid(pid, NULL, 0);
}

/* ".M5P9Q3Fxxxxx.": our folder's tag, from a name it gave. */
static void
tag_of(struct rig *r, char tag[6])
{
    char name[300];
    const char *f;

    rig_file(r, NEW, ",U=1", name);
    f = strchr(name, 'F');
    CHECK(f != NULL, "a name of ours: %s", name);
    snprintf(tag, 6, "%.5s", f == NULL ? "" : f + 1);
}

static void
plant(struct rig *r, const char *dir, const char *tag, const char *rest)
{
    char path[400];

    snprintf(path, sizeof path, "%s/1700000000.M1P1Q%zuF%s.h%s", dir,
             strlen(rest), tag, rest);
    rig_drop(r, path, TEXT);
}

static void
plant_all(struct rig *r)
{
    char tag[6];
    char from[800];
    char to[800];
    char name[300];

    tag_of(r, tag);
    plant(r, NEW, tag, ",S=11,U=7");
    plant(r, CUR, tag, ",S=11,U=9:2,S");
    plant(r, NEW, tag, ",S=999,U=12");
    plant(r, CUR, "00000", ",S=11,U=400:2,F");
    plant(r, CUR, tag, ",S=11,U=70000:2,R");
    rig_file(r, NEW, ",U=2", name);
    snprintf(from, sizeof from, "%s/" NEW "/%s", r->mail, name);
    snprintf(to, sizeof to, "%s/" CUR "/%s:2,", r->mail, name);
    CHECK(link(from, to) == 0, "a crash between link and unlink");
}

int
main(void)
{
    struct store_session *x;
    struct rig_answer a;
    struct rig_seen s;
    struct rig r;
    char shown[1000];

    rig_place(&r, check_dir());
    r.options.sync = FLUSH_ALWAYS;
    live_and_die(&r);
    plant_all(&r);
    rig_begin(&r);
    x = rig_login(&r, ANNA);
    CHECK(rig_open(&r, x, "INBOX", STORE_EXAMINE, &s) != NULL, "it opens");
    CHECK(strcmp(rig_show(s.view, shown),
                 "1:64:11 2:64:11 3:64:11 7:64:11 9:65:11 1001:68:11 "
                 "1002:66:11") == 0,
          "7 and 9 keep their UIDs; what is another folder's, or was never "
          "promised, gets a new one above all that were: %s",
          shown);
    CHECK(rig_count(&r, "example.org/anna/quarantine") == 1,
          "the torn one is put aside");
    CHECK(rig_count(&r, NEW) + rig_count(&r, CUR) == 7, "no second names");
    CHECK(rig_deliver(&r, ANNA, TEXT) == 1003, "no UID twice (S2)");
    rig_seen_free(&s);
    store_logout(&x);
    a = rig_ask(&r);
    rig_sleep(&r, 300);
    store_index_check(r.admin, span_of(""), 0, rig_report, rig_done, &a);
    rig_wait(&r, &a.done);
    CHECK(!a.failed && a.text.n == 0, "index and files agree: %s",
          buf_text(&a.text));
    rig_answer_free(&a);
    rig_free(&r);
    return check_report();
}
