/*
 * mailstored is killed in the middle of a load, again and again. What it had
 * answered for is there: every message under its UID with its bytes, every
 * flag, every expunge; and no UID names two messages (S1, S2, S3, S5).
 */
#include "tests/mailstore/store_rig.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

#define ROUNDS   6
#define PARALLEL 16
#define USERS    3
#define MAX      20000

static const char *const users[USERS] = { "anna@example.org",
                                          "bert@example.org",
                                          "carl@example.net" };

struct fact {
    uint32_t number; /* in the message's text */
    uint16_t flags;  /* told of */
    bool gone;       /* told of */
};

/* What was acknowledged: by user and UID. */
static struct fact facts[USERS][MAX];

struct load {
    struct rig *r;
    uint32_t next; /* number of a message */
    unsigned running, acknowledged, refused;
    bool stop;
};

struct one {
    struct load *load;
    struct store_delivery *d;
    uint32_t number;
    unsigned user;
    int fd;
};

/* The child: mailstored, until it is killed. */
static pid_t
spawn(struct rig *r)
{
    pid_t pid = fork();

    if (pid != 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    r->loop = loop_new();
    rig_start(r);
    loop_run(r->loop);
    _exit(EXIT_SUCCESS);
}

static void begin_one(struct load *l);

static void
committed(void *arg, uint32_t uid_validity, uint32_t uid, const struct error *e)
{
    struct one *o = arg;
    struct load *l = o->load;

    (void)uid_validity;
    if (e == NULL && uid < MAX) {
        CHECK(facts[o->user][uid].number == 0, "UID %u of %s was given twice",
              uid, users[o->user]);
        facts[o->user][uid] = (struct fact){ .number = o->number };
        l->acknowledged++;
    } else {
        l->refused++;
    }
    store_delivery_abort(&o->d);
    free(o);
    l->running--;
    if (!l->stop)
        begin_one(l);
    else if (l->running == 0)
        loop_stop(l->r->loop);
}

static void
text_of(uint32_t number, char out[200])
{
    snprintf(out, 200, "Subject: number %u\r\n\r\n%*s\r\n", number,
             (int)(number % 97) + 1, "x");
}

static void
begun(void *arg, int fd, const struct error *e)
{
    struct one *o = arg;
    char text[200];
    struct store_recipient to = { span_of(users[o->user]), span_of("") };
    struct store_new n = { .session = "s" };
    struct error mine;

    if (e != NULL) {
        committed(o, 0, 0, e);
        return;
    }
    text_of(o->number, text);
    n.size = strlen(text);
    fs_write(fd, span_of(text), &mine);
    store_delivery_commit(o->d, &n, &to, 1, committed, o);
}

static void
begin_one(struct load *l)
{
    struct one *o = mem_take(sizeof *o);

    o->load = l;
    o->number = l->next++;
    o->user = o->number % USERS;
    l->running++;
    o->d = store_delivery_begin(l->r->smtp, 0, begun, o);
}

struct killing {
    struct load *load;
    pid_t pid;
};

static void
kill_now(void *arg)
{
    struct killing *k = arg;

    kill(k->pid, SIGKILL);
    k->load->stop = true;
}

/* Deliveries, and in between the death of the server. */
static void
load_and_kill(struct rig *r, struct load *l, pid_t pid, int64_t after_ms)
{
    struct killing k = { l, pid };
    struct timer *t = timer_new(r->loop, kill_now, &k);

    l->stop = false;
    for (int i = 0; i < PARALLEL; i++)
        begin_one(l);
    timer_start(t, after_ms);
    timer_start(r->guard, RIG_TIMEOUT_MS);
    while (!l->stop || l->running > 0)
        loop_run(r->loop);
    timer_stop(r->guard);
    timer_free(&t);
    waitpid(pid, NULL, 0);
}

/* It may take its time to come back. */
static struct store_session *
login(struct rig *r, unsigned user)
{
    struct store_session *x = NULL;

    for (int i = 0; x == NULL && i < 5; i++)
        x = rig_login(r, users[user]);
    if (x == NULL)
        die("mailstored does not come back");
    return x;
}

static void
check_user(struct rig *r, unsigned user)
{
    struct store_session *x = login(r, user);
    struct rig_seen s;
    struct buf text = { 0 };
    struct error e;
    size_t found = 0;
    size_t expected = 0;

    CHECK(rig_open(r, x, "INBOX", 0, &s) != NULL, "INBOX opens");
    for (size_t i = 0; s.view != NULL && i < s.view->count; i++) {
        const struct store_row *row = &s.view->rows[i];
        const struct fact *f = &facts[user][row->uid < MAX ? row->uid : 0];
        char want[200];

        if (f->number == 0)
            continue; /* not acknowledged, and yet kept: that may be */
        text_of(f->number, want);
        found++;
        CHECK(!f->gone, "UID %u was expunged", row->uid);
        CHECK((row->flags & ~MAIL_RECENT) == f->flags,
              "flags of UID %u: %u, told %u", row->uid, row->flags, f->flags);
        CHECK(row->size == strlen(want), "size of UID %u", row->uid);
        if (i % 7 == 0)
            CHECK(rig_read(r, x, row->uid, &text, &e) &&
                      span_is(buf_span(&text), want),
                  "text of UID %u", row->uid);
    }
    for (uint32_t uid = 1; uid < MAX; uid++)
        expected += facts[user][uid].number != 0 && !facts[user][uid].gone;
    CHECK(found == expected, "%zu of %zu acknowledged messages of %s", found,
          expected, users[user]);
    buf_free(&text);
    rig_seen_free(&s);
    store_logout(&x);
}

/* Some flags and expunges, acknowledged, and then killed at once. */
static void
change_user(struct rig *r, unsigned user, unsigned round)
{
    struct store_session *x = login(r, user);
    struct rig_seen s;

    rig_open(r, x, "INBOX", 0, &s);
    for (size_t i = round; s.view != NULL && i < s.view->count; i += 40) {
        uint32_t uid = s.view->rows[i].uid;
        struct fact *f = &facts[user][uid < MAX ? uid : 0];

        if (i % 80 < 40 &&
            rig_flag(r, x, uid, uid, STORE_FLAGS_ADD, MAIL_FLAGGED, NULL))
            f->flags |= MAIL_FLAGGED;
        else if (rig_expunge(r, x, uid, uid, false))
            f->gone = true;
    }
    rig_seen_free(&s);
    store_logout(&x);
}

int
main(void)
{
    struct rig r = { 0 };
    struct load l = { .r = &r, .next = 1 };
    const char *dir = check_dir();
    pid_t pid;

    log_open("test", LOG_ERROR, LOG_TEXT);
    snprintf(r.mail, sizeof r.mail, "%s/mail", dir);
    snprintf(r.index, sizeof r.index, "%s/index", dir);
    snprintf(r.sockets, sizeof r.sockets, "%s", dir);
    r.options = (struct core_options){ .mail_dir = r.mail,
                                       .index_dir = r.index,
                                       .sync = FLUSH_ALWAYS };
    pid = spawn(&r);
    r.loop = loop_new();
    r.guard = timer_new(r.loop, rig_expire, r.loop);
    r.smtp = rig_client(&r, "store-smtp");
    r.imap = rig_client(&r, "store-imap");
    for (unsigned round = 0; round < ROUNDS; round++) {
        load_and_kill(&r, &l, pid, 150 + 37 * round);
        pid = spawn(&r);
        for (unsigned user = 0; user < USERS; user++)
            check_user(&r, user);
        for (unsigned user = 0; user < USERS; user++)
            change_user(&r, user, round);
    }
    CHECK(l.acknowledged > 100, "%u acknowledged, %u not", l.acknowledged,
          l.refused);
    printf("%u acknowledged, %u refused\n", l.acknowledged, l.refused);
    store_client_free(&r.smtp);
    store_client_free(&r.imap);
    timer_free(&r.guard);
    loop_free(&r.loop);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    return check_report();
}
