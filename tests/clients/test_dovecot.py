#!/usr/bin/env python3
"""A Dovecot of Debian's, pointed at what we exported and at our live Maildir,
sees the same messages, flags and keywords, and in the export the same UIDs;
and what it stored comes in again."""
import grp
import imaplib
import os
import poplib
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
from appliance import Appliance, Checks, free_ports  # noqa: E402

PASSWORD = "a-secret"
MAILBOXES = ("INBOX", "Archive/2024", "Entw&APw-rfe")


def give_away(top, to):
    """Also the way there is open to everybody."""
    for path, _, files in os.walk(top):
        for name in [path] + [os.path.join(path, f) for f in files]:
            os.chown(name, to.pw_uid, to.pw_gid)
    while len(top) > len("/tmp/"):
        top = os.path.dirname(top)
        if os.stat(top).st_uid == os.getuid() and top != "/tmp":
            os.chmod(top, os.stat(top).st_mode | 0o011)


class Dovecot:
    """One user, one Maildir, loopback ports, everything below one directory."""

    def __init__(self, directory, maildir):
        self.dir = directory
        os.makedirs(directory)
        os.chmod(directory, 0o755)
        self.imap, self.pop3 = free_ports(2)
        me = pwd.getpwuid(os.getuid()).pw_name
        users = "" if os.getuid() == 0 else (
            f"default_internal_user = {me}\ndefault_login_user = {me}\n"
            f"default_internal_group = {grp.getgrgid(os.getgid()).gr_name}\n")
        self.dirs = os.path.join(directory, "own")
        os.makedirs(self.dirs)
        if os.getuid() == 0:  # Dovecot serves everybody but root
            give_away(maildir, pwd.getpwnam("nobody"))
            give_away(self.dirs, pwd.getpwnam("nobody"))
        owner = os.stat(maildir)
        conf = os.path.join(directory, "dovecot.conf")
        with open(conf, "w", encoding="utf-8") as f:
            f.write(f"""
base_dir = {directory}/run
state_dir = {directory}/state
log_path = {directory}/log
protocols = imap pop3
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
first_valid_uid = 0
mail_location = maildir:{maildir}:INDEX={self.dirs}/index
mail_max_keyword_length = 64
{users}
namespace inbox {{
  inbox = yes
  separator = /
}}
passdb {{
  driver = static
  args = password={PASSWORD}
}}
userdb {{
  driver = static
  args = uid={owner.st_uid} gid={owner.st_gid} home={self.dirs}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {self.imap}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service pop3-login {{
  chroot =
  inet_listener pop3 {{
    port = {self.pop3}
  }}
  inet_listener pop3s {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
""")
        self.process = subprocess.Popen(["dovecot", "-F", "-c", conf])

    def __enter__(self):
        end = time.time() + 20
        while time.time() < end:
            try:
                socket.create_connection(("127.0.0.1", self.imap), 1).close()
                return self
            except OSError:
                time.sleep(0.05)
        self.__exit__(None, None, None)
        raise RuntimeError("dovecot did not start:\n" + self.log())

    def __exit__(self, kind, value, trace):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if kind is not None:
            print(self.log()[-4000:])

    def log(self):
        try:
            with open(os.path.join(self.dir, "log"), encoding="utf-8") as f:
                return f.read()
        except OSError:
            return ""

    def open_imap(self):
        c = imaplib.IMAP4("127.0.0.1", self.imap)
        c.login("anna", PASSWORD)
        return c

    def unique_ids(self):
        p = poplib.POP3("127.0.0.1", self.pop3)
        p.user("anna")
        p.pass_(PASSWORD)
        ids = [line.decode().split(" ", 1)[1] for line in p.uidl()[1]]
        p.quit()
        return ids


def seen(c, name):
    """UIDVALIDITY and {uid: (flags without \\Recent, date, text)}"""
    status, _ = c.select(f'"{name}"', readonly=True)
    if status != "OK":
        return None
    validity = int(c.response("UIDVALIDITY")[1][0])
    found = {}
    _, rows = c.uid("fetch", "1:*", "(UID FLAGS INTERNALDATE BODY.PEEK[])")
    for at, row in enumerate(rows):
        if not isinstance(row, tuple):
            continue
        after = rows[at + 1] if at + 1 < len(rows) else b""
        head = row[0] + (after if isinstance(after, bytes) else b"")
        flags = re.search(rb"FLAGS \(([^)]*)\)", head).group(1).split()
        date = imaplib.Internaldate2tuple(head)
        found[int(re.search(rb"UID (\d+)", head).group(1))] = (
            frozenset(f for f in flags if f != b"\\Recent"),
            time.mktime(date), row[1])
    return validity, found


def all_seen(c):
    found = {name: seen(c, name) for name in MAILBOXES}
    c.logout()
    return found


def our_imap(box, user="anna"):
    context = box.tls_context()
    context.check_hostname = False
    c = imaplib.IMAP4_SSL("127.0.0.1", box.port["imaps"], ssl_context=context)
    c.login(user, PASSWORD)
    return c


def our_ids(box, user="anna"):
    context = box.tls_context()
    context.check_hostname = False
    p = poplib.POP3_SSL("127.0.0.1", box.port["pop3s"], context=context)
    p.user(user)
    p.pass_(PASSWORD)
    ids = [line.decode().split(" ", 1)[1] for line in p.uidl()[1]]
    p.quit()
    return ids


def fill(c):
    """Messages, flags and keywords, through IMAP; some UIDs are left out."""
    c.create('"Archive/2024"')
    c.create('"Entw&APw-rfe"')
    for name in MAILBOXES:
        for n in range(6):
            c.append(f'"{name}"', "(\\Seen)" if n % 2 else None,
                     imaplib.Time2Internaldate(1600000000 + n),
                     f"Subject: {name} {n}\r\n\r\ntext\r\n".encode())
        c.select(f'"{name}"')
        c.uid("store", "2", "+FLAGS", "($Label1 Urgent \\Flagged)")
        c.uid("store", "3", "+FLAGS", "(Urgent)")
        c.uid("store", "4", "+FLAGS", "(\\Deleted)")
        c.expunge()
    c.logout()


def no_uids(found):
    return {name: (sorted((sorted(m[0]), m[1], m[2]) for m in box[1].values())
                   if box is not None else None)
            for name, box in found.items()}


def wait_for_names(box):
    """Flags reach the files' names within seconds."""
    cur = os.path.join(box.dir, "mail/example.org/anna/cur")
    end = time.time() + 20
    while time.time() < end:
        if any(f.endswith(":2,FSab") for f in os.listdir(cur)):
            return
        time.sleep(0.1)


def main():
    check = Checks()
    if shutil.which("dovecot") is None:
        check.skip("no dovecot: apt install dovecot-imapd dovecot-pop3d")
        return check.report()
    with Appliance() as box:
        os.chmod(box.dir, 0o755)
        box.add_user("anna@example.org", PASSWORD)
        box.add_user("emil@example.org", PASSWORD)
        fill(our_imap(box))
        ours = all_seen(our_imap(box))
        out = os.path.join(box.dir, "out")
        box.cli("export", "maildir", "anna", out)
        with Dovecot(os.path.join(box.dir, "dovecot-1"), out) as d:
            theirs = all_seen(d.open_imap())
            check.that(theirs == ours, "the export: the same UIDVALIDITY, UIDs, "
                       f"flags, keywords, dates, texts: {theirs}\n{ours}")
            check.that(d.unique_ids() == our_ids(box), "the same unique-ids")
            c = d.open_imap()
            c.select("INBOX")
            c.uid("store", "1", "+FLAGS", "(\\Answered Dovecots)")
            c.append("INBOX", "(\\Seen)", imaplib.Time2Internaldate(1600000009),
                     b"Subject: by Dovecot\r\n\r\nx\r\n")
            c.logout()
            theirs = all_seen(d.open_imap())
            ids = d.unique_ids()
        box.cli("import", "maildir", out, "emil")
        check.that(all_seen(our_imap(box, "emil")) == theirs, "and back, with what Dovecot did")
        check.that(our_ids(box, "emil") == ids, "its unique-ids, too")
        wait_for_names(box)
        ours = all_seen(our_imap(box))
        box.stop()
        live = os.path.join(box.dir, "mail/example.org/anna")
        with Dovecot(os.path.join(box.dir, "dovecot-2"), live) as d:
            theirs = all_seen(d.open_imap())
            check.that(no_uids(theirs) == no_uids(ours), "our live Maildir: the "
                       f"same messages, flags, keywords: {theirs}\n{ours}")
        box.start()
        check.that(all_seen(our_imap(box)) == ours,
                   "what Dovecot left beside does us no harm")
    return check.report()


if __name__ == "__main__":
    sys.exit(main())
