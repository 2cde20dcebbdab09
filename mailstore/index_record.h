/*
 * The index's rows as bytes: pure functions, fuzzed. put adds the row to *out;
 * take is false for bytes that no put made (another version, cut short, too
 * long, out of bounds). What stands in a row's key is not in its value: take
 * leaves those fields (id, uid, folder, modseq) alone. Layouts: index_record.c.
 */
#ifndef MAILSTORE_INDEX_RECORD_H
#define MAILSTORE_INDEX_RECORD_H

#include "mailstore/index.h"

void index_record_put_account(const struct index_account *a, struct buf *out);
bool index_record_take_account(struct span row, struct index_account *a);

void index_record_put_folder(const struct index_folder *f, struct buf *out);
bool index_record_take_folder(struct span row, struct index_folder *f);

void index_record_put_message(const struct index_message *m, struct buf *out);
bool index_record_take_message(struct span row, struct index_message *m);

/* Spans borrow from the row. */
void index_record_put_cold(const struct index_cold *c, struct buf *out);
bool index_record_take_cold(struct span row, struct index_cold *c);

/* The UIDs go to *uids, which starts empty; b->uids is left alone. */
void index_record_put_tombstone(const struct index_tombstone *b,
                                struct buf *out);
bool index_record_take_tombstone(struct span row, struct index_tombstone *b,
                                 struct numset *uids);

void index_record_put_gone(const struct index_gone *g, struct buf *out);
bool index_record_take_gone(struct span row, struct index_gone *g);

void index_record_put_intent(struct span redo, struct buf *out);
bool index_record_take_intent(struct span row, struct span *redo);

/* index_event.c. The sets start empty and are what ev's borrow. */
void index_record_put_event(const struct index_event *ev, struct buf *out);
bool index_record_take_event(struct span row, struct index_event *ev,
                             struct numset *uids, struct numset *to_uids);

/* Ids, UIDs and the numbers that go on. */
void index_record_put_number(uint64_t n, struct buf *out);
bool index_record_take_number(struct span row, uint64_t *n);

#endif
