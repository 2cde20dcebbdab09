#!/usr/bin/env python3
"""IDLE in one session sees a delivery, a flag set in another session and a POP3
DELE, each within 100 ms of the answer that made it so."""
import os
import poplib
import smtplib
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
from appliance import Appliance, Checks  # noqa: E402

LIMIT_SECONDS = 0.1
ROUNDS = 5


class Watcher:
    """An IDLE session; every line with the time when it came."""

    def __init__(self, box):
        self.sock = box.connect("imaps")
        self.file = self.sock.makefile("rb")
        self.file.readline()
        self.say("a LOGIN anna@example.org anna-secret", b"a OK")
        self.say("b SELECT INBOX", b"b OK")
        self.say("c IDLE", b"+ ")
        self.lines = []
        threading.Thread(target=self.read, daemon=True).start()

    def say(self, text, until):
        self.sock.sendall(text.encode() + b"\r\n")
        while not (line := self.file.readline()).startswith(until):
            if not line:
                raise RuntimeError("it hung up")

    def read(self):
        while line := self.file.readline():
            self.lines.append((time.time(), line))

    def seen(self, word, since):
        end = time.time() + 3
        while time.time() < end:
            for when, line in list(self.lines):
                if when >= since - 1 and word in line:
                    self.lines.clear()
                    return when
            time.sleep(0.002)
        return None


def imap_session(box):
    import imaplib
    c = imaplib.IMAP4_SSL("127.0.0.1", box.port["imaps"],
                          ssl_context=box.tls_context())
    c.login("anna@example.org", "anna-secret")
    c.select("INBOX")
    return c


def main():
    check = Checks()
    with Appliance() as box:
        box.add_user("anna@example.org", "anna-secret")
        watcher = Watcher(box)
        smtp = smtplib.SMTP("127.0.0.1", box.port["smtp"])
        other = imap_session(box)

        def timed(what, word, act):
            watcher.lines.clear()
            act()
            done = time.time()
            when = watcher.seen(word, done)
            late = None if when is None else when - done
            check.that(late is not None and late < LIMIT_SECONDS,
                       f"{what}: seen after {late} s")

        def pop3_delete():
            p = poplib.POP3_SSL("127.0.0.1", box.port["pop3s"],
                                context=box.tls_context())
            p.user("anna@example.org")
            p.pass_("anna-secret")
            p.dele(1)
            p.quit()

        for n in range(ROUNDS):
            timed("a delivery", b"EXISTS", lambda n=n: smtp.sendmail(
                "bob@example.com", ["anna@example.org"], f"Subject: {n}\r\n\r\nx\r\n"))
            other.noop()
            timed("a flag", b"\\Flagged",
                  lambda: other.store("1", "+FLAGS", "\\Flagged"))
            timed("a POP3 DELE", b"EXPUNGE", pop3_delete)
            other.noop()
        smtp.quit()
        other.logout()
        watcher.sock.close()
    return check.report()


if __name__ == "__main__":
    sys.exit(main())
