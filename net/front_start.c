/* What all front ends do at start: take their ports, give up everything else. */
#include "base/arena.h"
#include "base/log.h"
#include "net/front_private.h"
#include "net/sandbox.h"

static const struct front_port *
find_port(const struct front_port *ports, const char *name)
{
    for (; ports->name != NULL; ports++)
        if (span_is(span_of(name), ports->name))
            return ports;
    return NULL;
}

void
front_listen_inherited(struct front *f, const struct front_port *ports,
                       const struct protocol *p, const void *conf)
{
    const char *name;
    size_t at = 0;
    int fd;

    while (daemon_next_inherited(&at, &name, &fd)) {
        const struct front_port *port = find_port(ports, name);

        if (port == NULL)
            die("%s knows no listener \"%s\"", p->name, name);
        front_listen(f, fd, name, port->tls, p, conf);
    }
    if (f->listeners == NULL)
        die("%s got no port to listen on; `pillarbox run` starts it", p->name);
}

/* "/etc/tls/cert.pem" is "/etc/tls": the file may be replaced (SIGHUP). */
static const char *
directory_of(struct arena *a, const char *file)
{
    struct span path = span_of(file);

    while (path.n > 1 && path.p[path.n - 1] != '/')
        path.n--;
    return arena_text(a, path);
}

void
front_enter_sandbox(const struct front *f, const char *sockets)
{
    struct arena a = { 0 };
    struct sandbox_path paths[4] = { { sockets, false } };
    int in_force = 0;
    struct error e;

    if (f->host.tls != NULL) {
        paths[1].path = directory_of(&a, f->options.cert_file);
        paths[2].path = directory_of(&a, f->options.key_file);
    }
    if (!sandbox_enter(paths, &in_force, &e))
        die("sandbox: %s", e.text);
    log_event(LOG_INFO, "sandbox",
              log_text("landlock", in_force & SANDBOX_LANDLOCK ? "on" : "off"),
              log_text("seccomp", in_force & SANDBOX_SECCOMP ? "on" : "off"));
    arena_clear(&a);
}
