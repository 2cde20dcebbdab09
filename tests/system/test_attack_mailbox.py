#!/usr/bin/env python3
"""Attacks on mailboxes: their names, their keywords, what lies in the Maildir,
and sessions that pull the ground from under each other."""
import os
import re
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
from attack import (ANNA, BEN, Bystander, Imap, Pop, Smtp,  # noqa: E402
                    case, empty, play, settled)

LISTED = re.compile(rb'\* (?:LIST|LSUB) \([^()\r\n]*\) (?:"[^"\r\n]"|NIL) '
                    rb'(?:"(?:[^"\\\r\n]|\\["\\])*"|[^\s"(){}%*\\]+|'
                    rb'\{\d+\}\r\n[^\0]*)\r\n')


def literal(name):
    return b"{%d+}\r\n%b" % (len(name), name)


def tree(box):
    """Everything that lies beside the accounts' own directories."""
    found = set()
    for top in (box.dir, os.path.join(box.dir, "mail"),
                os.path.join(box.dir, "mail/example.org")):
        found |= {os.path.join(top, name) for name in os.listdir(top)}
    return found


def well_formed(check, lines, what):
    for line in lines:
        check.that(LISTED.fullmatch(line) is not None, f"{what}: {line!r:.200}")


EVIL = (b"../ben", b"../../ben", b"..", b".", b"/", b"/etc/passwd", b"~", b"~ben",
        b"~/x", b"a/../b", b"a/./b", b"a//b", b"//a", b"a/", b"x\0y", b"x\r\ny",
        b"x\r\n* BYE gone\r\n", b"x\ny", b"\r", b"\x01", b"\x7f", b"\x1b[2J", b"*",
        b"%", b"a*b", b"INBOX/../x", b"", b" ", b"a" * 60000, b"/".join([b"a"] * 5000),
        b"\xff\xfe", b"\xc0\xae\xc0\xae/ben", b"\xe2\x80\xaex", b"cur", b"new", b"tmp",
        b".Sent", b"a.b", b"...", b"dovecot-uidlist", b"%s%n%n", b'"', b"\\",
        b"a\\..\\b", b"(x)", b"{5}", b"&AC8-", b"&AC4-&AC4-&AC8-ben", b"&AAA-", b"NIL")


@case(seconds=40)
def mailbox_names(box, check):
    """Paths, NUL, CR LF (response splitting), 60 kB, 5000 levels in names: refused
    or taken to the letter, in every command that has a name."""
    with Imap(box, user=ANNA):
        pass
    with Imap(box, user=BEN) as ben:
        ben.must("CREATE Secret")
    before = tree(box)
    commands = (b"CREATE %b", b"SELECT %b", b"EXAMINE %b", b"STATUS %b (MESSAGES)",
                b"SUBSCRIBE %b", b"RENAME Trash %b", b"DELETE %b", b"UNSUBSCRIBE %b",
                b"APPEND %b {2+}\r\nhi", b'LIST "" %b', b'LIST %b ""', b'LSUB "" %b')
    for name in EVIL:
        with Imap(box, user=ANNA) as c:
            for command in commands:
                lines, end = c.command(command % literal(name))
                if not end:
                    c.close()
                    c.__init__(box, user=ANNA)
                    continue
                check.that(end.startswith((b"OK", b"NO", b"BAD")),
                           f"{command} {name!r:.30}: {end!r:.80}")
                if b"LIST" in command or b"LSUB" in command:
                    well_formed(check, lines, f"{command} {name!r:.30}")
            lines, _ = c.command('LIST "" *')
            well_formed(check, lines, f"after {name!r:.30}")
            check.that(not any(b"Secret" in x for x in lines), f"{name!r:.30}: ben's")
            if not any(b"Trash" in x for x in lines):
                c.must("CREATE Trash")
    check.that(tree(box) == before, f"made elsewhere: {tree(box) - before}")


@case(seconds=20)
def others_mail(box, check):
    """Another's mailboxes are not there, however they are called."""
    with Imap(box, user=BEN) as ben:
        ben.command("CREATE Private")
        ben.append(b"Subject: secret\r\n\r\nsecret\r\n", "Private")
    with Imap(box, user=ANNA, select="INBOX") as c:
        for name in ("Private", "../ben/.Private", "ben/Private", "~ben/Private",
                     "user/ben/Private", "user.ben.Private", "/ben/Private",
                     "#shared/ben/Private", "ben@example.org/Private",
                     "../../example.org/ben/Private", "Other Users/ben"):
            for command in ("SELECT", "EXAMINE", "COPY 1", "DELETE"):
                _, end = c.command(f'{command} "{name}"')
                check.that(not end.startswith(b"OK"), f"{command} {name}: {end!r}")


@case(seconds=20)
def modified_utf7(box, check):
    """RFC 3501 section 5.1.3: what is no valid modified UTF-7 is refused: lone
    surrogates, NUL, ASCII in base64, odd bits, no end."""
    with Imap(box, user=ANNA) as c:
        for name in (b"&", b"&-&", b"a&b", b"&A-", b"&AA-", b"&AAA-", b"&AGE-",
                     b"&2AA-", b"&3AA-", b"&2ADYAA-", b"&3ADYAA-", b"&AOk", b"&AOk=-",
                     b"&AOl-", b"&AO/-", b"&AOk,-x&", b"&&", b"&AOk-&AOk-", b"\xe9",
                     b"&AC8-", b"&ACY-", b"&AA0ACg-", b"&IC4-&AH8-", b"&AOkA-", b"&!-",
                     b"&" + b"AOkA6QDp" * 5000 + b"-"):
            for command in (b"CREATE ", b"SELECT ", b"SUBSCRIBE ", b'LIST "" '):
                _, end = c.command(command + literal(name))
                fine = command.startswith(b"LIST") or command.startswith(b"SUB")
                wanted = (b"BAD", b"NO", b"OK") if fine else (b"BAD", b"NO")
                check.that(not end or end.startswith(wanted),
                           f"{command}{name!r:.20}: {end!r:.80}")
                if not end:
                    c.close()
                    c.__init__(box, user=ANNA)
        well_formed(check, c.must('LIST "" *'), "LIST")


@case(seconds=60)
def wildcards(box, check):
    """Patterns that try all ways to match (*a*a*a...): LIST within 3 s."""
    with Imap(box, user=BEN) as c:
        for n in range(20):
            c.must(f"CREATE {'a' * 150}{n}")
        for pattern in ("*a" * 400, "%a" * 400, "*" * 1000, "%" * 1000, "*%" * 400,
                        "*a" * 60 + "b", "*/" * 300, "a*" * 400 + "z"):
            start = time.monotonic()
            lines, end = c.command(f'LIST "" "{pattern}"')
            late = time.monotonic() - start
            check.that(late < 3 and end.startswith((b"OK", b"BAD", b"NO")),
                       f"{pattern[:10]}: {late:.1f} s {end!r}")
            well_formed(check, lines, pattern[:10])
        many = " ".join(['"*a*a*a*a*a*a*b"'] * 500)
        start = time.monotonic()
        _, end = c.command(f'LIST "" ({many})')
        check.that(time.monotonic() - start < 3, "500 patterns")
        check.that(end.startswith((b"BAD", b"NO")), f"500 patterns: {end!r}")
        for n in range(20):
            c.must(f"DELETE {'a' * 150}{n}")


@case(seconds=60)
def mailbox_flood(box, check):
    """A client that makes and deletes mailboxes by the hundred: others go on
    working."""
    with Bystander(box, ("pop3", "smtp")) as others, Imap(box, user=ANNA) as c:
        c.send(b"".join(b"x%d CREATE f%d/%d\r\n" % (n, n % 20, n) for n in range(300)))
        answers = [c.line() for _ in range(300)]
        check.that(all(b" OK" in a or b" NO" in a for a in answers), "answers")
        c.send(b"".join(b"x%d DELETE f%d/%d\r\n" % (n, n % 20, n) for n in range(300)))
        for _ in range(300):
            c.line()
        for n in range(20):
            c.command(f"DELETE f{n}")
    others.check(check, "300 CREATE")


@case(seconds=30)
def keywords(box, check):
    """2000 keywords, and keywords with control characters, brackets and quotes:
    FLAGS and PERMANENTFLAGS stay well-formed, and no keyword becomes another."""
    empty(box)
    with Imap(box, user=ANNA, select="INBOX") as c:
        c.append(b"Subject: x\r\n\r\nx\r\n")
        c.must("NOOP")
        for word in (b"a\x01b", b"a(b", b"a)b", b"a]b", b"a{5}", b'a"b', b"a\\b", b"a%b",
                     b"a*b", b"\xe9", b"\\Bogus", b"\\Recent", b"\\*", b"", b"a" * 5000,
                     b"[ALERT]", b"NIL", b"$x", b"\x7f", b"{3+}\r\na b", b'"a b"',
                     b"a\0b"):
            _, end = c.command(b"STORE 1 +FLAGS (%b)" % word)
            check.that(not end or end.startswith((b"OK", b"NO", b"BAD")), f"{word!r:.20}")
            if not end:
                c.close()
                c.__init__(box, user=ANNA, select="INBOX")
        for n in range(0, 2000, 100):
            words = " ".join(f"k{k}" for k in range(n, n + 100))
            _, end = c.command(f"STORE 1 +FLAGS.SILENT ({words})")
            check.that(end.startswith((b"NO", b"BAD", b"OK")), f"{n}: {end!r:.80}")
        lines = c.must("SELECT INBOX") + c.must("FETCH 1 FLAGS")
    atom = rb'[^\x00-\x20(){}%*"\\\]\x7f-\xff]{1,64}'
    flag = rb"(?:\\(?:Answered|Flagged|Deleted|Seen|Draft|Recent|\*)|" + atom + rb")"
    for line in lines:
        if b"FLAGS" in line:
            ok = re.search(rb"FLAGS \((?:%b(?: %b)*)?\)" % (flag, flag), line)
            check.that(ok is not None, f"{line!r:.300}")
    empty(box)


@case(seconds=20)
def symlinks(box, check):
    """A symlink in the Maildir (put there by whoever shares it) is not followed:
    no file of others is read, no directory of others is a mailbox."""
    empty(box)
    canary = os.path.join(box.dir, "canary-file")
    home = os.path.join(box.dir, "mail/example.org/anna")
    outside = os.path.join(box.dir, "outside")
    with open(canary, "w", encoding="ascii") as f:
        f.write("Subject: canary\n\ncanary-text\n")
    for name in ("cur", "new", "tmp"):
        os.makedirs(os.path.join(outside, name))
    with open(os.path.join(outside, "cur/1.x.y:2,S"), "w", encoding="ascii") as f:
        f.write("Subject: canary\n\ncanary-text\n")
    links = ((canary, "cur/1700000000.M1P1.host:2,"), (canary, "new/1700000001.M1P1.h"),
             ("/etc/passwd", "cur/1700000002.M1P1.host:2,S"), (outside, ".Linked"))
    for target, name in links:
        os.symlink(target, os.path.join(home, name))
    os.mkfifo(os.path.join(home, "new/1700000003.M1P1.fifo"))
    os.mkdir(os.path.join(home, "new/1700000004.M1P1.dir"))
    try:
        with Imap(box, user=ANNA, select="INBOX") as c:
            c.must("NOOP")
            lines = c.command("UID FETCH 1:* BODY.PEEK[]")[0]
            check.that(not any(b"canary-text" in x or b"root:" in x for x in lines),
                       f"followed: {lines!r:.300}")
            _, end = c.command("SELECT Linked")
            if end.startswith(b"OK"):
                lines = c.command("UID FETCH 1:* BODY.PEEK[]")[0]
                check.that(not any(b"canary-text" in x for x in lines), "read outside")
            c.command("DELETE Linked")
            c.must("NOOP")
        check.that(os.path.exists(os.path.join(outside, "cur/1.x.y:2,S")),
                   "removed outside")
    finally:
        for _, name in links:
            if os.path.lexists(os.path.join(home, name)):
                os.unlink(os.path.join(home, name))
        for name in ("new/1700000003.M1P1.fifo",):
            if os.path.lexists(os.path.join(home, name)):
                os.unlink(os.path.join(home, name))
        if os.path.isdir(os.path.join(home, "new/1700000004.M1P1.dir")):
            os.rmdir(os.path.join(home, "new/1700000004.M1P1.dir"))
    empty(box)


def uid_validity(lines):
    return next(int(m[1]) for x in lines if (m := re.search(rb"UIDVALIDITY (\d+)", x)))


@case(seconds=30)
def deleted_under_a_session(box, check):
    """A mailbox that is deleted, and made again, under a session: no crash, no
    mail of the new one under a UID of the old one."""
    with Imap(box, user=ANNA) as a, Imap(box, user=ANNA) as b:
        a.must("CREATE Gone")
        for n in range(3):
            a.append(b"Subject: old %d\r\n\r\nold\r\n" % n, "Gone")
        first = uid_validity(a.must("SELECT Gone"))
        b.must("DELETE Gone")
        b.must("CREATE Gone")
        for n in range(3):
            b.append(b"Subject: new %d\r\n\r\nnew\r\n" % n, "Gone")
        for command in ("NOOP", "FETCH 1 BODY.PEEK[]", "UID FETCH 1:* (FLAGS BODY[TEXT])",
                        "STORE 1 +FLAGS (\\Deleted)", "SEARCH TEXT new", "EXPUNGE",
                        "COPY 1 Trash", "CHECK", "CLOSE"):
            lines, end = a.command(command)
            check.that(not any(b"new" in x for x in lines), f"{command}: {lines!r:.200}")
            if not end:
                break
        second = uid_validity(b.must("SELECT Gone"))
        check.that(second != first, f"UIDVALIDITY {first} again")
        check.that(len(b.must("FETCH 1:* FLAGS")) == 3, "the new ones are all there")
        b.must("DELETE Gone")
        b.must("CREATE Gone")
        third = uid_validity(b.must("SELECT Gone"))
        check.that(third not in (first, second), f"UIDVALIDITY {third} again")
        b.must("CLOSE")
        b.must("RENAME Gone Elsewhere")
        b.must("DELETE Elsewhere")


@case(seconds=60)
def expunge_races(box, check):
    """Two sessions that deliver, flag, copy and expunge at once: every answer fits
    what that session was told, and nothing crashes."""
    empty(box)
    wrong = []

    def work(n):
        try:
            with Imap(box, user=ANNA, select="INBOX") as c:
                for k in range(40):
                    c.append(b"Subject: %d-%d\r\n\r\nx\r\n" % (n, k))
                    for command in ("STORE 1 +FLAGS (\\Deleted)", "FETCH 1:* (UID FLAGS)",
                                    "UID COPY 1:* Trash" if k % 8 == 0 else "NOOP",
                                    "EXPUNGE", "FETCH 1:* BODY.PEEK[]"):
                        lines, end = c.command(command)
                        if not end.startswith((b"OK", b"NO", b"BAD")):
                            wrong.append((command, end))
                        if command.startswith("FETCH") and any(
                                b"EXPUNGE" in x for x in lines):
                            wrong.append((command, "EXPUNGE in a FETCH"))
        except (OSError, RuntimeError) as why:
            wrong.append(why)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(3)]
    for t in threads:
        t.start()
    for t in threads:
        t.join(50)
    check.that(not wrong, f"{wrong[:3]}")
    with Imap(box, user=ANNA, select="INBOX") as a, Imap(box, user=ANNA,
                                                         select="INBOX") as b:
        uids = [[m[1] for x in c.must("UID FETCH 1:* FLAGS")
                 if (m := re.search(rb"UID (\d+)", x))] for c in (a, b)]
        check.that(uids[0] == uids[1] and len(set(uids[0])) == len(uids[0]),
                   f"two sessions see {uids}")
    # Files that a session may still have wanted go a moment later.
    wrong = settled(lambda: len(box.cli("index", "check", "--all", check=False).stdout),
                    0)
    check.that(wrong == 0, "files and index agree")
    empty(box)


@case(seconds=30)
def files_gone_under_a_session(box, check):
    """Whoever shares the Maildir removes and renames files under a session: NO or
    an EXPUNGE, never another message, and the session goes on."""
    empty(box)
    home = os.path.join(box.dir, "mail/example.org/anna")
    with Smtp(box) as c:
        for n in range(6):
            c.deliver(b"Subject: n%d\r\n\r\nnumber %d\r\n" % (n + 1, n + 1))
    with Imap(box, user=ANNA, select="INBOX") as c:
        c.must("FETCH 1:* FLAGS")
        for where in ("new", "cur"):
            for name in os.listdir(os.path.join(home, where)):
                path = os.path.join(home, where, name)
                with open(path, "rb") as f:
                    text = f.read()
                if b"number 2" in text or b"number 5" in text:
                    os.unlink(path)
                if b"number 3" in text:
                    os.truncate(path, 10)
        for number in (2, 3, 5):
            lines, end = c.command(f"FETCH {number} (BODY.PEEK[] BODY.PEEK[TEXT])")
            check.that(end.startswith((b"OK", b"NO")) or not end, f"{end!r}")
            others = [n for n in range(1, 7) if n != number]
            check.that(not any(b"number %d" % n in x for n in others for x in lines),
                       f"{number}: another message: {lines!r:.300}")
            if not end:
                c.close()
                c.__init__(box, user=ANNA, select="INBOX")
        lines, _ = c.command("UID FETCH 1:* BODY.PEEK[TEXT]")
        for n in (1, 4, 6):
            check.that(any(b"number %d" % n in x for x in lines), f"{n} is there")
    with Pop(box, user=ANNA) as p:
        check.that(p.say("STAT").startswith(b"+OK"), "POP3 goes on")
    empty(box)


@case(seconds=20)
def answers_in_time(box, check):
    """STATUS, LIST and SELECT in a hurry by one client do not hold up others."""
    with Bystander(box) as others, Imap(box, user=ANNA) as c:
        c.send(b"".join(b"x%d SELECT INBOX\r\ny%d STATUS Sent (MESSAGES)\r\n"
                        b'z%d LIST "" *\r\n' % (n, n, n) for n in range(300)))
        while not c.line().startswith(b"z299 "):
            pass
    others.check(check, "900 commands at once")


if __name__ == "__main__":
    sys.exit(play())
