/* Making the index agree with the disk on which folders an account has. */
#include "base/fs.h"
#include "base/map.h"
#include "base/mem.h"
#include "mail/mailbox_name.h"
#include "mailstore/client.h"
#include "mailstore/dispose.h"
#include "mailstore/events.h"
#include "mailstore/folder.h"
#include "mailstore/maildir.h"
#include "net/crypto.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct item {
    char name[MAILBOX_NAME_MAX + 1]; /* of the mailbox */
    char path[NAME_MAX + 1];
    bool make;              /* it is not there yet */
    struct control control; /* for one that has none; then what it has */
};

struct import {
    struct pool_job job;
    struct home *home;
    bool made; /* the account is new on disk */
    struct item *items;
    size_t count;
    core_done_fn *fn;
    void *arg;
    bool failed;
    struct error e;
};

/* --- in the pool ------------------------------------------------------------- */

static bool
read_or_write_control(int dir, struct item *item, struct error *e)
{
    struct control found;

    if (control_read(dir, &found, e)) {
        item->control = found;
        return true;
    }
    if (e->kind != FAIL_NOT_FOUND && e->kind != FAIL_CORRUPT)
        return false;
    return control_write(dir, &item->control, e);
}

static bool
take_folder(struct home *h, struct item *item, struct error *e)
{
    struct buf path = { 0 };
    int dir = -1;
    bool done;

    if (item->make) {
        done = maildir_make_folder(h->core->root, h->path, item->path, &dir, e);
    } else {
        maildir_path(h->path, item->path, &path);
        done = fs_open_dir(h->core->root, buf_text(&path), &dir, e) &&
               maildir_make_parts(dir, strcmp(item->path, ".") == 0, e);
        buf_free(&path);
    }
    done = done && read_or_write_control(dir, item, e);
    if (dir != -1)
        close(dir);
    return done;
}

static bool
write_subscriptions(struct import *im, struct error *e)
{
    struct buf text = { 0 };
    struct buf path = { 0 };
    bool done;

    home_print_subscriptions(im->home, &text);
    buf_printf(&path, "%s/" CONTROL_SUBSCRIPTIONS, im->home->path);
    done = fs_replace(im->home->core->root, buf_text(&path), buf_span(&text),
                      0600, e);
    buf_free(&text);
    buf_free(&path);
    return done;
}

static void
run_import(struct pool_job *job)
{
    struct import *im = (struct import *)job;

    for (size_t i = 0; i < im->count && !im->failed; i++)
        im->failed = !take_folder(im->home, &im->items[i], &im->e);
    if (!im->failed && im->made)
        im->failed = !write_subscriptions(im, &im->e);
}

/* --- in the loop --------------------------------------------------------------- */

void
home_new_record(struct home *h, const struct control *c, struct span mailbox,
                struct index_folder *out)
{
    struct index_folder f = { .account = h->record.id,
                              .flags = c->special_use,
                              .uid_validity = c->uid_validity,
                              .uid_next = 1,
                              .uid_next_floor = c->uid_floor,
                              .first_recent = 1,
                              .keyword_count = c->keyword_count };

    memcpy(f.name, mailbox.p, mailbox.n);
    memcpy(f.mailbox_id, c->id, sizeof f.mailbox_id);
    f.tag = maildir_name_tag(c->id, c->uid_validity);
    f.modseq = core_modseq(0);
    f.tomb_floor = f.modseq;
    for (unsigned i = 0; i < c->keyword_count; i++)
        memcpy(f.keywords[i], c->keywords[i], KEYWORD_MAX + 1);
    if (h->record.uid_validity < c->uid_validity)
        h->record.uid_validity = c->uid_validity;
    *out = f;
}

static bool
put_account(struct home *h, struct index_txn *t, struct error *e)
{
    uint64_t id;

    if (h->record.id == 0) {
        if (!index_take_number(t, INDEX_NEXT_ACCOUNT, &id, e))
            return false;
        h->record.id = (uint32_t)id;
        memcpy(h->record.name, h->name, strlen(h->name));
    }
    return index_put_account(t, &h->record, e);
}

static bool
put_item(struct home *h, const struct item *item, struct index_txn *t,
         struct error *e)
{
    struct index_folder f;
    uint64_t id;

    home_new_record(h, &item->control, span_of(item->name), &f);
    if (item->make)
        f.verified_epoch = h->core->epoch;
    if (!index_take_number(t, INDEX_NEXT_FOLDER, &id, e))
        return false;
    f.id = (uint32_t)id;
    return index_put_folder(t, &f, e);
}

static bool
put_all(struct import *im, struct error *e)
{
    struct core *c = im->home->core;
    struct index_txn *t = core_begin(c);
    bool is_new = im->home->record.id == 0;
    bool done = put_account(im->home, t, e);

    for (size_t i = 0; done && i < im->count; i++)
        done = put_item(im->home, &im->items[i], t, e);
    if (!done)
        core_abort(c, &t, e);
    else
        done = core_commit(c, &t, e);
    if (!done && is_new)
        im->home->record.id = 0;
    return done;
}

static void
end_import(struct import *im, const struct error *e)
{
    im->fn(im->arg, e);
    free(im->items);
    free(im);
}

static void
import_done(struct pool_job *job)
{
    struct import *im = (struct import *)job;
    struct home *h = im->home;
    bool is_new = h->record.id == 0;

    if (!im->failed)
        im->failed = !put_all(im, &im->e);
    if (!im->failed && is_new && im->made)
        event_account_made(span_of(h->name));
    else if (!im->failed && is_new)
        event_account_imported(span_of(h->name), im->count);
    else if (!im->failed)
        for (size_t i = 0; i < im->count; i++)
            event_folder_imported(span_of(h->name), span_of(im->items[i].name));
    end_import(im, im->failed ? &im->e : NULL);
}

static void
add_item(struct import *im, struct span name, const char *path, bool make)
{
    struct item *item;
    struct control c = { .uid_validity = home_take_uid_validity(im->home),
                         .uid_floor = make ? 1 + STORE_FLOOR_BLOCK : 1,
                         .special_use = control_special_of_folder(name) };

    crypto_random(c.id, sizeof c.id);
    im->items = mem_grow(im->items, (im->count + 1) * sizeof *im->items);
    item = &im->items[im->count++];
    *item = (struct item){ .make = make, .control = c };
    memcpy(item->name, name.p, name.n);
    memcpy(item->path, path, strlen(path));
}

/* The account's folders in the index: name -> record. */
static bool
add_known(void *arg, const struct index_folder *f)
{
    struct map *known = arg;
    struct index_folder *copy = mem_take(sizeof *copy);

    *copy = *f;
    map_put(known, span_of(f->name), copy);
    return true;
}

static void
read_known(struct home *h, struct map *known)
{
    struct index_txn *t = core_begin(h->core);
    struct error e;

    if (h->record.id != 0 &&
        !index_each_folder(t, h->record.id, add_known, known, &e))
        core_abort(h->core, &t, &e);
    index_abort(&t);
}

/* What is left in `known` is no more on disk. */
static void
drop_missing(struct home *h, struct map **known)
{
    size_t at = 0;
    struct span key;
    void *value;

    while (map_next(*known, &at, &key, &value)) {
        if (!dispose_is_disposed(value)) {
            event_folder_gone(span_of(h->name), key);
            dispose_vanished(h, value);
        }
        free(value);
    }
    map_free(known);
}

static void
add_found(struct import *im, const struct maildir_folders *found,
          struct map *known)
{
    struct buf name = { .max = MAILBOX_NAME_MAX };

    for (size_t i = 0; i < found->count; i++) {
        void *record;

        buf_clear(&name);
        if (!mailbox_name_from_folder(span_of(found->names[i]), &name) ||
            name.full || !mailbox_name_is_valid(buf_span(&name)))
            continue;
        record = map_remove(known, buf_span(&name));
        if (record == NULL && im->count < STORE_MAILBOXES_MAX)
            add_item(im, buf_span(&name), found->names[i], im->made);
        free(record);
    }
    buf_free(&name);
}

static void
add_usual(struct import *im)
{
    const struct core_options *o = im->home->core->options;
    struct buf path = { .max = NAME_MAX };

    home_subscribe(im->home, span_of("INBOX"), true);
    for (size_t i = 0; i < o->folder_count; i++) {
        struct span name = span_of(o->folders[i]);

        buf_clear(&path);
        if (!mailbox_name_is_valid(name) || span_is_nocase(name, "INBOX"))
            continue;
        mailbox_name_to_folder(name, &path);
        add_item(im, name, buf_text(&path), true);
        home_subscribe(im->home, name, true);
    }
    buf_free(&path);
}

void
home_import(struct home *h, const struct maildir_folders *found, bool made,
            core_done_fn *fn, void *arg)
{
    struct import *im = mem_take(sizeof *im);
    struct map *known = map_new();

    *im = (struct import){ .job = { .run = run_import, .done = import_done },
                           .home = h,
                           .made = made,
                           .fn = fn,
                           .arg = arg };
    read_known(h, known);
    if (made) {
        drop_missing(h, &known);
        known = map_new();
    }
    add_found(im, found, known);
    if (made)
        add_usual(im);
    drop_missing(h, &known);
    if (im->count == 0)
        end_import(im, NULL);
    else
        pool_add(h->core->pool, &im->job);
}
