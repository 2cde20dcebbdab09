/* Any account file: refused, or printed and read again it is the same. */
#include "mailstore/account_file.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct account_file a = { 0 };
    struct account_file b = { 0 };
    struct buf text = { 0 };
    struct error e;

    if (!account_file_parse(span_from(data, size), &a, &e))
        return 0;
    account_file_print(&a, &text);
    if (!account_file_parse(buf_span(&text), &b, &e) ||
        a.limit_bytes != b.limit_bytes || a.keep_deleted != b.keep_deleted ||
        a.limit_messages != b.limit_messages)
        bug("not the same again");
    buf_free(&text);
    return 0;
}
