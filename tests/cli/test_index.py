#!/usr/bin/env python3
"""The index is disposable: checked, mended, rebuilt, lost, damaged, and what
clients see stays the same, while they look."""
import imaplib
import json
import os
import poplib
import shutil
import smtplib
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
from appliance import Appliance, Checks  # noqa: E402

ANNA, CARL = "anna@example.org", "carl@example.org"
SECRET = "anna-secret"
MANY = 3000


def text(number):
    return (f"From: bob@example.com\r\nSubject: number {number}\r\n"
            f"\r\nbody {number}\r\n")


def send(box, user, count):
    with smtplib.SMTP("127.0.0.1", box.port["smtp"]) as s:
        for n in range(count):
            s.sendmail("bob@example.com", [user], text(n))


def imap(box, user=ANNA):
    c = imaplib.IMAP4_SSL("127.0.0.1", box.port["imaps"],
                          ssl_context=box.tls_context())
    c.login(user, SECRET)
    return c


def fill(box):
    send(box, ANNA, 8)
    c = imap(box)
    c.create("Work/Now")
    c.create("Old")
    c.subscribe("Work/Now")
    c.unsubscribe("Trash")
    c.append("Work/Now", "(\\Flagged $urgent)",
             '"03-Feb-2001 04:05:06 +0700"', text(99).encode())
    c.select("INBOX")
    c.uid("STORE", "2:3", "+FLAGS", "(\\Seen $later)")
    c.uid("STORE", "5", "+FLAGS", "(\\Deleted)")
    c.expunge()
    c.uid("COPY", "3", "Old")
    c.logout()


def seen(box, exact=True):
    """All that clients see, as the bytes they see. exact: UIDNEXT too, which
    rises with a lost index."""
    c = imap(box)
    out = [c.list()[1], c.lsub()[1]]
    what = "MESSAGES UNSEEN UIDVALIDITY" + (" UIDNEXT" if exact else "")
    for mailbox in ("INBOX", "Work/Now", "Old", "Sent", "Trash"):
        out.append(c.status(f'"{mailbox}"', f"({what})")[1])
        c.select(f'"{mailbox}"', readonly=True)
        out.append(c.response("FLAGS")[1])
        out.append(c.fetch("1:*", "(UID FLAGS INTERNALDATE RFC822.SIZE)")[1])
    c.logout()
    p = poplib.POP3_SSL("127.0.0.1", box.port["pop3s"],
                        context=box.tls_context())
    p.user(ANNA)
    p.pass_(SECRET)
    out.append(p.uidl()[1])
    out.append(p.list()[1])
    p.quit()
    return out


def settled(box):
    time.sleep(6)  # names follow their flags
    return seen(box)


def path_of(box, uid):
    cur = os.path.join(box.dir, "mail/example.org/anna/cur")
    for name in os.listdir(cur):
        if f",U={uid}:" in name:
            return os.path.join(cur, name)
    raise FileNotFoundError(uid)


def rebuilt(box, check, before):
    done = box.cli("index", "rebuild", ANNA)
    check.that(b"INBOX: 7 messages" in done.stdout, f"{done.stdout}")
    after = seen(box)
    check.that(after == before, f"index rebuild:\n{before}\n{after}")
    clean = box.cli("index", "check", "--all", "--content")
    check.that(clean.stdout == b"", f"hashes outlive a rebuild: {clean.stdout}")


def mended(box, check, before):
    path = path_of(box, 4)
    with open(path, "r+b") as f:
        stat = os.stat(path)
        first = f.read(1)
        f.seek(0)
        f.write(b"~")
    os.utime(path, (stat.st_atime, stat.st_mtime))
    check.that(box.cli("index", "check", ANNA).stdout == b"",
               "a quick check does not read mail")
    found = box.cli("index", "check", ANNA, "--content", check=False)
    line = found.stdout.decode()
    check.that(found.returncode == 1 and line.startswith(f"{ANNA} INBOX UID 4, cur/")
               and "content" in line and "backup" in line, f"found: {line}")
    same = box.cli("index", "check", ANNA, "--content", "--fix", check=False)
    check.that(same.returncode == 1 and same.stdout.decode() == line,
               "damage in a file is told, never mended")
    rows = json.loads(box.cli("index", "check", ANNA, "--content", "--json",
                              check=False).stdout)
    check.that([(r["account"], r["mailbox"], r["uid"], r["fixed"])
                for r in rows] == [(ANNA, "INBOX", "4", "no")], f"{rows}")
    with open(path, "r+b") as f:
        f.write(first)
    os.utime(path, (stat.st_atime, stat.st_mtime))
    os.utime(path_of(box, 2))
    fixed = box.cli("index", "check", ANNA, "--fix")
    check.that(b"UID 2" in fixed.stdout and b"1 mended" in fixed.stderr,
               f"a date is given back: {fixed.stdout} {fixed.stderr}")
    check.that(box.cli("index", "check", "--all", "--content").stdout == b"",
               "clean again")
    check.that(seen(box) == before, "and as before")


def remove(index):
    shutil.rmtree(index)


def older(index):
    stamp = os.path.join(index, "STAMP")
    with open(stamp, encoding="utf-8") as f:
        words = f.read()
    with open(stamp, "w", encoding="utf-8") as f:
        f.write(words.replace("schema ", "schema 1"))


def cut(index):
    os.truncate(os.path.join(index, "message.db"), 100)


def spoil(index):
    for name in ("message.db", "folder.db", "account.db"):
        path = os.path.join(index, name)
        size = os.path.getsize(path)
        with open(path, "r+b") as f:
            for at in range(0, size, 4096):
                f.seek(at + 64)
                f.write(b"\xa5" * 512)


def look_at_all(box):
    """\\Recent is over: an index that is lost takes it along."""
    c = imap(box)
    for mailbox in ("INBOX", "Work/Now", "Old"):
        c.select(f'"{mailbox}"')
    c.logout()


def damaged(box, check):
    look_at_all(box)
    before = seen(box, exact=False)
    index = os.path.join(box.dir, "index")
    for damage in (remove, older, cut, spoil):
        c = imap(box)
        c.select("INBOX")
        box.stop()
        damage(index)
        box.start()
        end = time.time() + 20
        after = seen(box, exact=False)
        while after != before and time.time() < end:
            time.sleep(0.5)
            after = seen(box, exact=False)
        check.that(after == before,
                   f"{damage.__name__}: rebuilt by itself:\n{before}\n{after}")
    aside = [n for n in os.listdir(box.dir) if n.startswith("index.bad.")]
    check.that(len(aside) == 2, f"the newest two are kept: {aside}")
    check.that("event=index-aside-removed" in box.log(), "it says so")


def not_stalled(box, check):
    """Others are served while a large account is rebuilt."""
    send(box, ANNA, MANY)
    other = imap(box, CARL)
    other.select("INBOX")
    worst = 0.0
    work = threading.Thread(target=box.cli, args=("index", "rebuild", ANNA))
    begun = time.time()
    work.start()
    rounds = 0
    while work.is_alive():
        at = time.time()
        other.status("INBOX", "(MESSAGES)")
        send(box, CARL, 1)
        worst = max(worst, time.time() - at)
        rounds += 1
    check.that(rounds > 0 and worst < 2.0,
               f"{rounds} deliveries and looks in {time.time() - begun:.1f} s, "
               f"the slowest took {worst:.2f} s")
    other.logout()


def main():
    check = Checks()
    with Appliance() as box:
        for user in (ANNA, CARL):
            box.add_user(user, SECRET)
        fill(box)
        before = settled(box)
        rebuilt(box, check, before)
        mended(box, check, before)
        damaged(box, check)
        check.that(box.cli("index", "check", "--all").returncode == 0,
                   "files and index agree at the end")
        not_stalled(box, check)
    return check.report()


if __name__ == "__main__":
    sys.exit(main())
