/*
 * Inside of a connection: shared by the conn*.c files and by front.c, which
 * makes connections. Nobody else includes it.
 */
#ifndef NET_CONN_PRIVATE_H
#define NET_CONN_PRIVATE_H

#include "net/address.h"
#include "net/conn.h"
#include "net/loop.h"
#include "net/tls.h"

/* What a front end lends to its connections. */
struct conn_host {
    struct loop *loop;
    struct tls_server *tls; /* NULL: none */
    struct timer *kick;     /* runs conn_drive_kicked() */
    struct conn *kicked;    /* to be driven when the loop turns */
    int64_t login_ms;       /* idle limit until a session sets its own */
    void (*gone)(struct conn_host *h, struct conn *c); /* c is freed then */
};

/* One piece of output: `used` bytes of memory behind the chunk, or a range of
 * the file fd. What is still to go is length - at. */
struct conn_chunk {
    struct conn_chunk *next;
    int fd; /* -1: memory */
    uint64_t offset;
    uint64_t length;
    uint64_t at;
    size_t room; /* memory: how many bytes fit */
    char bytes[];
};

struct conn_out {
    struct conn_chunk *first, *last;
    uint64_t queued;
};

enum conn_state {
    CONN_HANDSHAKE,
    CONN_OPEN,
    CONN_SECURING, /* STARTTLS was said: flush, then shake hands */
    CONN_CLOSING,  /* session is gone: flush, then hang up */
    CONN_LINGER,   /* hung up; reads on so that no RST overtakes the reply */
    CONN_DEAD      /* to be freed when nobody is inside */
};

struct conn {
    struct conn_host *host;      /* NULL: for a test */
    struct conn *before, *after; /* front.c's list */
    struct conn *next_kicked;
    const struct protocol *protocol;
    const void *conf;
    void *session; /* NULL: not yet, or closed */
    struct buf *test_out;

    int fd;
    struct watch *watch;
    struct timer *timer;
    struct tls *tls;
    enum conn_state state;
    enum next next; /* what the session waits for */

    struct buf in;
    size_t in_at;     /* used so far */
    size_t read_size; /* grows while reads fill it */
    struct conn_out out;
    size_t lingered;

    int read_needs;  /* event that lets a blocked read go on; 0: not blocked */
    int write_needs; /* the same for writing */

    int64_t since_ms;  /* entered this state */
    int64_t active_ms; /* used input, or took output after a jam */
    int64_t moved_ms;  /* output left, or began to wait */
    int64_t idle_ms;   /* limit */
    int64_t armed_ms;  /* when the timer fires */

    bool is_tls;
    bool fresh;       /* input came that run() has not seen */
    bool woken;       /* conn_wake() */
    bool gathering;   /* conn_gather() */
    bool close_asked; /* conn_close() */
    bool stop_asked;  /* the process ends */
    bool hurried;     /* the farewell gets little time */
    bool eof;         /* the peer sends no more */
    bool jammed;      /* the peer did not take all output at once */
    bool driving;
    bool kicked;

    const char *listener;
    uint16_t peer_port;
    char id[17];
    char peer[ADDRESS_TEXT_MAX];
    char local[ADDRESS_TEXT_MAX];
    unsigned char key[ADDRESS_KEY_SIZE];
};

#define HANDSHAKE_MS 30000
#define STALL_MS     300000 /* a peer that takes no byte is cut */
#define FAREWELL_MS  10000
#define LINGER_MS    2000
#define LINGER_BYTES ((size_t)64 << 10)
#define RECORD_BYTES ((size_t)16 << 10)
#define CONN_DRAINED (CONN_OUTPUT_HIGH / 4)

/* --- conn.c --------------------------------------------------------------- */

/* A connection on fd, which it owns; not driven yet. */
struct conn *conn_new(struct conn_host *h, int fd);
void conn_set_id(struct conn *c);
void conn_free(struct conn **c);

/* Drive it when the loop turns (at once is not safe: a session may be above
 * us on the stack). */
void conn_kick(struct conn *c);
void conn_drive_kicked(void *host);

/* Unread input. */
struct span conn_input(const struct conn *c);

/* --- conn_out.c ----------------------------------------------------------- */

void conn_out_put(struct conn_out *o, struct span bytes);
void conn_out_put_fd(struct conn_out *o, int fd, uint64_t offset,
                     uint64_t length);
void conn_out_sent(struct conn_out *o, uint64_t n);
void conn_out_clear(struct conn_out *o);

/* --- conn_io.c ------------------------------------------------------------ */

enum conn_io {
    CONN_IO_SOME,    /* bytes moved */
    CONN_IO_BLOCKED, /* read_needs or write_needs says for what */
    CONN_IO_EOF,     /* reading: the end. Writing: the file was too short */
    CONN_IO_ERROR
};

enum conn_io conn_io_read(struct conn *c, char *to, size_t max, size_t *got);

/* Send some of the first chunk of the output. */
enum conn_io conn_io_write(struct conn *c, size_t *put);

/* --- conn_drive.c --------------------------------------------------------- */

/* Shake hands (tls) or open the session, and drive. */
void conn_start(struct conn *c, bool tls);

/* Do all that can be done now. The connection may be gone afterwards. */
void conn_drive(struct conn *c);

/* The loop's callbacks. */
void conn_on_event(void *c, int events);
void conn_on_timer(void *c);

/* The process is to stop: say so as soon as the session waits for nothing
 * (now: even if it does). */
void conn_stop(struct conn *c, bool now);

/* Cut it: no flush, no farewell. */
void conn_abort(struct conn *c, const char *why);

/* --- conn_wait.c ---------------------------------------------------------- */

/* The session takes input, there is room for it, and output does not jam. */
bool conn_may_read(const struct conn *c);

/* Output stays until the session has run again. */
bool conn_is_gathering(const struct conn *c);

/* When patience ends, in monotonic milliseconds; INT64_MAX: never. */
int64_t conn_deadline(const struct conn *c);

/* Tell the loop what is waited for. */
void conn_wait(struct conn *c);

/* --- conn_session.c ------------------------------------------------------- */

/* Run the session if what it waits for has come. False: it has not. */
bool conn_run(struct conn *c);

/* Open the session; the greeting comes with the first conn_run(). */
void conn_open_session(struct conn *c);

/* TLS is there in the middle of a session. */
void conn_secured(struct conn *c);

/* Tell the session that it is over. */
void conn_close_session(struct conn *c, const char *why);

#endif
