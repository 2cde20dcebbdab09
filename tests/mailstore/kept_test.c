/*
 * Stopped after each single change of the disk in turn, while messages are
 * expunged and kept, a mailbox is deleted, and both are brought back. After the
 * restart a message is there or kept, or both for an undelete that was cut
 * short; never neither. What was answered for as expunged is not there.
 */
#include "tests/mailstore/store_rig.h"

#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>

#define ANNA     "anna@example.org"
#define MESSAGES 2
#define CALLS    80 /* more than any of them makes */

enum act { EXPUNGE, DELETE, UNDELETE };

static const char *const acts[] = { "EXPUNGE", "DELETE", "undelete" };

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
undeleted(void *arg, const struct store_undeleted *u)
{
    struct rig_answer *a = arg;

    if (!u->is_mailbox)
        a->uid = u->uid;
}

static void
undelete(struct rig *r)
{
    const struct numset all = { 0 };
    const struct store_undelete what = { .user = span_of(ANNA), .uids = &all };
    struct rig_answer a = rig_ask(r);

    store_undelete(r->admin, &what, undeleted, rig_done, &a);
    rig_wait(r, &a.done);
    CHECK(!a.failed, "undelete: %s", a.e.text);
    rig_answer_free(&a);
}

static void
make_work(struct rig *r, struct store_session *x)
{
    struct rig_answer a = rig_ask(r);
    struct numset uids = { 0 };

    numset_add(&uids, 1, MESSAGES);
    store_create(x, span_of("Work"), 0, rig_done, &a);
    rig_wait(r, &a.done);
    a = rig_ask(r);
    store_copy(x, &uids, span_of("Work"), true, rig_copied, &a);
    rig_wait(r, &a.done);
    CHECK(!a.failed, "move: %s", a.e.text);
    numset_free(&uids);
    rig_answer_free(&a);
}

static void
act_now(struct rig *r, struct store_session *x, enum act act)
{
    struct rig_answer a = rig_ask(r);

    if (act == EXPUNGE) {
        rig_expunge(r, x, 1, MESSAGES, false);
    } else if (act == DELETE) {
        store_delete(x, span_of("Work"), rig_done, &a);
        rig_wait(r, &a.done);
    } else {
        undelete(r);
    }
}

static void
live(struct rig *r, enum act act, int calls, int told)
{
    struct store_session *x;
    struct rig_seen s;

    rig_begin(r);
    x = rig_login(r, ANNA);
    for (int i = 0; i < MESSAGES; i++)
        rig_deliver(r, ANNA, "a: b\r\n\r\nc\r\n");
    rig_open(r, x, "INBOX", 0, &s);
    if (act == DELETE)
        make_work(r, x);
    if (act == UNDELETE) {
        rig_expunge(r, x, 1, MESSAGES, false);
        rig_sleep(r, 300);
    }
    atomic_store(&left, calls);
    fs_fault(die_at, NULL);
    act_now(r, x, act);
    if (write(told, "!", 1) != 1)
        _exit(EXIT_FAILURE);
    rig_sleep(r, act == EXPUNGE ? 400 : 50); /* what goes on afterwards */
    _exit(EXIT_SUCCESS);
}

/* The life that ends at call number `calls`. True: it was over before. */
static bool
run_child(struct rig *r, enum act act, int calls, bool *answered)
{
    int ends[2];
    int status;
    char ch;
    pid_t pid;

    if (pipe(ends) == -1)
        die("pipe: %s", strerror(errno));
    pid = fork();
    if (pid == 0)
        live(r, act, calls, ends[1]);
    close(ends[1]);
    *answered = read(ends[0], &ch, 1) == 1;
    close(ends[0]);
    waitpid(pid, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS;
}

static void
count_kept(void *arg, const struct store_kept *k)
{
    struct rig_answer *a = arg;

    if (!k->is_mailbox)
        a->uid++;
}

static unsigned
kept(struct rig *r)
{
    struct rig_answer a = rig_ask(r);

    a.uid = 0;
    store_list_kept(r->admin, span_of(ANNA), span_of(""), count_kept, rig_done,
                    &a);
    rig_wait(r, &a.done);
    CHECK(!a.failed, "list: %s", a.e.text);
    rig_answer_free(&a);
    return a.uid;
}

static unsigned
messages(struct rig *r, struct store_session *x, const char *name)
{
    struct rig_seen s;
    unsigned n = 0;

    if (rig_open(r, x, name, STORE_EXAMINE, &s) != NULL)
        n = (unsigned)s.view->count;
    rig_seen_free(&s);
    return n;
}

static unsigned
all_messages(struct rig *r)
{
    struct store_session *x = rig_login(r, ANNA);
    unsigned n = messages(r, x, "INBOX") + messages(r, x, "Work");

    store_logout(&x);
    return n;
}

static void
check_after(struct rig *r, enum act act, int calls, bool answered)
{
    struct rig_answer a;
    unsigned there;
    unsigned put_by;

    rig_begin(r);
    there = all_messages(r);
    put_by = kept(r);
    CHECK(there + put_by >= MESSAGES, "%s, %d calls: %u there, %u kept",
          acts[act], calls, there, put_by);
    if (act != UNDELETE)
        CHECK(!answered || (there == 0 && put_by == MESSAGES),
              "%s, %d calls: told, and %u there, %u kept", acts[act], calls,
              there, put_by);
    else
        CHECK(!answered || there == MESSAGES, "undelete, %d calls: %u there",
              calls, there);
    undelete(r);
    CHECK(all_messages(r) >= MESSAGES && kept(r) == 0,
          "%s, %d calls: all come back", acts[act], calls);
    a = rig_ask(r);
    rig_sleep(r, 50);
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

    for (enum act act = EXPUNGE; act <= UNDELETE; act++)
        for (int calls = 1; calls < CALLS; calls++) {
            struct rig r;
            char dir[400];
            bool answered;
            bool finished;

            snprintf(dir, sizeof dir, "%s/%d", all, number++);
            mkdir(dir, 0700);
            rig_place(&r, dir);
            r.options.sync = FLUSH_ALWAYS;
            r.options.keep_deleted = 86400;
            finished = run_child(&r, act, calls, &answered);
            check_after(&r, act, calls, answered);
            CHECK(finished || calls < CALLS - 1, "%s makes more calls",
                  acts[act]);
            if (finished)
                break;
        }
    return check_report();
}
