/*
 * For step_exit_test.c and step_fail_test.c:
 *
 *   template: two accounts with some mail, stopped in order
 *   for each operation, for k = 1, 2, ... until it is through:
 *     a copy of the template
 *     a child: start, log in, open INBOX; operation; stop. At call k it exits
 *       (base/fs.h's hook), or the call fails with EIO. It writes down whether
 *       the operation was answered, and how.
 *     here: start on what is left; write down all that is there
 *
 * What is there must be as before the operation or as after it, for each
 * account; after it, if it was answered for (S1, S3). Index and files agree
 * (S5), and the next message gets a UID above all others (S2). That includes
 * what happens after the answer: names that follow flags, unlinks, the stop.
 * (The calls of Berkeley DB are not counted; tests/crash cuts the power.)
 */
#ifndef TESTS_MAILSTORE_STEP_HELP_H
#define TESTS_MAILSTORE_STEP_HELP_H

#include "tests/mailstore/step_operations.h"

#include <sys/prctl.h>
#include <sys/wait.h>

#define STEPS_MAX     400
#define MAILBOXES_MAX 20
#define HIT           7  /* the child's exit status: call k was reached */
#define UNCLEAN       75 /* of a mailstored that cannot go on           */

/* --- a rig on a directory ------------------------------------------------------ */

static void
open_rig(struct rig *r, const char *dir)
{
    *r = (struct rig){ 0 };
    snprintf(r->mail, sizeof r->mail, "%s/mail", dir);
    snprintf(r->index, sizeof r->index, "%s/index", dir);
    snprintf(r->sockets, sizeof r->sockets, "%s", dir);
    r->loop = loop_new();
    r->options = (struct core_options){ .mail_dir = r->mail,
                                        .index_dir = r->index,
                                        .folders = rig_folders,
                                        .folder_count = 5,
                                        .sync = FLUSH_ALWAYS };
    r->guard = timer_new(r->loop, rig_expire, r->loop);
    rig_start(r);
    r->smtp = rig_client(r, "store-smtp");
    r->pop3 = rig_client(r, "store-pop3");
    r->imap = rig_client(r, "store-imap");
    r->admin = rig_client(r, "store-admin");
}

static void
make_template(const char *dir)
{
    struct rig_mail m = { .mailbox = "Old", .text = texts[0] };
    struct store_session *x;
    struct rig_seen s;
    struct error e;
    struct rig r;

    open_rig(&r, dir);
    for (size_t i = 0; i < 3; i++)
        rig_deliver(&r, ANNA, texts[i]);
    rig_deliver(&r, BERT, texts[2]);
    x = rig_login(&r, ANNA);
    for (size_t i = 0; i < 2; i++) {
        struct rig_answer a = rig_ask(&r);

        store_create(x, span_of(i == 0 ? "Old" : "Old/Sub"), 0, rig_done, &a);
        CHECK(answered(&r, &a), "a mailbox is made");
    }
    m.append = x;
    CHECK(rig_put(&r, &m, &e) == 1, "a message in it");
    m.mailbox = "Old/Sub";
    CHECK(rig_put(&r, &m, &e) == 1, "and below it");
    rig_open(&r, x, "INBOX", 0, &s);
    CHECK(rig_flag(&r, x, 2, 2, STORE_FLAGS_SET, MAIL_SEEN, "work"), "flags");
    rig_seen_free(&s);
    store_logout(&x);
    rig_free(&r);
}

static void
copy_template(const char *from, const char *to)
{
    char command[800];

    snprintf(command, sizeof command,
             "rm -rf %s/mail %s/index && cp -a %s/mail %s/index %s", to, to,
             from, from, to);
    if (system(command) != 0)
        die("%s", command);
}

/* --- what is there --------------------------------------------------------------- */

/* Those of the template are not above this. */
static uint32_t newest = UINT32_MAX;
static uint32_t highest;
static uint32_t inbox_last; /* anna's highest UID when she was looked at */

struct name {
    char text[100];
    uint32_t flags, uid_validity;
};

struct names {
    struct rig_answer a;
    struct name list[MAILBOXES_MAX];
    size_t count;
};

static void
add_name(void *arg, const struct store_mailbox *m)
{
    struct names *n = arg;
    struct name *at = &n->list[n->count++];

    if (n->count == MAILBOXES_MAX)
        die("too many mailboxes");
    snprintf(at->text, sizeof at->text, "%.*s", SPAN(m->name));
    at->flags = m->flags;
    at->uid_validity = m->uid_validity;
    if (m->uid_validity > highest)
        highest = m->uid_validity;
}

static void
names_done(void *arg, const struct error *e)
{
    struct names *n = arg;

    rig_finish(&n->a, e);
}

static void
show_row(struct rig *r, struct store_session *x, const struct store_row *row,
         struct buf *out)
{
    struct buf text = { .max = 4096 };
    struct error e;

    CHECK(rig_read(r, x, row->uid, &text, &e), "UID %u can be read", row->uid);
    CHECK(text.n == row->size, "UID %u is complete", row->uid);
    buf_printf(out, " %u:%c:%zu:%u", row->uid,
               text.n > 9 ? buf_text(&text)[9] : '?', text.n,
               row->flags & ~(unsigned)MAIL_RECENT);
    buf_free(&text);
}

/* One line for each mailbox. UIDVALIDITYs that are not in the template depend
 * on the clock. */
static void
show_mailbox(struct rig *r, struct store_session *x, const struct name *n,
             struct buf *out)
{
    struct rig_seen s;
    struct store_view *v;

    buf_printf(out, "%s flags=%u", n->text, n->flags);
    if ((n->flags & (STORE_NOSELECT | STORE_NONEXISTENT)) != 0) {
        buf_put_text(out, "\n");
        return;
    }
    buf_printf(out, " v=%u:", n->uid_validity > newest ? 0 : n->uid_validity);
    v = rig_open(r, x, n->text, STORE_EXAMINE, &s);
    CHECK(v != NULL, "%s can be opened", n->text);
    for (size_t i = 0; v != NULL && i < v->count; i++) {
        show_row(r, x, &v->rows[i], out);
        for (size_t k = 0; k < v->keyword_count; k++)
            if ((v->rows[i].keywords >> k & 1) != 0)
                buf_printf(out, "+%s", v->keywords[k]);
    }
    buf_put_text(out, "\n");
    if (strcmp(n->text, "INBOX") == 0 && v != NULL && v->count > 0)
        inbox_last = v->rows[v->count - 1].uid;
    store_close(x);
    rig_seen_free(&s);
}

static struct buf
look_at(struct rig *r, const char *user)
{
    struct store_session *x = rig_login(r, user);
    struct names *n = mem_take(sizeof *n);
    struct buf out = { 0 };

    n->a = rig_ask(r);
    store_list(x, add_name, names_done, n);
    rig_wait(r, &n->a.done);
    CHECK(!n->a.failed, "%s's mailboxes", user);
    for (size_t i = 0; i < n->count; i++)
        show_mailbox(r, x, &n->list[i], &out);
    free(n);
    store_logout(&x);
    return out;
}

static const char *const users[] = { BERT, ANNA };

struct state {
    struct buf of[2];
};

static void
look(struct rig *r, struct state *out)
{
    for (size_t i = 0; i < 2; i++)
        out->of[i] = look_at(r, users[i]);
}

static void
state_free(struct state *s)
{
    for (size_t i = 0; i < 2; i++)
        buf_free(&s->of[i]);
}

/* --- one step ------------------------------------------------------------------------ */

struct step {
    const struct operation *op;
    uint64_t k; /* 0: never */
    bool fails; /* call k fails; otherwise it is the last thing that happens */
    bool hit;
    char answer; /* 'A' yes, 'F' refused, 0 none */
};

static int
stop_at(const char *call, uint64_t number, void *arg)
{
    struct step *s = arg;

    (void)call;
    if (number != s->k)
        return 0;
    if (!s->fails)
        _exit(HIT);
    s->hit = true;
    return EIO;
}

static _Noreturn void
run_child(struct step *s, const char *dir, int out)
{
    struct store_session *x;
    struct rig_seen seen;
    struct rig r;
    char answer;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    open_rig(&r, dir);
    x = rig_login(&r, ANNA);
    rig_open(&r, x, "INBOX", 0, &seen);
    fs_fault(stop_at, s);
    answer = s->op->run(&r, x) ? 'A' : 'F';
    if (write(out, &answer, 1) != 1)
        _exit(EXIT_FAILURE);
    store_logout(&x);
    rig_free(&r);
    _exit(s->hit ? HIT : EXIT_SUCCESS);
}

/* False when call k was never reached. */
static bool
run_step(struct step *s, const char *dir)
{
    int ends[2];
    int status;
    pid_t pid;

    if (pipe(ends) == -1)
        die("pipe: %s", strerror(errno));
    pid = fork();
    if (pid == 0)
        run_child(s, dir, ends[1]);
    close(ends[1]);
    if (read(ends[0], &s->answer, 1) != 1)
        s->answer = 0;
    close(ends[0]);
    waitpid(pid, &status, 0);
    CHECK(WIFEXITED(status) && (WEXITSTATUS(status) == HIT ||
                                WEXITSTATUS(status) == EXIT_SUCCESS ||
                                (s->fails && WEXITSTATUS(status) == UNCLEAN)),
          "%s, call %llu: ended with %d", s->op->name, (unsigned long long)s->k,
          status);
    return WIFEXITED(status) && WEXITSTATUS(status) != EXIT_SUCCESS;
}

static void
compare(const struct step *s, const struct state *before,
        const struct state *after, const struct state *now)
{
    bool may_be_old = s->answer != 'A';
    bool may_be_new = s->answer != 'F' || !s->op->strict;

    for (size_t i = 0; i < 2; i++) {
        struct span is = buf_span(&now->of[i]);
        bool old = span_eq(is, buf_span(&before->of[i]));
        bool new = span_eq(is, buf_span(&after->of[i]));

        CHECK((old && may_be_old) || (new &&may_be_new),
              "%s, call %llu %s, answer %c: %s has\n%.*s, before\n%.*s, "
              "after\n%.*s",
              s->op->name, (unsigned long long)s->k,
              s->fails ? "fails" : "is the last",
              s->answer == 0 ? '-' : s->answer, users[i], SPAN(is),
              SPAN(buf_span(&before->of[i])), SPAN(buf_span(&after->of[i])));
    }
}

/* Where a background rename was the call that failed, files and index differ
 * until it is tried again: S5 asks that nobody has to help. */
static void
check_agreement(const struct step *s, struct rig *r)
{
    struct rig_answer a;
    bool agree = false;

    for (int i = 0; i < 40 && !agree; i++) {
        if (i > 0)
            rig_sleep(r, 250);
        a = rig_ask(r);
        store_index_check(r->admin, span_of(""), 0, rig_report, rig_done, &a);
        rig_wait(r, &a.done);
        agree = !a.failed && a.text.n == 0;
        CHECK(agree || i < 39, "%s, call %llu: files and index: %s",
              s->op->name, (unsigned long long)s->k, buf_text(&a.text));
        rig_answer_free(&a);
    }
}

/* S5 and S2. */
static void
check_whole(const struct step *s, struct rig *r)
{
    check_agreement(s, r);
    CHECK(rig_deliver(r, ANNA, texts[0]) > inbox_last,
          "%s, call %llu: the next UID is above all", s->op->name,
          (unsigned long long)s->k);
}

static void
look_after(const struct step *s, const char *dir, struct state *now)
{
    struct rig r;

    open_rig(&r, dir);
    look(&r, now);
    check_whole(s, &r);
    rig_free(&r);
}

static void
test_operation(const struct operation *op, bool fails,
               const char *const dirs[2], const struct state *before)
{
    const char *template = dirs[0];
    const char *dir = dirs[1];
    struct step s = { .op = op };
    struct state after;
    bool more = true;

    copy_template(template, dir);
    CHECK(!run_step(&s, dir) && s.answer == 'A', "%s", op->name);
    look_after(&s, dir, &after);
    for (uint64_t k = 1; more && k < STEPS_MAX; k++) {
        struct state now;

        s = (struct step){ .op = op, .k = k, .fails = fails };
        copy_template(template, dir);
        more = run_step(&s, dir);
        CHECK(more || k > 1, "%s makes calls", op->name);
        look_after(&s, dir, &now);
        compare(&s, before, &after, &now);
        state_free(&now);
    }
    state_free(&after);
}

static int
step_through(bool fails)
{
    const char *dirs[2];
    struct state before;
    struct rig r;

    /* What a process leaves is the same in memory, and sooner there. */
    if (access("/dev/shm", W_OK) == 0)
        setenv("TMPDIR", "/dev/shm", 0);
    dirs[0] = check_dir();
    dirs[1] = check_dir();
    log_open("test", LOG_ERROR, LOG_TEXT);
    make_template(dirs[0]);
    copy_template(dirs[0], dirs[1]);
    open_rig(&r, dirs[1]);
    look(&r, &before);
    newest = highest;
    rig_free(&r);
    for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++)
        test_operation(&operations[i], fails, dirs, &before);
    state_free(&before);
    return check_report();
}

#endif
