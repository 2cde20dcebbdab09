/*
 * Stopped after each single change of the disk in turn, during a COPY, a MOVE
 * and a RENAME. After the restart it was done, or it was not (S5); no message
 * is lost, and none is double.
 */
#include "tests/mailstore/store_rig.h"

#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>

#define ANNA     "anna@example.org"
#define MESSAGES 5
#define CALLS    60 /* more than any of them makes */

enum act { COPY, MOVE, RENAME };

static const char *const acts[] = { "COPY", "MOVE", "RENAME" };

static atomic_int left; /* calls until the end */

static int
die_at(const char *call, uint64_t number, void *arg)
{
    (void)call;
    (void)number;
    (void)arg;
    if (atomic_fetch_sub(&left, 1) == 1)
        kill(getpid(), SIGKILL);
    return 0;
}

static void
act_now(struct rig *r, struct store_session *x, enum act act)
{
    struct rig_answer a = rig_ask(r);
    struct numset uids = { 0 };

    numset_add(&uids, 1, MESSAGES);
    if (act == RENAME)
        store_rename(x, span_of("Work"), span_of("Old/Work"), rig_done, &a);
    else
        store_copy(x, &uids, span_of("Work/A"), act == MOVE, rig_copied, &a);
    rig_wait(r, &a.done);
    numset_free(&uids);
    rig_answer_free(&a);
}

static void
create(struct rig *r, struct store_session *x, const char *name)
{
    struct rig_answer a = rig_ask(r);

    store_create(x, span_of(name), 0, rig_done, &a);
    rig_wait(r, &a.done);
}

/* The life that ends at call number `calls`. True: it was over before. */
static bool
run_child(struct rig *r, enum act act, int calls)
{
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        struct store_session *x;
        struct rig_seen s;

        rig_begin(r);
        x = rig_login(r, ANNA);
        create(r, x, "Work");
        create(r, x, "Work/A");
        for (int i = 0; i < MESSAGES; i++)
            rig_deliver(r, ANNA, "a: b\r\n\r\nc\r\n");
        rig_open(r, x, "INBOX", 0, &s);
        atomic_store(&left, calls);
        fs_fault(die_at, NULL);
        act_now(r, x, act);
        _exit(EXIT_SUCCESS);
    }
    waitpid(pid, &status, 0);
    return WIFEXITED(status);
}

static unsigned
count_of(struct rig *r, struct store_session *x, const char *name)
{
    struct rig_seen s;
    struct buf text = { 0 };
    struct error e;
    unsigned n = 0;

    if (rig_open(r, x, name, STORE_EXAMINE, &s) == NULL) {
        rig_seen_free(&s);
        return UINT32_MAX;
    }
    for (size_t i = 0; i < s.view->count; i++)
        n += rig_read(r, x, s.view->rows[i].uid, &text, &e);
    CHECK(n == s.view->count, "all of %s can be read", name);
    buf_free(&text);
    rig_seen_free(&s);
    return n;
}

static void
check_copied(struct rig *r, struct store_session *x, enum act act, int calls,
             bool finished)
{
    unsigned inbox = count_of(r, x, "INBOX");
    unsigned work = count_of(r, x, "Work/A");

    CHECK(work == 0 || work == MESSAGES, "%s, %d calls: %u arrived", acts[act],
          calls, work);
    CHECK(!finished || work == MESSAGES, "%s: what was told is so", acts[act]);
    if (act == COPY)
        CHECK(inbox == MESSAGES, "COPY, %d calls: %u are left", calls, inbox);
    else
        CHECK(inbox + work == MESSAGES, "MOVE, %d calls: %u and %u", calls,
              inbox, work);
}

static void
check_renamed(struct rig *r, struct store_session *x, int calls, bool finished)
{
    struct buf list = rig_list(r, x, NULL);
    const char *text = buf_text(&list);
    bool old = strstr(text, "\nWork flags=0") != NULL &&
               strstr(text, "\nWork/A flags=0") != NULL;
    bool new = strstr(text, "\nOld/Work flags=0") !=
               NULL &&strstr(text, "\nOld/Work/A flags=0") != NULL;

    CHECK(old != new && (new || !finished), "RENAME, %d calls:\n%s", calls,
          text);
    CHECK(count_of(r, x, new ? "Old/Work/A" : "Work/A") == 0,
          "it can be opened");
    buf_free(&list);
}

static void
check_after(struct rig *r, enum act act, int calls, bool finished)
{
    struct store_session *x;
    struct rig_answer a;

    rig_begin(r);
    a = rig_ask(r);
    x = rig_login(r, ANNA);
    if (act == RENAME)
        check_renamed(r, x, calls, finished);
    else
        check_copied(r, x, act, calls, finished);
    store_logout(&x);
    rig_sleep(r, 300);
    store_index_check(r->admin, span_of(""), 0, rig_report, rig_done, &a);
    rig_wait(r, &a.done);
    CHECK(!a.failed && a.text.n == 0, "%s, %d calls: %s", acts[act], calls,
          buf_text(&a.text));
    rig_answer_free(&a);
    rig_free(r);
}

int
main(void)
{
    const char *all = check_dir();
    int number = 0;

    for (enum act act = COPY; act <= RENAME; act++)
        for (int calls = 1; calls < CALLS; calls++) {
            struct rig r;
            char dir[400];
            bool finished;

            snprintf(dir, sizeof dir, "%s/%d", all, number++);
            mkdir(dir, 0700);
            rig_place(&r, dir);
            r.options.sync = FLUSH_ALWAYS;
            finished = run_child(&r, act, calls);
            check_after(&r, act, calls, finished);
            CHECK(finished || calls < CALLS - 1, "%s makes more calls",
                  acts[act]);
            if (finished)
                break;
        }
    return check_report();
}
