/* index check: each kind of damage is found, said, and mended where it can be
 * mended without losing mail. */
#include "mailstore/check_inside.h"
#include "mailstore/maildir.h"
#include "tests/mailstore/store_rig.h"

#include <sys/stat.h>
#include <sys/time.h>
#include <utime.h>

#define ANNA  "anna@example.org"
#define HOME  "example.org/anna"
#define TEXT  "Subject: one\r\n\r\nhello\r\n"
#define OTHER "Subject: one\r\n\r\nhallo\r\n"

struct scene {
    struct rig *r;
    struct folder *inbox; /* held */
};

/* --- files ----------------------------------------------------------------------- */

static void
path_of(struct scene *s, const char *uid, char out[800])
{
    char name[300];

    rig_file(s->r, HOME "/cur", uid, name);
    snprintf(out, 800, "%s/" HOME "/cur/%s", s->r->mail, name);
}

static void
write_file(struct scene *s, const char *path, const char *text)
{
    char all[800];
    FILE *f;

    snprintf(all, sizeof all, "%s/" HOME "/%s", s->r->mail, path);
    f = fopen(all, "w");
    if (f == NULL || fputs(text, f) == EOF || fclose(f) != 0)
        die("%s", all);
}

/* As a disk does it: its time stays. */
static void
overwrite(struct scene *s, const char *uid, const char *text)
{
    struct utimbuf t = { 1700000000, 1700000000 };
    char path[800];
    FILE *f;

    path_of(s, uid, path);
    f = fopen(path, "w");
    if (f == NULL || fputs(text, f) == EOF || fclose(f) != 0 ||
        utime(path, &t) != 0)
        die("%s", path);
}

static void
remove_file(struct scene *s)
{
    char path[800];

    path_of(s, "U=1:", path);
    CHECK(unlink(path) == 0, "removed");
}

static void
drop_file(struct scene *s)
{
    rig_drop(s->r, HOME "/cur/1700000001.1.host:2,S", TEXT);
}

static void
flag_file(struct scene *s)
{
    char from[800];
    char to[810];

    path_of(s, "U=2:", from);
    snprintf(to, sizeof to, "%sF", from);
    CHECK(rename(from, to) == 0, "renamed");
}

static void
make_dir(struct scene *s)
{
    char path[800];

    snprintf(path, sizeof path, "%s/" HOME "/cur/1.directory", s->r->mail);
    CHECK(mkdir(path, 0700) == 0, "made");
}

static void
cut_file(struct scene *s)
{
    overwrite(s, "U=3:", "Subject: on");
}

static void
rot_file(struct scene *s)
{
    overwrite(s, "U=4:", OTHER);
}

static void
touch_file(struct scene *s)
{
    char path[800];

    path_of(s, "U=5:", path);
    CHECK(utime(path, NULL) == 0, "touched");
}

static void
lose_control(struct scene *s)
{
    write_file(s, CONTROL_FILE, "nothing of ours\n");
}

static void
spoil_account_file(struct scene *s)
{
    write_file(s, ACCOUNT_FILE, "nothing of ours\n");
}

/* --- rows ------------------------------------------------------------------------ */

static void
commit(struct scene *s, struct index_txn *t, bool done)
{
    struct error e;

    CHECK(done && core_commit(s->r->core, &t, &e), "written");
}

static void
lose_cold(struct scene *s)
{
    struct index_txn *t = core_begin(s->r->core);
    struct error e;

    commit(s, t, index_delete_cold(t, s->inbox->record.id, 2, &e));
}

static void
lose_name(struct scene *s)
{
    struct index_txn *t = core_begin(s->r->core);
    struct index_message m;
    struct error e;
    uint32_t id = s->inbox->record.id;

    commit(s, t,
           index_get_message(t, id, 2, &m, &e) &&
               index_delete_name(t, id, m.name_hash, &e));
}

static void
lose_row(struct scene *s)
{
    struct index_txn *t = core_begin(s->r->core);
    struct error e;

    commit(s, t, index_delete_message(t, s->inbox->record.id, 2, &e));
}

static void
change_size(struct scene *s)
{
    struct index_txn *t = core_begin(s->r->core);
    struct index_message m;
    struct error e;
    uint32_t id = s->inbox->record.id;
    bool done = index_get_message(t, id, 2, &m, &e);

    m.size++;
    commit(s, t, done && index_put_message(t, id, &m, &e));
}

static void
forget_content(struct scene *s)
{
    struct index_txn *t = core_begin(s->r->core);
    struct index_message m;
    struct error e;
    uint32_t id = s->inbox->record.id;
    bool done = index_get_message(t, id, 2, &m, &e);

    m.content = 0;
    commit(s, t, done && index_put_message(t, id, &m, &e));
}

static void
miscount(struct scene *s)
{
    struct index_folder *draft = folder_edit(s->inbox);
    struct index_txn *t = core_begin(s->r->core);
    struct error e;

    draft->exists++;
    draft->unseen += 2;
    draft->bytes += 5;
    CHECK(folder_commit(s->inbox, &t, false, &e), "written");
}

static void
misjudge_usage(struct scene *s)
{
    struct index_txn *t = core_begin(s->r->core);
    struct error e;

    commit(s, t, index_set_usage(t, s->inbox->record.account, 1, 99, &e));
}

static void
leave_gone(struct scene *s)
{
    struct index_gone g = { .folder = s->inbox->record.id,
                            .uid = 77,
                            .time = 1700000000,
                            .state = INDEX_KEPT,
                            .file = span_of("1700000000.lost.host:2,S") };
    struct index_txn *t = core_begin(s->r->core);
    struct error e;

    commit(s, t, index_put_gone(t, &g, &e));
}

/* --- the table ---------------------------------------------------------------------- */

static const struct damage {
    const char *why;
    void (*make)(struct scene *s);
    const char *found; /* in the report */
    bool content;      /* only found by reading */
    bool stays;        /* --fix cannot mend it */
} damages[] = {
    { "a file is gone", remove_file, "INBOX 1 ", false, false },
    { "a file that nobody knows", drop_file, "not in the index", false, false },
    { "a name says other flags", flag_file, "INBOX 2 ", false, false },
    { "a directory among the mail", make_dir, "no readable plain file", false,
      true },
    { "a file cut short", cut_file, "INBOX 3 ", false, true },
    { "a file that rots", rot_file, "INBOX 4 ", true, true },
    { "a file with another time", touch_file, "INBOX 5 ", false, false },
    { "a control file damaged", lose_control, "missing or damaged", false,
      false },
    { "an account file damaged", spoil_account_file, "pillarbox-account", false,
      false },
    { "a cold row lost", lose_cold, "does not know the message's file", false,
      false },
    { "a name row lost", lose_name, "does not find the message", false, false },
    { "a row lost", lose_row, "has lost the message", false, false },
    { "a size changed", change_size, "the index says", false, false },
    { "counts wrong", miscount, "the count of messages is 7", false, false },
    { "the quota's sums wrong", misjudge_usage, "off by", false, false },
    { "what was kept is gone", leave_gone, "INBOX 77 ", false, false },
    { "a hash not known", forget_content, "note INBOX: 1 messages", true,
      false },
};

static struct rig_answer
check(struct rig *r, unsigned how)
{
    struct rig_answer a = rig_ask(r);

    store_index_check(r->admin, span_of(ANNA), how, rig_report, rig_done, &a);
    rig_wait(r, &a.done);
    CHECK(!a.failed, "checked: %s", a.e.text);
    return a;
}

/* What is only a note is none. */
static bool
is_clean(const struct rig_answer *a)
{
    return a->text.n == 0;
}

static void
describe(struct scene *s, struct buf *out)
{
    struct store_session *x = rig_login(s->r, ANNA);
    struct rig_seen seen;

    rig_open(s->r, x, "INBOX", STORE_EXAMINE, &seen);
    for (size_t i = 0; i < seen.view->count; i++)
        buf_printf(out, "%u %u %lld %llu\n", seen.view->rows[i].uid,
                   seen.view->rows[i].flags, (long long)seen.view->rows[i].date,
                   (unsigned long long)seen.view->rows[i].size);
    rig_seen_free(&seen);
    store_logout(&x);
}

static void
try_damage(struct scene *s, const struct damage *d)
{
    unsigned how = d->content ? STORE_CHECK_CONTENT : 0;
    struct rig_answer a;

    d->make(s);
    a = check(s->r, 0);
    CHECK(!d->content || is_clean(&a), "%s: a quick look misses it: %s", d->why,
          buf_text(&a.text));
    rig_answer_free(&a);
    a = check(s->r, how);
    CHECK(strstr(buf_text(&a.text), d->found) != NULL &&
              strstr(buf_text(&a.text), "mended") == NULL,
          "%s: found, and only looked at: %s", d->why, buf_text(&a.text));
    rig_answer_free(&a);
    a = check(s->r, how | STORE_CHECK_FIX);
    CHECK(strstr(buf_text(&a.text), d->found) != NULL &&
              (strstr(buf_text(&a.text), "mended") == NULL) ==
                  (d->stays || strstr(d->found, "note") != NULL),
          "%s: told what was done: %s", d->why, buf_text(&a.text));
    rig_answer_free(&a);
    a = check(s->r, how);
    CHECK(is_clean(&a) != d->stays, "%s: afterwards: %s", d->why,
          buf_text(&a.text));
    rig_answer_free(&a);
}

static void
fill(struct rig *r)
{
    struct store_session *x = rig_login(r, ANNA);
    struct rig_seen s;

    for (int i = 0; i < 6; i++)
        rig_deliver(r, ANNA, TEXT);
    rig_open(r, x, "INBOX", 0, &s);
    rig_flag(r, x, 1, 6, STORE_FLAGS_SET, MAIL_SEEN, NULL);
    store_logout(&x);
    rig_seen_free(&s);
    rig_sleep(r, 700); /* names follow */
}

static void
run(struct rig *r, const struct damage *d)
{
    struct scene s = { .r = r };
    struct buf before = { 0 };
    struct buf after = { 0 };
    struct error e;
    bool loses =
        d->make == remove_file || d->make == drop_file || d->make == flag_file;

    rig_begin(r);
    fill(r);
    if (!folder_use(map_get(r->core->homes, span_of(ANNA)), span_of("INBOX"),
                    &s.inbox, &e))
        die("%s", e.text);
    describe(&s, &before);
    try_damage(&s, d);
    describe(&s, &after);
    CHECK(loses || span_eq(buf_span(&before), buf_span(&after)),
          "%s: clients see what they saw:\n%s---\n%s", d->why,
          buf_text(&before), buf_text(&after));
    folder_release(s.inbox);
    buf_free(&before);
    buf_free(&after);
    rig_free(r);
}

/* A million sentences are no use: it is one disk that is missing. */
static void
test_guarded(struct rig *r)
{
    struct rig_answer a;
    char path[800];
    char away[800];

    rig_begin(r);
    for (int i = 0; i < 150; i++)
        rig_deliver(r, ANNA, TEXT);
    rig_sleep(r, 100);
    snprintf(path, sizeof path, "%s/" HOME "/new", r->mail);
    snprintf(away, sizeof away, "%s/" HOME "/away", r->mail);
    CHECK(rename(path, away) == 0 && mkdir(path, 0700) == 0, "out of sight");
    a = check(r, STORE_CHECK_FIX);
    CHECK(strstr(buf_text(&a.text), "mended") == NULL,
          "nothing is forgotten when all is missing: %s", buf_text(&a.text));
    rig_answer_free(&a);
    CHECK(rmdir(path) == 0 && rename(away, path) == 0, "and back");
    a = check(r, STORE_CHECK_FIX | STORE_CHECK_CONTENT);
    rig_answer_free(&a);
    a = check(r, STORE_CHECK_CONTENT);
    CHECK(is_clean(&a) && a.size == 150, "as if nothing had been: %s",
          buf_text(&a.text));
    rig_answer_free(&a);
    rig_free(r);
}

int
main(void)
{
    const char *all = check_dir();
    size_t count = sizeof damages / sizeof *damages;
    struct rig r;
    char dir[400];

    for (size_t i = 0; i <= count; i++) {
        snprintf(dir, sizeof dir, "%s/%zu", all, i);
        mkdir(dir, 0700);
        rig_place(&r, dir);
        if (i < count)
            run(&r, &damages[i]);
        else
            test_guarded(&r);
    }
    return check_report();
}
