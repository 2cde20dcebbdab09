"""The mail systems under test behind one face: ports, processes, Maildirs."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "../lib"))
import appliance  # noqa: E402
import proc  # noqa: E402
import rivals  # noqa: E402

# As many connections as the benchmark wants, from one address, and passwords
# in clear for the measurement of plain text. Everything else is the default.
SETTINGS = """\
limits {
  connections = 5000
  per_address = 5000
}
auth {
  require_tls = no
}
"""


class System:
    """name; smtp, imap, imaps: ports, None where it has none; host for TLS."""

    name = ""
    smtp = imap = imaps = None

    def cpu(self):
        return proc.cpu_seconds(self.roots())

    def running(self):
        return proc.Running(self.roots())

    def memory(self):
        return proc.memory_kib(self.roots())

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, kind, value, trace):
        self.stop()


class Ours(System):
    name = "pillarbox"

    def __init__(self, directory, users):
        os.mkdir(directory)
        self.box = appliance.Appliance(SETTINGS, directory=directory)
        self.users = users
        self.known = False
        self.smtp, self.imap, self.imaps = (
            self.box.port[n] for n in ("smtp", "imap", "imaps"))

    def start(self):
        self.box.start()
        if not self.known:
            for name, word in self.users.items():
                self.box.add_user(name, word)
            self.known = True

    def stop(self):
        if self.box.process is not None:
            self.box.stop()

    def roots(self):
        return [self.box.process.pid]

    def ca(self):
        return self.box.ca()

    def queued(self):
        return 0

    def maildir(self, user):
        name, domain = user.split("@")
        return os.path.join(self.box.dir, "mail", domain, name)

    def delivered_root(self):
        return os.path.join(self.box.dir, "mail")

    def tail(self):
        return self.box.log()[-3000:]


class Rival(System):
    """Postfix in front of Dovecot."""

    name = "Postfix + Dovecot"

    def __init__(self, directory, users, certificate):
        os.mkdir(directory)
        self.certificate = certificate
        parts = [os.path.join(directory, n) for n in ("dovecot", "postfix")]
        for part in parts:
            os.mkdir(part)
        self.dovecot = rivals.Dovecot(parts[0], users, certificate)
        self.postfix = rivals.Postfix(parts[1], users, certificate,
                                      "lmtp:unix:" + self.dovecot.lmtp)
        self.smtp = self.postfix.smtp
        self.imap, self.imaps = self.dovecot.imap, self.dovecot.imaps

    def start(self):
        self.dovecot.start()
        self.postfix.start()

    def stop(self):
        self.postfix.stop()
        self.dovecot.stop()

    def roots(self):
        return [s.server.pid for s in (self.dovecot, self.postfix)
                if s.server is not None]

    def ca(self):
        return self.certificate[0]

    def queued(self):
        return self.postfix.queued()

    def maildir(self, user):
        return self.dovecot.maildir(user)

    def delivered_root(self):
        return os.path.join(self.dovecot.dir, "mail")

    def tail(self):
        with open(os.path.join(self.dovecot.dir, "log"), encoding="utf-8",
                  errors="replace") as f:
            return f.read()[-3000:]


class Virtual(System):
    """Postfix alone, writing Maildir with its own virtual(8)."""

    name = "Postfix virtual(8)"

    def __init__(self, directory, users, certificate):
        os.mkdir(directory)
        self.postfix = rivals.Postfix(directory, users, certificate, "virtual")
        self.smtp = self.postfix.smtp

    def start(self):
        self.postfix.start()

    def stop(self):
        self.postfix.stop()

    def roots(self):
        return [self.postfix.server.pid]

    def queued(self):
        return self.postfix.queued()

    def delivered_root(self):
        return os.path.join(self.postfix.dir, "mail")

    def tail(self):
        return ""
