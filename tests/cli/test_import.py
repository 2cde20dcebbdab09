#!/usr/bin/env python3
"""Moving in from Dovecot and Courier, and out again: clients see the same
UIDs, UIDVALIDITY, flags, keywords, dates and unique-ids of POP3."""
import imaplib
import os
import poplib
import re
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
from appliance import Appliance, Checks, bin_dir  # noqa: E402

DATE = 1600000000


def mail(n, end="\n", body="text"):
    return (f"Return-Path: <bob{n}@example.com>\nFrom: bob{n}@example.com\n"
            f"Subject: message {n}\n\n{body}\nFrom here on\n>From there\n"
            ).replace("\n", end).encode()


class Tree:
    """A Maildir++ made by hand."""

    def __init__(self, path):
        self.path = path

    def folder(self, name):
        path = os.path.join(self.path, name)
        for part in ("cur", "new", "tmp"):
            os.makedirs(os.path.join(path, part), exist_ok=True)
        return path

    def write(self, name, text):
        with open(os.path.join(self.path, name), "w", encoding="utf-8") as f:
            f.write(text)

    def message(self, folder, name, number):
        path = os.path.join(self.folder(folder), name)
        with open(path, "wb") as f:
            f.write(mail(number))
        os.utime(path, (DATE + number, DATE + number))


def dovecot_tree(path):
    t = Tree(path)
    t.message(".", "cur/1000.M1P1.host,S=9:2,S", 1)
    t.message(".", "cur/1001.M1P1.host:2,FRSa", 2)
    t.message(".", "cur/1002.M1P1.host:2,", 3)
    t.message(".", "new/1003.M1P1.host", 4)
    t.message(".", "cur/1004.M1P1.host:2,Tb", 5)
    t.write("dovecot-uidlist",
            "3 V1234567890 N900 G0123456789abcdef0123456789abcdef\n"
            "3 :1000.M1P1.host,S=9\n7 W100 :1001.M1P1.host\n"
            "8 Pold-id-of-8 :1002.M1P1.host\n500 :1004.M1P1.host\n"
            "600 :1999.gone.host\n")
    t.write("dovecot-keywords", "0 $Label1\n1 Urgent\n")
    t.message(".Archive.2024", "cur/2000.M1P1.host:2,S", 11)
    t.write(".Archive.2024/dovecot-uidlist", "3 V77 N41\n40 :2000.M1P1.host\n")
    t.message(".Entw&APw-rfe", "cur/3000.M1P1.host:2,DS", 12)
    t.write(".Entw&APw-rfe/dovecot-uidlist", "1 99 6\n5 3000.M1P1.host\n")
    t.folder(".Unseen")
    t.write("subscriptions", "V\t2\n\nArchive\t2024\nEntw&APw-rfe\n")
    return t


def courier_tree(path):
    t = Tree(path)
    t.message(".", "cur/1000.M1P1.host,S=9:2,S", 1)
    t.message(".", "cur/1001.M2P1.host:2,", 2)
    t.message(".", "cur/1002.M3'1.host:2,R", 3)
    t.write("courierimapuiddb",
            "1 1104060801 50\n10 1000.M1P1.host,S=9\n11 1001.M2P1.host\n"
            "30 1002.M3'1.host\n")
    t.write("courierpop3dsizelist",
            "/3 4 1104060999\n1000.M1P1.host,S=9:2,S 99 1:1104060999:0\n"
            "1001.M2P1.host:2, 99 2:0:0\n1002.M3'1.host:2,R 99 0:0:0\n")
    os.makedirs(os.path.join(path, "courierimapkeywords"))
    t.write("courierimapkeywords/:list", "Work\n$Junk\n\n1001.M2P1.host:0 1\n")
    t.message(".Sent", "cur/2000.M1P1.host:2,S", 4)
    t.write(".Sent/courierimapuiddb", "1 555 9\n8 2000.M1P1.host\n")
    t.write("courierimapsubscribed", "INBOX\nINBOX.Sent\n")
    return t


# --- what clients see ---------------------------------------------------------

def log_in(box, user):
    c = imaplib.IMAP4_SSL("127.0.0.1", box.port["imaps"],
                          ssl_context=no_check(box))
    c.login(user, "secret-" + user)
    return c


def no_check(box):
    context = box.tls_context()
    context.check_hostname = False
    return context


def mailbox(c, name):
    """(UIDVALIDITY, UIDNEXT, {uid: (flags, date, text)})"""
    status, _ = c.select(f'"{name}"', readonly=True)
    if status != "OK":
        return None
    validity = int(c.response("UIDVALIDITY")[1][0])
    uid_next = int(c.response("UIDNEXT")[1][0])
    _, rows = c.uid("fetch", "1:*", "(UID FLAGS INTERNALDATE BODY.PEEK[])")
    found = {}
    for at, row in enumerate(rows):
        if not isinstance(row, tuple):
            continue
        head = row[0] + rows[at + 1] if isinstance(rows[at + 1], bytes) else row[0]
        uid = int(re.search(rb"UID (\d+)", head).group(1))
        flags = re.search(rb"FLAGS \(([^)]*)\)", head).group(1).decode()
        found[uid] = (frozenset(flags.split()),
                      re.search(rb'INTERNALDATE "([^"]*)"', head).group(1),
                      row[1])
    return validity, uid_next, found


def names(c, command="list"):
    _, rows = getattr(c, command)()
    return {re.search(rb'"?([^" ]+)"?$', r).group(1).decode() for r in rows if r}


def everything(box, user):
    c = log_in(box, user)
    seen = {n: mailbox(c, n) for n in sorted(names(c))}
    seen = {n: m for n, m in seen.items() if m is not None}
    subscribed = names(c, "lsub")
    c.logout()
    return seen, subscribed


def unique_ids(box, user):
    p = poplib.POP3_SSL("127.0.0.1", box.port["pop3s"], context=no_check(box))
    p.user(user)
    p.pass_("secret-" + user)
    ids = [line.decode().split(" ", 1)[1] for line in p.uidl()[1]]
    p.quit()
    return ids


def plain(seen):
    """Without \\Recent and UIDNEXT; of mailboxes that have messages."""
    return {n: (m[0], {u: (x[0] - {"\\Recent"},) + x[1:]
                       for u, x in m[2].items()})
            for n, m in seen.items() if m[2]}


def differences(a, b):
    return [(n, a.get(n, b)[:2], b[n][:2],
             [(u, a[n][2].get(u), m) for u, m in b[n][2].items()
              if n in a and a[n][2].get(u) != m]) for n in b if a.get(n) != b[n]]


def add(box, *users):
    for user in users:
        box.add_user(user + "@example.org", "secret-" + user)


# --- the cases ------------------------------------------------------------------

def expect_dovecot(seen, check, where):
    validity, uid_next, inbox = seen["INBOX"]
    check.that(validity == 1234567890, f"{where}: UIDVALIDITY: {validity}")
    check.that(uid_next >= 901, f"{where}: UIDNEXT is above Dovecot's: {uid_next}")
    check.that(sorted(inbox) == [3, 7, 8, 500, 900],
               f"{where}: UIDs, and the one without behind: {sorted(inbox)}")
    flags = {u: sorted(m[0] - {"\\Recent"}) for u, m in inbox.items()}
    check.that(flags == {3: ["\\Seen"], 8: [], 900: [],
                         7: ["$Label1", "\\Answered", "\\Flagged", "\\Seen"],
                         500: ["Urgent", "\\Deleted"]},
               f"{where}: flags and keywords: {flags}")
    check.that([u for u, m in inbox.items() if "\\Recent" in m[0]] == [900],
               f"{where}: what was in new/ is recent, nothing else")
    check.that(inbox[7][1] == b"13-Sep-2020 12:26:42 +0000",
               f"{where}: dates: {inbox[7][1]}")
    check.that(inbox[7][2] == mail(2, "\r\n"), f"{where}: the text")
    check.that(seen["Archive/2024"][0] == 77 and
               sorted(seen["Archive/2024"][2]) == [40], f"{where}: a folder below")
    check.that(seen["Entw&APw-rfe"][0] == 99 and
               sorted(seen["Entw&APw-rfe"][2]) == [5],
               f"{where}: a name in UTF-7, and a list of version 1")
    check.that("Unseen" in seen, f"{where}: an empty folder")


def dovecot(box, check):
    tree = os.path.join(box.dir, "dovecot")
    dovecot_tree(tree)
    done = box.cli("import", "maildir", tree, "anna", check=False)
    check.that(done.returncode == 0, f"import: {done.returncode} {done.stderr}")
    check.that(b"INBOX\t5\t0\t0\t0\n" in done.stdout, f"counts: {done.stdout}")
    seen, subscribed = everything(box, "anna")
    expect_dovecot(seen, check, "Dovecot")
    check.that({"Archive/2024", "Entw&APw-rfe"} <= subscribed and
               "Unseen" not in subscribed, f"subscriptions: {subscribed}")
    ids = unique_ids(box, "anna")
    check.that(ids == ["00000003499602d2", "00000007499602d2", "old-id-of-8",
                       "000001f4499602d2", "00000384499602d2"],
               f"unique-ids as Dovecot gives them: {ids}")
    done = box.cli("import", "maildir", tree, "anna")
    check.that(b"INBOX\t0\t5\t0\t0\n" in done.stdout,
               f"a second time: nothing is doubled: {done.stdout}")
    c = log_in(box, "anna")
    c.select("INBOX")
    c.uid("store", "7", "+FLAGS", "\\Deleted")
    c.uid("expunge", "7")
    c.logout()
    Tree(tree).message(".", "new/5000.late.host", 6)
    done = box.cli("import", "maildir", tree, "anna")
    check.that(b"INBOX\t1\t5\t0\t0\n" in done.stdout,
               f"what is new is added, what was expunged stays so: {done.stdout}")
    return seen


def courier(box, check):
    tree = os.path.join(box.dir, "courier")
    courier_tree(tree)
    box.cli("import", "maildir", tree, "carl")
    seen, subscribed = everything(box, "carl")
    inbox = seen["INBOX"]
    check.that(inbox[0] == 1104060801 and sorted(inbox[2]) == [10, 11, 30]
               and inbox[1] >= 50, f"Courier: numbers: {inbox[:2]} {sorted(inbox[2])}")
    check.that(inbox[2][11][0] == {"Work", "$Junk"},
               f"Courier: keywords: {inbox[2][11][0]}")
    check.that(seen["Sent"][0] == 555 and sorted(seen["Sent"][2]) == [8],
               "Courier: a folder")
    check.that("Sent" in subscribed, "Courier: subscriptions")
    ids = unique_ids(box, "carl")
    check.that(ids == ["UID1-1104060999", "UID2", "1002.M3+271.host"],
               f"Courier: unique-ids: {ids}")
    box.cli("index", "rebuild", "carl")
    check.that(unique_ids(box, "carl") == ids, "they last through a rebuild")
    after, _ = everything(box, "carl")
    check.that(plain(after) == plain(seen),
               f"and so does the rest: {differences(after, seen)}")


def not_empty(box, check):
    tree = os.path.join(box.dir, "dovecot-2")
    dovecot_tree(tree)
    box.cli("deliver", "dora", stdin="Subject: first\n\nx\n")
    done = box.cli("import", "maildir", tree, "dora")
    check.that(b"INBOX: is not empty" in done.stderr, f"a warning: {done.stderr}")
    seen, _ = everything(box, "dora")
    check.that(len(seen["INBOX"][2]) == 6 and seen["INBOX"][0] != 1234567890,
               "into a mailbox with mail: new numbers")
    check.that(seen["Archive/2024"][0] == 77, "the others keep theirs")
    ids = unique_ids(box, "dora")
    check.that(set(ids[1:5]) == {"00000003499602d2", "00000007499602d2",
                                 "old-id-of-8", "000001f4499602d2"},
               f"POP3 clients fetch nothing again even so: {ids}")
    done = box.cli("import", "maildir", tree, "dora")
    check.that(b"INBOX\t0\t5\t0\t0\n" in done.stdout,
               f"nothing is doubled: {done.stdout}")


def again(box, check, seen, user, first):
    """Out as Maildir and as mbox, and in again."""
    out = os.path.join(box.dir, "out-" + user)
    box.cli("export", "maildir", user, out)
    with open(os.path.join(out, "dovecot-uidlist"), encoding="ascii") as f:
        lines = f.read()
    check.that(lines.startswith("3 V1234567890 N") and
               re.search(r"^8 Pold-id-of-8 :\d+\.", lines, re.M),
               f"dovecot-uidlist: {lines}")
    done = box.cli("export", "maildir", user, out)
    check.that(b"INBOX\t0\t5\t0\n" in done.stdout,
               f"an export goes on where it was: {done.stdout}")
    box.cli("import", "maildir", out, "emil")
    emil, subscribed = everything(box, "emil")
    check.that({n: m for n, m in emil.items() if n in seen} == first,
               "out and in as Maildir: all the same")
    check.that("Archive/2024" in subscribed, "subscriptions too")
    check.that(unique_ids(box, "emil") == unique_ids(box, user),
               "unique-ids too")
    out = os.path.join(box.dir, "mbox-" + user)
    box.cli("export", "mbox", user, out)
    with open(os.path.join(out, "INBOX.mbox"), "rb") as f:
        text = f.read()
    check.that(b"\n>From here on\n>>From there\n\nFrom bob2@" in text,
               "mboxrd quotes what is quoted")
    box.cli("import", "mbox", out, "fritz")
    fritz, _ = everything(box, "fritz")
    check.that(plain(fritz) == plain(first),
               f"out and in as mbox: all the same: {differences(fritz, first)}")
    done = box.cli("export", "mbox", user, out)
    check.that(b"INBOX\t0\t5\t0\n" in done.stdout, "files that are there stay")


def refusals(box, check):
    def code(*words):
        return box.cli(*words, check=False).returncode

    check.that(code("import", "maildir", box.dir, "nobody") == 67,
               "nobody of that name: 67")
    check.that(code("import", "maildir", box.dir + "/none", "anna") == 67,
               "no such directory: 67")
    check.that(code("import", "mbox", box.conf, "anna") == 65, "not an mbox: 65")
    check.that(code("import", "maildir", box.dir, "anna", "a//b") == 2,
               "no name for a mailbox: 2")
    path = os.path.join(box.dir, "damaged")
    t = dovecot_tree(path)
    t.write("dovecot-uidlist", "what is this\n")
    os.symlink("/etc/passwd", path + "/cur/9.link.host:2,")
    os.mkfifo(path + "/.Unseen/cur/9.fifo.host:2,")
    done = box.cli("import", "maildir", path, "gerd", check=False)
    check.that(done.returncode == 1 and b"left out" in done.stderr,
               f"a list that cannot be read: told, and the rest goes on: {done.stderr}")
    seen, _ = everything(box, "gerd")
    check.that(seen["Archive/2024"][0] == 77 and not seen["INBOX"][2],
               "nothing of it without its UIDs")
    os.unlink(path + "/dovecot-uidlist")
    box.cli("import", "maildir", path, "gerd")
    seen, _ = everything(box, "gerd")
    check.that(len(seen["INBOX"][2]) == 5 and not seen["Unseen"][2],
               "links and pipes are no messages")
    done = box.cli("import", "mbox", os.path.join(box.dir, "mbox-anna/INBOX.mbox"),
                   "gerd", "From anna")
    check.that(b"From anna\t" in done.stdout, "a mailbox of one's choice")


def broken_off(box, check):
    """kill -9 of the command, then of mailstored, then Ctrl-C: nothing is lost,
    nothing is doubled, UIDs stay."""
    path = os.path.join(box.dir, "large")
    t = Tree(path)
    uids = list(range(5, 5 + 2 * 1500, 2))
    lines = ["3 V4242 N9000"]
    for n, uid in enumerate(uids):
        t.message(".", f"cur/{10000 + n}.M1P1.host:2,S", n)
        lines.append(f"{uid} :{10000 + n}.M1P1.host")
    t.write("dovecot-uidlist", "\n".join(lines) + "\n")
    command = [os.path.join(bin_dir(), "pillarbox"), "import", "maildir", path,
               "hans", "-c", box.conf]

    def there():
        cur = os.path.join(box.dir, "mail/example.org/hans/cur")
        return len(os.listdir(cur)) if os.path.isdir(cur) else 0

    def begin(least):
        p = subprocess.Popen(command, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE)
        while p.poll() is None and there() < least:
            time.sleep(0.001)
        return p

    p = begin(100)
    p.kill()
    p.communicate()
    check.that(100 <= there() < 1500, f"killed in between: {there()}")
    p = begin(500)
    box.kill("mailstored")
    _, err = p.communicate()
    check.that(p.returncode == 69, f"mailstored went away: {p.returncode} {err}")
    p = begin(900)
    p.send_signal(signal.SIGINT)
    _, err = p.communicate()
    check.that(p.returncode == 130 and b"goes on" in err,
               f"Ctrl-C: {p.returncode} {err}")
    done = box.cli("import", "maildir", path, "hans", check=False)
    check.that(done.returncode == 0, f"the last time: {done.stderr}")
    c = log_in(box, "hans")
    c.select("INBOX", readonly=True)
    found = [int(u) for u in c.uid("search", "ALL")[1][0].split()]
    check.that(int(c.response("UIDVALIDITY")[1][0]) == 4242, "UIDVALIDITY")
    c.logout()
    check.that(len(found) == len(uids),
               f"each once: {len(found)} of {len(uids)}")
    check.that(found == uids, f"UIDs: {len(set(found) - set(uids))} are others")
    check.that(box.cli("index", "check", "hans", check=False).returncode == 0,
               "files and index agree")


def main():
    check = Checks()
    with Appliance() as box:
        add(box, "anna", "carl", "dora", "emil", "fritz", "gerd", "hans", "ida")
        tree = os.path.join(box.dir, "dovecot-ida")
        dovecot_tree(tree)
        box.cli("import", "maildir", tree, "ida")
        first, _ = everything(box, "ida")
        again(box, check, first, "ida", first)
        seen = dovecot(box, check)
        courier(box, check)
        not_empty(box, check)
        box.cli("export", "mbox", "anna", os.path.join(box.dir, "mbox-anna"))
        refusals(box, check)
        broken_off(box, check)
        check.that(len(seen) >= 4, "there was something to see")
        box.stop()
        shutil.rmtree(os.path.join(box.dir, "mail/example.org/emil"))
        done = box.cli("import", "maildir", tree, "emil", check=False)
        check.that(done.returncode == 0, f"while it does not run: {done.stderr}")
    return check.report()


if __name__ == "__main__":
    sys.exit(main())
