/*
 * The stored form of a summary; numbers little-endian.
 *
 *   offset size  what
 *        0    1  version: SUMMARY_VERSION
 *        1    4  names of kept_fields.h that are complete, bit by bit
 *        5    8  size of the message
 *       13    8  size of its header
 *       21    8  its date, INT64_MIN without one
 *       29 5x4   sizes of the five sections that follow, in this order:
 *       49       ENVELOPE, BODY, BODYSTRUCTURE, fields, parts; and no more
 *
 * The section of the parts, where "number" has 7 bits in each octet, the
 * lowest first, and the top bit says that another one follows:
 *
 *   number of words, then the words: one octet of length, and the text
 *   number of parts, then the parts, in the order of the message:
 *     octet    kind (PART_LEAF...), 4: has children, 8 x place in
 *              SUMMARY_ENCODINGS
 *     number   parts from here to the next part of the multipart; 0: the last
 *     number   mime_offset, less that of the part before
 *     number   mime_size; the body follows it
 *     number   body_size
 *     number   lines
 *     number   type, as a word; then subtype; then charset, 0 or word + 1
 *
 * The first child of a part is the part behind it.
 */
#ifndef MAIL_SUMMARY_BLOB_H
#define MAIL_SUMMARY_BLOB_H

#define SUMMARY_VERSION    1
#define SUMMARY_HEAD_SIZE  49
#define SUMMARY_SECTIONS   5
#define SUMMARY_HAS_CHILD  4
#define SUMMARY_KIND_MASK  3
#define SUMMARY_ENCODINGS  "78bqB?"
#define SUMMARY_ENCODING_1 8

#endif
