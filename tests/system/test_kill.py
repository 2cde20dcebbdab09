#!/usr/bin/env python3
"""kill -9 of each process in turn under light load: served again within two
seconds, nothing acknowledged is lost, no UID means two messages, and the
connections of the other processes stay."""
import imaplib
import os
import re
import smtplib
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
from appliance import Appliance, Checks  # noqa: E402

PROGRAMS = ("mailstored", "authd", "smtpd", "imapd-lite", "pop3d")
SERVED_SECONDS = 2.0
ROUNDS = 3
SENDERS = 3


class Load:
    """Senders that go on whatever happens, and what was acknowledged."""

    def __init__(self, box):
        self.box, self.acked, self.stop = box, [], False
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self.send, args=(n,))
                        for n in range(SENDERS)]
        for t in self.threads:
            t.start()

    def send(self, sender):
        number, s = 0, None
        while not self.stop:
            number += 1
            name = f"{sender}-{number}"
            try:
                if s is None:
                    s = smtplib.SMTP("127.0.0.1", self.box.port["smtp"], timeout=10)
                s.sendmail("bob@example.com", ["anna@example.org"],
                           f"Subject: id {name}\r\n\r\n{name}\r\n")
                with self.lock:
                    self.acked.append(name)
            except (OSError, smtplib.SMTPException):
                s = None
                time.sleep(0.05)
            time.sleep(0.01)

    def end(self):
        self.stop = True
        for t in self.threads:
            t.join()


def log_in(box):
    c = imaplib.IMAP4_SSL("127.0.0.1", box.port["imaps"], timeout=10,
                          ssl_context=box.tls_context())
    c.login("anna@example.org", "anna-secret")
    return c


def stored(box):
    """{uid: name} of everything in INBOX."""
    c = log_in(box)
    c.select("INBOX", readonly=True)
    found = {}
    data = c.uid("FETCH", "1:*", "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])")[1]
    for item in data:
        if isinstance(item, tuple):
            uid = int(re.search(rb"UID (\d+)", item[0])[1])
            found[uid] = re.search(rb"id (\S+)", item[1])[1].decode()
    c.logout()
    return found


def is_served(box, program):
    """One full turn through the program that was killed."""
    try:
        if program in ("smtpd", "mailstored", "authd"):
            with smtplib.SMTP("127.0.0.1", box.port["smtp"], timeout=3) as s:
                s.sendmail("bob@example.com", ["ben@example.org"],
                           "Subject: probe\r\n\r\n")
        if program in ("imapd-lite", "mailstored", "authd"):
            c = log_in(box)
            c.select("INBOX")
            c.logout()
        if program == "pop3d":
            import poplib
            p = poplib.POP3_SSL("127.0.0.1", box.port["pop3s"], timeout=3,
                                context=box.tls_context())
            p.user("ben@example.org")
            p.pass_("ben-secret")
            p.quit()
        return True
    except Exception:
        return False


def kill_one(check, box, program):
    others = {p: box.pid(p) for p in PROGRAMS if p != program}
    keeper = log_in(box) if program != "imapd-lite" else None
    if keeper is not None:
        keeper.select("INBOX")
    smtp = smtplib.SMTP("127.0.0.1", box.port["smtp"], timeout=10) \
        if program != "smtpd" else None
    box.kill(program)
    start = time.time()
    while not is_served(box, program) and time.time() - start < 15:
        time.sleep(0.02)
    took = time.time() - start
    check.that(took < SERVED_SECONDS, f"{program}: served again after {took:.2f} s")
    check.that({p: box.pid(p) for p in others} == others,
               f"{program}: the others were not restarted")
    if keeper is not None:
        check.that(keeper.noop()[0] == "OK" and keeper.fetch("1", "(UID)")[0] == "OK",
                   f"{program}: an IMAP connection stays, and is served")
        keeper.logout()
    if smtp is not None:
        check.that(smtp.noop()[0] == 250, f"{program}: an SMTP connection stays")
        smtp.quit()


def main():
    check = Checks()
    with Appliance() as box:
        box.add_user("anna@example.org", "anna-secret")
        box.add_user("ben@example.org", "ben-secret")
        box.cli("deliver", "anna", stdin="Subject: id first\n\nx\n")
        seen = {}
        for _ in range(ROUNDS):
            for program in PROGRAMS:
                load = Load(box)
                time.sleep(0.3)
                kill_one(check, box, program)
                time.sleep(0.3)
                load.end()
                now = stored(box)
                missing = set(load.acked) - set(now.values())
                check.that(not missing, f"{program}: acknowledged, lost: {missing}")
                check.that(all(now.get(uid) == name for uid, name in seen.items()),
                           f"{program}: a UID means another message, or is gone")
                seen = now
        check.that(box.cli("index", "check", "--all", check=False).returncode == 0,
                   "files and index agree in the end")
    return check.report()


if __name__ == "__main__":
    sys.exit(main())
