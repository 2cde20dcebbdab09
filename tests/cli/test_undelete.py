#!/usr/bin/env python3
"""What was deleted comes back, and the journal tells who did what."""
import imaplib
import json
import os
import poplib
import shutil
import smtplib
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
from appliance import Appliance, Checks  # noqa: E402

ANNA, CARL = "anna@example.org", "carl@example.org"
SECRET = "anna-secret"


def text(number):
    return (f"From: bob@example.com\r\nTo: {ANNA}\r\n"
            f"Subject: number {number}\r\nMessage-ID: <m{number}@example.com>\r\n"
            f"\r\nbody {number}\r\n")


def send(box, numbers, to=(ANNA,)):
    with smtplib.SMTP("127.0.0.1", box.port["smtp"]) as s:
        for n in numbers:
            s.sendmail("bob@example.com", list(to), text(n))


def imap(box, user=ANNA):
    c = imaplib.IMAP4_SSL("127.0.0.1", box.port["imaps"],
                          ssl_context=box.tls_context())
    c.login(user, SECRET)
    return c


def subjects(box, mailbox="INBOX", user=ANNA):
    """Of each UID: subject, flags."""
    c = imap(box, user)
    kind, _ = c.select(f'"{mailbox}"', readonly=True)
    out = {}
    if kind == "OK":
        _, rows = c.uid("FETCH", "1:*", "(UID FLAGS BODY.PEEK[])")
        for row in rows:
            if not isinstance(row, tuple):
                continue
            head = row[0].decode()
            uid = int(head.split("UID ")[1].split()[0].rstrip(")"))
            flags = head.split("FLAGS (")[1].split(")")[0].split()
            body = row[1].decode()
            out[uid] = (body.split("Subject: ")[1].split("\r")[0],
                        set(flags) - {"\\Recent"}, body)
    c.logout()
    return out if kind == "OK" else None


def rows(box, *words):
    return json.loads(box.cli(*words, "--json").stdout)


def kept(box, user=ANNA, mailbox=None):
    words = ["message", "list", user] + ([mailbox] if mailbox else [])
    return rows(box, *words, "--deleted")


def names(box, user=ANNA, mailbox="INBOX"):
    return sorted(s for s, _, _ in (subjects(box, mailbox, user) or {}).values())


def by_imap(box, check):
    send(box, range(1, 5), (ANNA, CARL))
    c = imap(box)
    c.select("INBOX")
    _, dates = c.uid("FETCH", "2", "(INTERNALDATE)")
    c.uid("STORE", "2", "+FLAGS", "(\\Flagged \\Seen $Work)")
    c.uid("STORE", "1:3", "+FLAGS", "(\\Deleted)")
    c.expunge()
    check.that(names(box) == ["number 4"], "expunged: gone for the client")
    check.that([(r["uid"], r["subject"]) for r in kept(box)]
               == [(str(n), f"number {n}") for n in (1, 2, 3)] or
               [(r["uid"], r["subject"]) for r in kept(box)]
               == [(n, f"number {n}") for n in (1, 2, 3)],
               f"listed while a session looks: {kept(box)}")
    c.logout()
    check.that(names(box, CARL) == [f"number {n}" for n in range(1, 5)],
               "the other recipient's link is not touched")

    box.cli("undelete", ANNA, "--uid", "2")
    after = subjects(box)
    back = [u for u, (s, _, _) in after.items() if s == "number 2"]
    check.that(len(back) == 1 and back[0] > 4, "back under a fresh UID")
    check.that(after[back[0]][1] == {"\\Flagged", "\\Seen", "$Work"},
               f"with its flags but \\Deleted: {after[back[0]][1]}")
    check.that(after[back[0]][2].endswith("body 2\r\n"), "its bytes")
    c = imap(box)
    c.select("INBOX", readonly=True)
    _, again = c.uid("FETCH", str(back[0]), "(INTERNALDATE)")
    c.logout()
    check.that(dates[0].split(b"INTERNALDATE")[1].split(b'"')[1]
               == again[0].split(b"INTERNALDATE")[1].split(b'"')[1],
               "and its date")
    box.cli("undelete", ANNA, "--mailbox", "INBOX", "--since", "1h")
    check.that(names(box) == [f"number {n}" for n in range(1, 5)],
               "the rest comes back by its time")
    check.that(kept(box) == [], "and is not kept any more")
    check.that(box.cli("undelete", ANNA, check=False).returncode == 1,
               "nothing to bring back: 1")
    check.that(box.cli("undelete", "nobody", check=False).returncode == 67,
               "nobody of that name: 67")
    check.that(box.cli("undelete", ANNA, "--since", check=False).returncode == 2,
               "a value that is missing: 2")
    check.that(box.cli("index", "check", "--all", check=False).returncode == 0,
               "files and index agree")


def by_pop3(box, check):
    p = poplib.POP3_SSL("127.0.0.1", box.port["pop3s"],
                        context=box.tls_context())
    p.user(ANNA)
    p.pass_(SECRET)
    count = len(p.list()[1])
    for n in range(1, count + 1):
        p.retr(n)
        p.dele(n)
    p.quit()
    check.that(names(box) == [], "POP3 has taken everything away")
    check.that(len(kept(box)) == count, "and all is kept")
    box.cli("undelete", ANNA)
    check.that(len(names(box)) == count, "and comes back")


def moves(box, check):
    c = imap(box)
    c.select("INBOX")
    _, found = c.uid("SEARCH", "SUBJECT", '"number 3"')
    c.uid("MOVE", found[0].decode(), "Trash")
    c.logout()
    check.that(kept(box) == [], "what was moved is not deleted")
    check.that(names(box, mailbox="Trash") == ["number 3"], "it was moved")


def mailboxes(box, check):
    c = imap(box)
    c.create("Work/2026")
    c.select("INBOX")
    c.uid("COPY", "1:*", "Work/2026")
    c.select("Work/2026")
    c.uid("STORE", "1", "+FLAGS", "(\\Answered $Blue)")
    c.uid("STORE", "2", "+FLAGS", "(\\Deleted)")
    c.expunge()
    left = names(box, mailbox="Work/2026")
    c.select("INBOX")
    check.that(c.delete("Work/2026")[0] == "OK", "the mailbox is deleted")
    c.logout()
    check.that(subjects(box, "Work/2026") is None, "it is gone")
    listed = kept(box, mailbox="Work/2026")
    check.that(sum(r["subject"] == "(the mailbox)" for r in listed) == 1 and
               len(listed) == len(left) + 2, f"kept, with all it had: {listed}")
    box.cli("index", "rebuild", ANNA)
    check.that(subjects(box, "Work/2026") is None,
               "a rebuild does not bring it back")
    box.cli("undelete", ANNA, "--mailbox", "Work/2026")
    after = subjects(box, "Work/2026")
    check.that(after is not None and len(after) == len(left) + 1,
               f"there again, with its messages: {after}")
    check.that(any({"\\Answered", "$Blue"} <= f for _, f, _ in after.values()),
               "with their flags and keywords")
    check.that(kept(box) == [], "nothing is left behind")

    told = [e["event"] for e in rows(box, "trace", f"{ANNA}:Work/2026:1")]
    check.that(told[0] == "received" and told[-2:] == ["mailbox-deleted",
                                                       "undeleted"],
               f"the journal knows how it went: {told}")
    c = imap(box)
    c.create("Empty")
    c.delete("Empty")
    c.logout()
    box.cli("undelete", ANNA, "--mailbox", "Empty")
    check.that(subjects(box, "Empty") == {}, "an empty one, too")


def renamed(box, check):
    c = imap(box)
    c.create("Old")
    c.select("INBOX")
    c.uid("COPY", "1:*", "Old")
    c.select("Old")
    c.uid("STORE", "1:*", "+FLAGS", "(\\Deleted)")
    c.expunge()
    c.close()
    c.rename("Old", "New")
    c.logout()
    check.that({r["mailbox"] for r in kept(box)} == {"New"},
               "listed under the name that the mailbox has now")
    box.cli("undelete", ANNA)
    check.that(names(box, mailbox="New") == names(box) and
               subjects(box, "Old") is None, "and comes back there")


def crashes(box, check):
    """SIGKILL right after an expunge, right after an undelete."""
    before = names(box)
    for turn in range(3):
        c = imap(box)
        c.select("INBOX")
        c.uid("STORE", "1:*", "+FLAGS", "(\\Deleted)")
        c.expunge()
        box.kill("mailstored")
        time.sleep(0.3)
        check.that(names(box) == [], f"turn {turn}: nobody rises from the dead")
        check.that(len(kept(box)) == len(before),
                   f"turn {turn}: nobody is lost: {kept(box)}")
        box.cli("undelete", ANNA, "--mailbox", "INBOX")
        box.kill("mailstored")
        time.sleep(0.3)
        check.that(names(box) == before, f"turn {turn}: all are back for good")
        try:
            c.logout()
        except (OSError, imaplib.IMAP4.error):
            pass


def lost_index(box, check):
    before = names(box)
    c = imap(box)
    c.select("INBOX")
    c.uid("STORE", "1:*", "+FLAGS", "(\\Deleted)")
    c.expunge()
    c.logout()
    time.sleep(1)
    box.stop()
    for name in os.listdir(os.path.join(box.dir, "index")):
        os.unlink(os.path.join(box.dir, "index", name))
    box.start()
    check.that(names(box) == [], "an index that is lost revives nobody")
    check.that(len(kept(box)) == len(before), "and forgets nobody")
    box.cli("undelete", ANNA, "--mailbox", "INBOX")
    check.that(names(box) == before, "who can still be brought back")


def trace(box, check):
    events = rows(box, "trace", "<m2@example.com>")
    mine = [e for e in events if e["user"] == ANNA]
    kinds = [e["event"] for e in mine]
    check.that(kinds[0] == "received" and mine[0]["address"].startswith("127.0.0.1")
               and mine[0]["service"] == "smtp", f"received from where: {mine[:1]}")
    for kind in ("flagged", "deleted", "undeleted", "read", "copied"):
        check.that(kind in kinds, f"{kind} is told: {kinds}")
    check.that(kinds.index("flagged") < kinds.index("deleted")
               < kinds.index("undeleted") < kinds.index("read"), "in order")
    flagged = mine[kinds.index("flagged")]
    check.that(flagged["service"] == "imap" and "\\Flagged" in flagged["detail"]
               and flagged["address"].startswith("127.0.0.1"),
               f"by whom, from where: {flagged}")
    check.that(mine[kinds.index("read")]["service"] == "pop3", "read by POP3")
    check.that([e["event"] for e in events if e["user"] == CARL] == ["received"],
               "the other recipient's copy has its own life")
    session = flagged["session"]
    told = rows(box, "trace", session)
    check.that({e["session"] for e in told} == {session} and
               [e["event"] for e in told].count("flagged") == 2,
               f"what a session did: {told}")
    move = [e for e in rows(box, "trace", "<m3@example.com>")
            if e["event"] == "moved"]
    check.that(len(move) == 1 and "to Trash:1" in move[0]["detail"], "moved to where")
    back = rows(box, "trace", f"{ANNA}:Trash:1")
    check.that(back and back[0]["event"] == "received" and
               "<m3@example.com>" in back[0]["detail"],
               "from a place back to where it came in")
    check.that(len(rows(box, "trace", ANNA)) > len(mine), "all of a user")
    check.that(box.cli("trace", "<no@where>", check=False).returncode == 1,
               "nothing known: 1")


def purges(check):
    with Appliance("mail {\n  keep_deleted = 1s\n}\n") as box:
        box.add_user(ANNA, SECRET)
        send(box, [1, 2])
        c = imap(box)
        c.create("Work")
        c.delete("Work")
        c.select("INBOX")
        c.uid("STORE", "1", "+FLAGS", "(\\Deleted)")
        c.expunge()
        c.logout()
        end = time.time() + 20
        place = os.path.join(box.dir, "mail/example.org/anna/expunged")
        while time.time() < end and (kept(box) or os.listdir(place)):
            time.sleep(0.3)
        check.that(kept(box) == [] and os.listdir(place) == [],
                   "what was kept long enough goes by itself")
        check.that(names(box) == ["number 2"], "and nothing else")


def age(box, user, seconds):
    """What is kept was deleted so long ago."""
    local, domain = user.split("@")
    place = os.path.join(box.dir, "mail", domain, local, "expunged")
    for where, _, files in os.walk(place):
        for name in files:
            when, comma, rest = name.partition(",")
            if comma and when.isdigit():
                os.rename(os.path.join(where, name),
                          os.path.join(where, f"{int(when) - seconds},{rest}"))


def expunge_all(box, user):
    c = imap(box, user)
    c.select("INBOX")
    c.store("1:*", "+FLAGS", "(\\Deleted)")
    c.expunge()
    c.logout()


def keep_times(check):
    """The general time is short: a quarter of it is how long the clock must have
    stood still before anything is old."""
    day = 86400
    with Appliance("mail {\n  keep_deleted = 20s\n}\n") as box:
        for user in (ANNA, CARL):
            box.add_user(user, SECRET)
        check.that(rows(box, "keep", "show", ANNA)[0] ==
                   {"user": ANNA, "keep_deleted": "20s", "set_for": "all"},
                   "as everybody has it")
        box.cli("keep", "set", ANNA, "30d")
        check.that(box.cli("keep", "set", ANNA, "soon",
                           check=False).returncode == 2, "no time: 2")
        check.that(box.cli("keep", "set", "nobody", "1d",
                           check=False).returncode == 67, "nobody: 67")
        send(box, [1, 2], (ANNA, CARL))
        for user in (ANNA, CARL):
            expunge_all(box, user)
            check.that(len(kept(box, user)) == 2, "kept")
        box.stop()
        for user in (ANNA, CARL):
            age(box, user, 20 * day)
        shutil.rmtree(os.path.join(box.dir, "index"))
        box.start()
        end = time.time() + 20
        while time.time() < end and kept(box, CARL):
            time.sleep(0.3)
        check.that(kept(box, CARL) == [], "it is over for one")
        check.that(len(kept(box)) == 2, "30 have not for the other")
        check.that(rows(box, "keep", "show", ANNA)[0]["keep_deleted"] == "30d",
                   "the time outlives restart and index")
        box.cli("quota", "set", ANNA, "1G", "1")
        refused = box.cli("undelete", ANNA, check=False)
        check.that(refused.returncode != 0 and "exceed the quota" in
                   refused.stderr.decode(), f"over quota: {refused.stderr}")
        check.that(names(box) == [] and len(kept(box)) == 2,
                   "then none comes back")
        box.cli("quota", "set", ANNA, "none", "none")
        box.cli("undelete", ANNA)
        check.that(len(names(box)) == 2, "both when there is room")
        box.cli("keep", "set", ANNA, "none")
        expunge_all(box, ANNA)
        check.that(kept(box) == [], "none: nothing is kept")
        box.cli("keep", "set", ANNA, "default")
        check.that(rows(box, "keep", "show", ANNA)[0]["set_for"] == "all",
                   "as everybody again")


def gone_is_gone(check):
    """A session that looks on keeps an expunged file; a clean stop does not."""
    with Appliance("mail {\n  keep_deleted = 0\n}\n") as box:
        box.add_user(ANNA, SECRET)
        send(box, [1, 2, 3])
        other = imap(box)
        other.select("INBOX")
        c = imap(box)
        c.select("INBOX")
        c.uid("STORE", "2", "+FLAGS", "(\\Deleted)")
        c.expunge()
        box.stop()
        shutil.rmtree(os.path.join(box.dir, "index"))
        box.start()
        check.that(names(box) == ["number 1", "number 3"],
                   "what was expunged does not come back with the index lost")


def keeps_nothing(check):
    with Appliance("mail {\n  keep_deleted = 0\n}\n") as box:
        box.add_user(ANNA, SECRET)
        send(box, [1])
        c = imap(box)
        c.create("Work")
        c.delete("Work")
        c.select("INBOX")
        c.uid("STORE", "1", "+FLAGS", "(\\Deleted)")
        c.expunge()
        c.logout()
        check.that(kept(box) == [], "0: what is expunged is gone")
        check.that(not os.path.exists(os.path.join(
            box.dir, "mail/example.org/anna/expunged")), "and leaves nothing")


def main():
    check = Checks()
    with Appliance() as box:
        for user in (ANNA, CARL):
            box.add_user(user, SECRET)
        by_imap(box, check)
        by_pop3(box, check)
        moves(box, check)
        listed = rows(box, "message", "list", ANNA)
        check.that([r["subject"] for r in listed]
                   == [s for s, _, _ in subjects(box).values()] and listed,
                   f"message list: {listed}")
        mailboxes(box, check)
        renamed(box, check)
        trace(box, check)
        crashes(box, check)
        lost_index(box, check)
        check.that(box.cli("index", "check", "--all", check=False).returncode
                   == 0, "files and index agree at the end")
    purges(check)
    keep_times(check)
    gone_is_gone(check)
    keeps_nothing(check)
    return check.report()


if __name__ == "__main__":
    sys.exit(main())
