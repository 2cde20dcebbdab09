#include "net/conn_private.h"

#include <errno.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

/* So much of a file at once: the others on this loop want their turn. */
#define SENDFILE_MAX ((uint64_t)256 << 10)

static bool
is_blocked(int number)
{
    return number == EAGAIN || number == EWOULDBLOCK || number == EINTR;
}

/* What TLS waits for need not be the direction we asked for. */
static enum conn_io
from_tls(enum tls_result r, int *needs)
{
    switch (r) {
    case TLS_OK:
        return CONN_IO_SOME;
    case TLS_WANT_READ:
        *needs = LOOP_READ;
        return CONN_IO_BLOCKED;
    case TLS_WANT_WRITE:
        *needs = LOOP_WRITE;
        return CONN_IO_BLOCKED;
    case TLS_EOF:
        return CONN_IO_EOF;
    case TLS_ERROR:
        break;
    }
    return CONN_IO_ERROR;
}

/* A short read has emptied the socket: the loop tells when there is more. */
static enum conn_io
read_socket(struct conn *c, char *to, size_t max, size_t *got)
{
    ssize_t n = recv(c->fd, to, max, MSG_DONTWAIT);

    *got = 0;
    if (n == 0)
        return CONN_IO_EOF;
    if (n == -1 && !is_blocked(errno))
        return CONN_IO_ERROR;
    if (n == -1 || (size_t)n < max)
        c->read_needs = LOOP_READ;
    if (n == -1)
        return CONN_IO_BLOCKED;
    *got = (size_t)n;
    return CONN_IO_SOME;
}

enum conn_io
conn_io_read(struct conn *c, char *to, size_t max, size_t *got)
{
    c->read_needs = 0;
    if (c->tls != NULL)
        return from_tls(tls_read(c->tls, to, max, got), &c->read_needs);
    return read_socket(c, to, max, got);
}

static enum conn_io
sent(struct conn *c, ssize_t n, size_t *put)
{
    if (n >= 0) {
        *put = (size_t)n;
        return CONN_IO_SOME;
    }
    if (!is_blocked(errno))
        return CONN_IO_ERROR;
    c->write_needs = LOOP_WRITE;
    return CONN_IO_BLOCKED;
}

static enum conn_io
send_bytes(struct conn *c, struct span bytes, bool more, size_t *put)
{
    int flags = MSG_NOSIGNAL | MSG_DONTWAIT | (more ? MSG_MORE : 0);

    if (c->tls != NULL)
        return from_tls(tls_write(c->tls, bytes.p, bytes.n, put),
                        &c->write_needs);
    return sent(c, send(c->fd, bytes.p, bytes.n, flags), put);
}

static enum conn_io
send_file_plain(struct conn *c, const struct conn_chunk *k, size_t *put)
{
    off_t from = (off_t)(k->offset + k->at);
    uint64_t n = k->length - k->at;
    ssize_t done =
        sendfile(c->fd, k->fd, &from, n < SENDFILE_MAX ? n : SENDFILE_MAX);

    if (done == 0)
        return CONN_IO_EOF;
    return sent(c, done, put);
}

/* After TLS_WANT_* the same bytes are read again: message files never change,
 * and should one have shrunk, TLS refuses the shorter try. */
static enum conn_io
send_file_tls(struct conn *c, const struct conn_chunk *k, size_t *put)
{
    char piece[RECORD_BYTES];
    uint64_t n = k->length - k->at;
    ssize_t got = pread(k->fd, piece, n < sizeof piece ? n : sizeof piece,
                        (off_t)(k->offset + k->at));

    if (got == 0)
        return CONN_IO_EOF;
    if (got < 0)
        return CONN_IO_ERROR;
    return send_bytes(c, span_from(piece, (size_t)got), false, put);
}

enum conn_io
conn_io_write(struct conn *c, size_t *put)
{
    const struct conn_chunk *k = c->out.first;

    *put = 0;
    c->write_needs = 0;
    if (k->fd == -1)
        return send_bytes(
            c, span_from(k->bytes + k->at, (size_t)(k->length - k->at)),
            k->next != NULL, put);
    if (c->tls != NULL)
        return send_file_tls(c, k, put);
    return send_file_plain(c, k, put);
}
