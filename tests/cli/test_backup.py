#!/usr/bin/env python3
"""Backups while it runs, and back again: one message, a mailbox, a user, a
whole machine whose clients cannot tell the difference."""
import hashlib
import imaplib
import json
import os
import poplib
import re
import shutil
import signal
import smtplib
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
from appliance import Appliance, Checks, bin_dir  # noqa: E402

DOMAIN = "@example.org"
SECRETS = {"anna": "anna-secret", "ben": "ben-secret", "carl": "carl-secret"}
ROLES = ("pillarbox", "_pbstore", "_pbauth")
ORDINARY_SECONDS = 3.0  # a delivery, with sanitizers on a busy machine
FETCH = "(UID FLAGS INTERNALDATE RFC822.SIZE)"


def text(number, more=""):
    return (f"From: bob@example.com\r\nTo: anna{DOMAIN}\r\n"
            f"Subject: number {number}\r\nMessage-ID: <m{number}@example.com>\r\n"
            f"\r\nbody {number}\r\n{more}")


def send(box, numbers, to="anna", more=""):
    with smtplib.SMTP("127.0.0.1", box.port["smtp"]) as s:
        for n in numbers:
            s.sendmail("bob@example.com", [to + DOMAIN], text(n, more))


# --- clients ------------------------------------------------------------------

def context(box):
    c = box.tls_context()
    c.check_hostname = False
    return c


def imap(box, user="anna"):
    c = imaplib.IMAP4_SSL("127.0.0.1", box.port["imaps"], ssl_context=context(box))
    c.login(user + DOMAIN, SECRETS[user])
    return c


def subjects(box, mailbox="INBOX", user="anna"):
    """Subjects by UID, None where there is no such mailbox."""
    c = imap(box, user)
    out = None
    if c.select(f'"{mailbox}"', readonly=True)[0] == "OK":
        _, rows = c.uid("fetch", "1:*", "(UID BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
        out = {int(re.search(rb"UID (\d+)", r[0]).group(1)):
               r[1].decode().split("Subject: ")[1].split("\r")[0]
               for r in rows if isinstance(r, tuple)}
    c.logout()
    return out


class Raw:
    """Answers as they came, without the tag."""

    def __init__(self, box, listener):
        self.socket = box.connect(listener)
        self.file = self.socket.makefile("rb")
        self.file.readline()

    def imap(self, command):
        self.socket.sendall(b"t " + command.encode() + b"\r\n")
        lines = []
        while True:
            line = self.file.readline()
            if line.startswith(b"t ") or not line:
                return lines + [line[:6]]
            lines.append(line)

    def pop3(self, command, many=False):
        self.socket.sendall(command.encode() + b"\r\n")
        lines = [self.file.readline()]
        while many and lines[-1] != b".\r\n":
            lines.append(self.file.readline())
        return lines

    def close(self):
        self.file.close()
        self.socket.close()


def imap_answers(box, user):
    r = Raw(box, "imaps")
    r.imap(f"LOGIN {user}{DOMAIN} {SECRETS[user]}")
    seen = {"list": r.imap('LIST "" *'), "lsub": r.imap('LSUB "" *')}
    for line in list(seen["list"][:-1]):
        name = re.search(rb'" (.*)\r\n$', line).group(1).decode()
        if b"\\NoSelect" in line or b"\\Noselect" in line:
            continue
        seen["status " + name] = r.imap(
            f"STATUS {name} (MESSAGES RECENT UIDNEXT UIDVALIDITY UNSEEN)")
        examined = r.imap(f"EXAMINE {name}")
        seen["flags " + name] = [x for x in examined if b"FLAGS" in x]
        seen["fetch " + name] = r.imap(f"UID FETCH 1:* {FETCH}")
        seen["text " + name] = hashlib.sha256(
            b"".join(r.imap("UID FETCH 1:* (UID BODY.PEEK[])"))).hexdigest()
    r.imap("LOGOUT")
    r.close()
    return seen


def pop3_answers(box, user):
    r = Raw(box, "pop3s")
    r.pop3(f"USER {user}{DOMAIN}")
    seen = [r.pop3(f"PASS {SECRETS[user]}")[0][:3], r.pop3("UIDL", True),
            r.pop3("LIST", True)]
    r.pop3("QUIT")
    r.close()
    return seen


def answers(box):
    """Everything that clients can see, of everybody who may log in."""
    return {(user, kind): ask(box, user) for user in ("anna", "ben")
            for kind, ask in (("imap", imap_answers), ("pop3", pop3_answers))}


def differences(a, b):
    out = []
    for key in a:
        if isinstance(a[key], dict):
            out += [(key, k, v, b[key].get(k)) for k, v in a[key].items()
                    if b[key].get(k) != v]
            out += [(key, k) for k in b[key] if k not in a[key]]
        elif a[key] != b[key]:
            out.append((key, a[key], b[key]))
    return out


# --- backups ------------------------------------------------------------------

def place(box, name="backups"):
    path = os.path.join(box.dir, name)
    os.makedirs(path, exist_ok=True)
    return path


def create(box, path, *words):
    return json.loads(box.cli("backup", "create", path, "--json", *words).stdout)[0]


def listed(box, path):
    return json.loads(box.cli("backup", "list", path, "--json").stdout)


def mail_files(path):
    return sorted(os.path.join(top, f) for top, _, files in os.walk(path)
                  for f in files if os.path.basename(top) in ("cur", "new"))


def restored(done):
    """{(user, mailbox): (restored, present, renumbered, failed)}"""
    return {(r[0], r[1]): tuple(int(n) for n in r[2:]) for r in
            (line.split("\t") for line in done.stdout.decode().splitlines())}


def says(check, done, code, words, what):
    err = done.stderr.decode()
    check.that(done.returncode == code and words in err,
               f"{what}: {done.returncode} {err!r}")


# --- the cases ----------------------------------------------------------------

def fill(box):
    for user, secret in SECRETS.items():
        box.add_user(user + DOMAIN, secret)
    box.cli("alias", "add", "sales" + DOMAIN, "anna" + DOMAIN)
    box.cli("alias", "add", "shop" + DOMAIN, "sales" + DOMAIN)
    box.cli("quota", "set", "anna", "2G", "5000")
    box.cli("keep", "set", "anna", "3d")
    send(box, range(1, 8))
    send(box, [1, 2], "ben")
    c = imap(box)
    c.select("INBOX")
    c.uid("store", "2", "+FLAGS", "(\\Seen Zeta)")
    c.uid("store", "1", "+FLAGS", "(Alpha)")
    c.uid("store", "3", "+FLAGS", "(\\Deleted)")
    c.uid("expunge", "3")
    c.create("Lists/C")
    c.create('"R&AOk-sum&AOk-s 2024"')
    c.subscribe("Lists/C")
    c.unsubscribe("Junk")
    c.delete("Archive")
    c.uid("copy", "2,4,5", "Lists/C")
    c.append("Sent", "(\\Seen)", '"01-Feb-2020 10:11:12 +0000"',
             text(100).encode())
    foreign = os.path.join(box.dir, "mail/example.org/ben/cur/1600000000.x.host:2,FS")
    with open(foreign, "w", encoding="ascii") as f:
        f.write("Subject: bare\n\nline ends\n")
    os.utime(foreign, (1600000000, 1600000000))
    c.append("Sent", "(\\Draft \\Flagged)", '"02-Feb-2020 10:11:12 +0000"',
             text(101).encode())
    c.logout()
    end = time.time() + 20
    while len(subjects(box, user="ben")) < 3 and time.time() < end:
        time.sleep(0.2)


def under_load(box, check):
    """Deliveries, flag changes and expunges go on; what was there when the
    backup began, and nobody took away, is in it."""
    path = place(box, "under-load")
    over = threading.Event()
    sent, slowest = [], [0.0]

    def deliver():
        with smtplib.SMTP("127.0.0.1", box.port["smtp"]) as s:
            for n in range(1000, 9000):
                if over.is_set():
                    return
                start = time.time()
                s.sendmail("bob@example.com", ["carl" + DOMAIN], text(n))
                slowest[0] = max(slowest[0], time.time() - start)
                sent.append(n)

    def change():
        c = imap(box, "carl")
        c.select("INBOX")
        turn = 0
        while not over.is_set():
            turn += 1
            c.uid("store", "1:*", "+FLAGS" if turn % 2 else "-FLAGS", "(\\Seen Busy)")
            c.uid("store", f"{3 * turn}", "+FLAGS", "(\\Deleted)")
            c.expunge()
        c.logout()

    threads = [threading.Thread(target=f) for f in (deliver, change)]
    for t in threads:
        t.start()
    while len(sent) < 30:
        time.sleep(0.02)
    names, known = [], []
    for _ in range(3):
        known.append(len(sent))
        names.append(create(box, path)["name"])
    over.set()
    for t in threads:
        t.join()
    check.that(slowest[0] < ORDINARY_SECONDS,
               f"no delivery waits for a backup: {slowest[0]:.2f} s")
    still = set(subjects(box, user="carl").values())
    for name, count in zip(names, known):
        done = box.cli("backup", "verify", path, name, check=False)
        says(check, done, 0, "0 differences", "made under load, and whole")
        have = b"".join(open(f, "rb").read() for f in mail_files(
            os.path.join(path, name, "mail/example.org/carl"))).decode()
        lost = [n for n in sent[:count] if f"number {n}" in still
                and f"Subject: number {n}\r" not in have]
        check.that(not lost, f"{name}: what was there is in it: {lost[:5]}")


def sharing(box, check):
    path = place(box)
    first = create(box, path)
    check.that(int(first["copied"]) == len("Subject: bare\r\n\r\nline ends\r\n"),
               f"on the same disk only what has bare LFs is copied: {first}")
    second = create(box, path)
    one = mail_files(os.path.join(path, first["name"]))
    two = mail_files(os.path.join(path, second["name"]))
    check.that(int(second["copied"]) == 0, f"and that once: {second}")
    check.that(len(one) == len(two) == int(first["messages"]) > 0 and
               {os.stat(f).st_ino for f in one} == {os.stat(f).st_ino for f in two},
               "a second backup shares every file")
    check.that(all(os.stat(f).st_mode & 0o77 == 0 for f in two) and
               os.stat(os.path.join(path, second["name"])).st_mode & 0o77 == 0 and
               os.stat(os.path.join(path, second["name"], "accounts")).st_mode
               & 0o777 == 0o600, "for their owner's eyes only")
    status = {r["part"]: r["detail"] for r in
              json.loads(box.cli("status", "--json").stdout)}
    check.that(status["backup"] == f"made 0 days ago in {path}",
               f"status knows: {status['backup']}")
    rows = listed(box, path)
    check.that([r["name"] for r in rows] == [first["name"], second["name"]] and
               all(r["state"] == "whole" for r in rows) and
               int(rows[0]["users"]) == 3, f"the list: {rows}")
    return path, second["name"]


def other_disk(box, check):
    """Where nothing can be linked to the store, the earlier backup serves."""
    if not os.path.isdir("/dev/shm") or \
            os.stat("/dev/shm").st_dev == os.stat(box.dir).st_dev:
        check.skip("no second file system")
        return
    path = f"/dev/shm/pillarbox-backup-{os.getpid()}"
    os.mkdir(path)
    try:
        first = create(box, path)
        second = create(box, path)
        check.that(int(first["copied"]) == int(first["octets"]) > 0 and
                   int(second["copied"]) == 0,
                   f"copied once: {first} {second}")
        done = box.cli("backup", "verify", path, check=False)
        says(check, done, 0, "0 differences", "and whole")
        files = [mail_files(os.path.join(path, r["name"])) for r in (first, second)]
        check.that([os.stat(f).st_ino for f in files[0]] ==
                   [os.stat(f).st_ino for f in files[1]], "and shared")
        inbox = [f for f in files[1] if "/anna/cur/" in f and ".U2V" in f]
        check.that(len(inbox) == 1 and
                   str(int(os.stat(inbox[0]).st_mtime)) ==
                   os.path.basename(inbox[0]).split(".")[0], "dates too")
    finally:
        shutil.rmtree(path)


def replace(path, data):
    """Not written in place: that would be the live message too."""
    os.unlink(path)
    with open(path, "wb") as f:
        f.write(data)


def with_end(lines):
    """A manifest whose last line is right."""
    body = "".join(lines).encode()
    files = sum(x.startswith("file ") for x in lines)
    return body + f"end {files} {hashlib.sha256(body).hexdigest()}\n".encode()


def damage(box, check):
    path = place(box, "damaged")
    name = create(box, path)["name"]
    top = os.path.join(path, name)
    files = mail_files(os.path.join(top, "mail/example.org/anna/.Lists.C"))
    good = open(files[0], "rb").read()
    replace(files[0], good[:-1] + b"X")
    done = box.cli("backup", "verify", path, check=False)
    says(check, done, 1, "1 difference", "one octet is another")
    check.that(os.path.basename(files[0]).encode() in done.stdout and
               b"damaged" in done.stdout, f"and which it is: {done.stdout}")
    replace(files[0], good)
    os.unlink(files[1])
    with open(os.path.join(top, "mail/stray"), "w", encoding="ascii") as f:
        f.write("x")
    done = box.cli("backup", "verify", path, name, check=False)
    check.that(done.returncode == 1 and b"is missing" in done.stdout and
               b"mail/stray\tis not in the manifest" in done.stdout,
               f"missing and extra: {done.stdout}")
    done = box.cli("backup", "restore", path, "--user", "anna", "--mailbox",
                   "Lists/C", "--to", os.path.join(box.dir, "half"), check=False)
    says(check, done, 1, "1 failed", "what is there can be had")
    manifest = os.path.join(top, "manifest")
    lines = open(manifest, encoding="ascii").read().splitlines(True)[:-1]
    outside = os.path.join(box.dir, "outside")
    with open(outside, "wb") as f:
        f.write(b"outside\n")
    for bad in ("../../outside", outside, "mail/../../../outside", "mail//x"):
        entry = f"file {hashlib.sha256(b'outside' + bytes([10])).hexdigest()} 8 {bad}\n"
        replace(manifest, with_end(lines + [entry]))
        done = box.cli("backup", "restore", path, "--to",
                       os.path.join(box.dir, "hostile"), check=False)
        says(check, done, 74, "leads out", f"a hostile path: {bad}")
    os.symlink(box.dir, os.path.join(top, "mail/link"))
    entry = f"file {hashlib.sha256(b'outside' + bytes([10])).hexdigest()} 8 mail/link/outside\n"
    replace(manifest, with_end(lines + [entry]))
    done = box.cli("backup", "verify", path, check=False)
    check.that(done.returncode == 1 and b"mail/link/outside\t" in done.stdout,
               f"no way through a link: {done.stdout}")
    replace(manifest, with_end(["pillarbox-backup 2\n"] + lines[1:]))
    done = box.cli("backup", "verify", path, check=False)
    says(check, done, 65, "later pillarbox", "a newer format")
    replace(manifest, "".join(lines).encode())
    done = box.cli("backup", "verify", path, check=False)
    says(check, done, 74, "cut off", "a manifest without its end")
    check.that(listed(box, path)[0]["state"] == "damaged", "the list says so too")
    text_of = with_end(lines).replace(b"messages 1", b"messages 2", 1)
    replace(manifest, text_of)
    done = box.cli("backup", "verify", path, check=False)
    says(check, done, 74, "damaged", "a manifest that is not what it was")
    done = box.cli("backup", "create", path, check=False)
    says(check, done, 0, "nothing is taken from it",
         "it keeps nobody from making the next")
    shutil.rmtree(path)


def interrupted(box, check):
    path = place(box, "torn")
    whole = create(box, path)["name"]
    killed = False
    for _ in range(20):
        p = subprocess.Popen([os.path.join(bin_dir(), "pillarbox"), "backup",
                              "create", path, "-c", box.conf],
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        while p.poll() is None:
            if any(n.endswith(".partial") for n in os.listdir(path)):
                p.kill()
                break
        p.communicate()
        killed = any(n.endswith(".partial") for n in os.listdir(path))
        if killed:
            break
    check.that(killed, "it was killed while it made one")
    states = [r["state"] for r in listed(box, path)]
    check.that(states.count("torn") == 1 and states.count("whole") >= 1,
               f"a torn one is none: {states}")
    done = box.cli("backup", "verify", path, check=False)
    says(check, done, 0, "0 differences", "the newest is a whole one")
    done = box.cli("backup", "create", path, check=False)
    says(check, done, 0, "was interrupted: removed", "the next removes it")
    check.that(all(r["state"] == "whole" for r in listed(box, path)) and
               whole in os.listdir(path), "and nothing else")
    p = subprocess.Popen([os.path.join(bin_dir(), "pillarbox"), "backup",
                          "create", path, "-c", box.conf],
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    while p.poll() is None:
        if any(n.endswith(".partial") for n in os.listdir(path)):
            p.send_signal(signal.SIGINT)
            break
    p.communicate()
    check.that(p.returncode in (0, 130) and
               not any(n.endswith(".partial") for n in os.listdir(path)),
               f"Ctrl-C leaves nothing torn: {p.returncode}")
    shutil.rmtree(path)


def one_message(box, check, path):
    c = imap(box)
    c.select("INBOX")
    before = subjects(box)
    c.uid("store", "4,5", "+FLAGS", "(\\Deleted)")
    c.uid("expunge", "4,5")
    done = box.cli("backup", "restore", path, "--user", "anna", "--uid", "4")
    check.that(restored(done)[("anna" + DOMAIN, "INBOX")] == (1, 0, 1, 0),
               f"one by its UID: {done.stdout}")
    done = box.cli("backup", "restore", path, "--user", "anna", "--message",
                   "<m5@example.com>")
    check.that(restored(done)[("anna" + DOMAIN, "INBOX")][:2] == (1, 0) and
               restored(done)[("anna" + DOMAIN, "Lists/C")][:2] == (0, 1),
               f"one by its Message-ID, wherever it was: {done.stdout}")
    after = subjects(box)
    new = {u: s for u, s in after.items() if u not in before}
    check.that(sorted(new.values()) == ["number 4", "number 5"] and
               min(new) > max(before),
               f"their UIDs were taken, and are never given twice: {after}")
    done = box.cli("backup", "restore", path, "--user", "anna", "--uid", "4,5")
    check.that(restored(done)[("anna" + DOMAIN, "INBOX")] == (0, 2, 0, 0),
               f"a second time nothing is doubled: {done.stdout}")
    check.that(subjects(box) == after, "really")
    c.logout()


def one_mailbox(box, check, path):
    seen = imap_answers(box, "anna")
    c = imap(box)
    c.unsubscribe("Lists/C")
    c.delete("Lists/C")
    c.logout()
    done = box.cli("backup", "restore", path, "--user", "anna", "--mailbox",
                   "Lists/C")
    check.that(restored(done) == {("anna" + DOMAIN, "Lists/C"): (3, 0, 0, 0)},
               f"a mailbox that is gone: {done.stdout}")
    again = imap_answers(box, "anna")
    for what in ("status", "fetch", "text"):
        check.that(again[what + ' "Lists/C"'] == seen[what + ' "Lists/C"']
                   if what + ' "Lists/C"' in seen else
                   again[what + " Lists/C"] == seen[what + " Lists/C"],
                   f"as it was, UIDs and flags included: {what}")
    check.that(again["lsub"] == seen["lsub"], "and subscribed")
    c = imap(box)
    c.select("Lists/C")
    c.uid("store", "1", "+FLAGS", "(\\Flagged)")
    c.append("Lists/C", None, None, text(200).encode())
    c.uid("store", "2", "+FLAGS", "(\\Deleted)")
    c.uid("expunge", "2")
    c.logout()
    done = box.cli("backup", "restore", path, "--user", "anna", "--mailbox",
                   "Lists/C")
    check.that(restored(done) == {("anna" + DOMAIN, "Lists/C"): (1, 2, 1, 0)},
               f"one that lives gets what is missing: {done.stdout}")
    have = subjects(box, "Lists/C")
    check.that(sorted(have) == [1, 3, 4, 5] and have[4] == "number 200",
               f"and nothing else changes: {have}")


def to_directory(box, check, path, name):
    out = os.path.join(box.dir, "out")
    box.cli("backup", "restore", path, name, "--user", "anna", "--message",
            "m2@example.com", "--mailbox", "INBOX", "--to", out)
    files = mail_files(out)
    check.that(len(files) == 1 and b"Subject: number 2\r\n" in
               open(files[0], "rb").read(), f"one message as a file: {files}")
    done = box.cli("backup", "restore", path, name, "--user", "anna", "--to", out,
                   check=False)
    says(check, done, 73, "not empty", "a directory that has something")
    out = os.path.join(box.dir, "out-2")
    box.cli("backup", "restore", path, name, "--to", out)
    top = os.path.join(path, name)
    same = [subprocess.run(["diff", "-r", os.path.join(top, part),
                            os.path.join(out, part)], check=False).returncode
            for part in ("mail/example.org/anna/cur", "accounts", "configuration")]
    check.that(same == [0, 0, 0], "all of it, as it is in the backup")
    box.cli("import", "maildir", os.path.join(out, "mail/example.org/ben"), "carl",
            "From ben")
    check.that(len(subjects(box, "From ben", "carl")) == 3,
               "what import maildir takes in")


def errors(box, check, path):
    def run(*words):
        return box.cli("backup", *words, check=False)

    missing = os.path.join(box.dir, "missing")
    says(check, run("create", missing), 67, "mount the disk", "no such directory")
    says(check, run("create", os.path.join(box.dir, "mail")), 65,
         "choose another directory", "in the mail itself")
    says(check, run("list", missing), 67, "no such directory", "a list of nothing")
    says(check, run("verify", path, "2001-01-01T00-00-00Z"), 67, "no backup",
         "a backup that is not there")
    says(check, run("verify", place(box, "empty")), 67, "no backup",
         "a directory without one")
    says(check, run("create", path, "--user", "nobody"), 67, "no such user",
         "a backup of nobody")
    says(check, run("restore", path, "--user", "nobody"), 67, "has no user",
         "nobody's backup")
    says(check, run("restore", path, "--user", "anna", "--mailbox", "Nowhere"), 67,
         'no mailbox "Nowhere"', "no such mailbox")
    says(check, run("restore", path, "--user", "anna", "--uid", "3"), 67,
         "no such message", "no such message")
    says(check, run("restore", path, "--uid", "3"), 2, "--user", "whose")
    says(check, run("restore", path, "--user", "anna", "--uid", "x"), 2, "no UIDs",
         "no numbers")


def whole_machine(box, check, path):
    create(box, path)
    seen = answers(box)
    quota = box.cli("quota", "show", "anna").stdout
    keep = box.cli("keep", "show", "anna").stdout
    aliases = box.cli("alias", "list").stdout
    users = box.cli("user", "list").stdout
    with Appliance() as other:
        other.stop()
        for part in ("mail", "index", "accounts", "tls"):
            shutil.rmtree(os.path.join(other.dir, part))
        done = other.cli("backup", "restore", path, check=False)
        says(check, done, 0, "3 accounts made, 0 there already, 2 aliases made",
             "onto nothing, while nothing runs")
        other.start()
        again = answers(other)
        check.that(again == seen, "clients cannot tell the difference: "
                   f"{differences(seen, again)}")
        check.that(other.cli("quota", "show", "anna").stdout == quota,
                   "limits and what is used")
        check.that(other.cli("keep", "show", "anna").stdout == keep,
                   "how long what she deletes is kept")
        check.that(other.cli("alias", "list").stdout == aliases, "aliases")
        check.that(other.cli("user", "list").stdout == users, "accounts")
        check.that(open(other.ca(), "rb").read() == open(box.ca(), "rb").read(),
                   "phones go on trusting the certificate")
        done = other.cli("index", "check", "--all", check=False)
        says(check, done, 0, "0 differences", "files and index agree")
        done = other.cli("backup", "restore", path)
        check.that(all(r[0] == 0 and r[2:] == (0, 0) for r in restored(done).values())
                   and b"0 accounts made, 3 there" in done.stderr,
                   f"again: all is there: {done.stdout}")
        check.that(answers(other)[("anna", "imap")] == seen[("anna", "imap")],
                   "and nothing was touched")
        other.stop()
        other.start()
        check.that(answers(other)[("anna", "imap")] == seen[("anna", "imap")],
                   "it lasts")


def one_user(box, check, path):
    """Of one user only, into an appliance that runs and has others."""
    name = create(box, path, "--user", "anna")["name"]
    check.that(listed(box, path)[-1]["state"] == "anna" + DOMAIN,
               "the list says whose it is")
    done = box.cli("backup", "restore", path, "--user", "ben", "--to",
                   os.path.join(box.dir, "ben-out"))
    check.that(len(mail_files(os.path.join(box.dir, "ben-out"))) == 3,
               "others are looked for in a full one")
    seen = answers(box)
    with Appliance() as other:
        other.add_user("ben" + DOMAIN, SECRETS["ben"])
        done = other.cli("backup", "restore", path, name, "--user", "anna")
        check.that(b"1 accounts made, 0 there already, 1 aliases made"
                   in done.stderr, f"with password and alias: {done.stderr}")
        check.that(imap_answers(other, "anna") == seen[("anna", "imap")],
                   "as she was: " + str(differences(
                       {"x": seen[("anna", "imap")]},
                       {"x": imap_answers(other, "anna")})))
        check.that(pop3_answers(other, "anna") == seen[("anna", "pop3")], "POP3 too")


def unique_ids(box, check, path):
    """Ids of POP3 that came from another server, through it all."""
    tree = os.path.join(box.dir, "tree")
    for part in ("cur", "new", "tmp"):
        os.makedirs(os.path.join(tree, part))
    for n in (1, 2):
        with open(os.path.join(tree, f"cur/100{n}.M1P1.host:2,S"), "wb") as f:
            f.write(f"Subject: old {n}\n\nbare line ends\n".encode())
    with open(os.path.join(tree, "dovecot-uidlist"), "w", encoding="ascii") as f:
        f.write("3 V77 N9\n3 Pold-id-3 :1001.M1P1.host\n5 :1002.M1P1.host\n")
    box.add_user("dora" + DOMAIN, "dora-secret")
    SECRETS["dora"] = "dora-secret"
    box.cli("import", "maildir", tree, "dora")
    create(box, path)
    seen = pop3_answers(box, "dora"), imap_answers(box, "dora")
    check.that(any(b"old-id-3" in x for x in seen[0][1]), f"as imported: {seen[0]}")
    with Appliance() as other:
        other.cli("backup", "restore", path, "--user", "dora")
        again = pop3_answers(other, "dora"), imap_answers(other, "dora")
        check.that(again == seen, f"unique-ids: {again[0]} {seen[0]}")


def goes_on(box, check):
    """A restore that was interrupted, or killed, is taken up by the next."""
    path = os.path.join(box.dir, "under-load")
    name = sorted(os.listdir(path))[-1]
    account = os.path.join(path, name, "mail/example.org/carl")
    count = sum(len(os.listdir(os.path.join(account, part))) for part in ("cur", "new"))
    with Appliance() as other:
        command = [os.path.join(bin_dir(), "pillarbox"), "backup", "restore", path,
                   "--user", "carl", "-c", other.conf]
        inbox = os.path.join(other.dir, "mail/example.org/carl")
        for number in (signal.SIGINT, signal.SIGKILL):
            before = len(mail_files(inbox))
            p = subprocess.Popen(command, stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE)
            while p.poll() is None and len(mail_files(inbox)) < before + 5:
                time.sleep(0.001)
            p.send_signal(number)
            p.communicate()
            check.that(p.returncode in (0, 130, -9), f"it ends: {p.returncode}")
        done = other.cli("backup", "restore", path, "--user", "carl")
        have = restored(done)[("carl" + DOMAIN, "INBOX")]
        check.that(have[0] + have[1] == count and have[2:] == (0, 0),
                   f"{count} messages: {have}")
        check.that(len(subjects(other, user="carl")) == count, "nothing is doubled")


def role_users(check):
    """Run by root with the users of scripts/users, in a mount namespace where
    there are such users."""
    directory = tempfile.mkdtemp(prefix="pillarbox-")
    os.chmod(directory, 0o755)
    try:
        with Appliance(directory=directory) as box:
            fill(box)
            owner = os.stat(os.path.join(directory, "mail/example.org/anna")).st_uid
            check.that(owner == 64001, f"mail is its program's: {owner}")
            path = place(box)
            create(box, path)
            second = create(box, path)
            check.that(int(second["copied"]) == 0, "root links what is not its own")
            done = box.cli("backup", "verify", path, check=False)
            says(check, done, 0, "0 differences", "with users of their own")
            seen = answers(box)
            box.stop()
            for part in ("mail", "index", "accounts", "tls"):
                shutil.rmtree(os.path.join(directory, part))
            done = box.cli("backup", "restore", path, check=False)
            says(check, done, 0, "3 accounts made", "onto nothing")
            owner = os.stat(os.path.join(directory, "mail/example.org/anna")).st_uid
            check.that(owner == 64001, f"to whom it belongs: {owner}")
            box.start()
            again = answers(box)
            check.that(again == seen, "and all is there: "
                       f"{differences(seen, again)}")
    finally:
        shutil.rmtree(directory)


def with_role_users(check):
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        check.skip("users of their own: needs root and unshare")
        return
    directory = tempfile.mkdtemp()
    script = ["set -e"]
    for name, line in (("passwd", "{0}:x:{1}:{1}::/nonexistent:/usr/sbin/nologin"),
                       ("group", "{0}:x:{1}:")):
        copy = os.path.join(directory, name)
        with open("/etc/" + name, encoding="utf-8") as f:
            lines = [x for x in f.read().splitlines()
                     if x.split(":")[0] not in ROLES]
        with open(copy, "w", encoding="utf-8") as f:
            f.write("\n".join(lines + [line.format(user, 64000 + i)
                                       for i, user in enumerate(ROLES)]) + "\n")
        os.chmod(copy, 0o644)
        script.append(f"mount --bind {copy} /etc/{name}")
    script.append(f"exec {sys.executable} {os.path.abspath(__file__)} --role-users")
    done = subprocess.run(["unshare", "--mount", "sh", "-c", "\n".join(script)],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          check=False)
    shutil.rmtree(directory)
    check.that(done.returncode == 0, "users of their own:\n" + done.stdout.decode())


def main():
    check = Checks()
    if "--role-users" in sys.argv:
        role_users(check)
        sys.exit(check.report())
    with_role_users(check)
    with Appliance() as box:
        fill(box)
        path, name = sharing(box, check)
        other_disk(box, check)
        damage(box, check)
        to_directory(box, check, path, name)
        errors(box, check, path)
        whole_machine(box, check, path)
        one_user(box, check, path)
        one_message(box, check, place(box))
        one_mailbox(box, check, path)
        unique_ids(box, check, path)
        interrupted(box, check)
        under_load(box, check)
        goes_on(box, check)
    sys.exit(check.report())


if __name__ == "__main__":
    main()
