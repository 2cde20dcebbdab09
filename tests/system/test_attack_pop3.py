#!/usr/bin/env python3
"""Attacks over POP3: numbers that overflow, deletions without QUIT, messages that
go away, lines and floods."""
import os
import socket
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
from attack import (ANNA, BEN, Bystander, Imap, Pop, Smtp, case,  # noqa: E402
                    empty, inbox, memory, play)

MEGABYTE = 1 << 20


def fill(box, count, user=ANNA):
    empty(box, user)
    with Smtp(box) as c:
        for n in range(count):
            code, _ = c.deliver(b"Subject: message %d\r\n\r\nbody %d\r\n" % (n + 1, n + 1),
                                to=user[0])
            if code != 250:
                raise RuntimeError(code)


@case()
def numbers(box, check):
    """Message numbers 2^32+1, 2^64+1, 0, -1 and malformed ones name no message
    (Dovecot's IMAP wraps them)."""
    fill(box, 3)
    with Pop(box, user=ANNA) as p:
        for number in ("4294967297", "18446744073709551617", "4294967296", "0", "-1", "4",
                       "+1", "0x1", "1.0", "1e0", "99999999999999999999999", "1 1", "",
                       "\xb2", "1:3", "*", "-4294967295", "1\t", "01x", "%d%n"):
            for command in ("RETR", "DELE", "LIST", "UIDL", "TOP"):
                if command in ("LIST", "UIDL") and number == "":
                    continue
                tail = " 0" if command == "TOP" else ""
                answer = p.say(f"{command} {number}{tail}")
                check.that(answer.startswith(b"-ERR"), f"{command} {number}: {answer!r}")
                if not answer:
                    p.close()
                    p.__init__(box, user=ANNA)
        check.that(p.say("STAT").startswith(b"+OK 3 "), "nothing was deleted")
        p.say("QUIT")
    check.that(len(inbox(box)) == 3, "three are left")


@case()
def top_overflow(box, check):
    """TOP n with line counts that overflow or are negative."""
    fill(box, 1)
    with Pop(box, user=ANNA) as p:
        for count in ("0", "1", "4294967295"):
            first, _ = p.many(f"TOP 1 {count}")
            check.that(first.startswith(b"+OK"), f"TOP 1 {count}: {first!r}")
        _, lines = p.many("TOP 1 0")
        check.that(b"body 1\r\n" not in lines and lines[-1] == b"\r\n", "TOP 1 0")
        for count in ("-1", "", "x", "1 1", "0x1", "1.5", "-4294967295", "%n"):
            answer = p.say(f"TOP 1 {count}")
            check.that(answer.startswith(b"-ERR"), f"TOP 1 {count}: {answer!r}")
        for count in ("4294967296", "18446744073709551616", "18446744073709551617"):
            first, lines = p.many(f"TOP 1 {count}")
            whole = b"body 1\r\n" in lines
            check.that(first.startswith(b"-ERR") or whole, f"TOP 1 {count} wrapped")
        check.that(p.say("NOOP").startswith(b"+OK"), "in step")


@case()
def deleted_without_quit(box, check):
    """RFC 1939 section 6: only QUIT removes; neither a cut connection, nor RST,
    nor a bad line, nor the end of the input does."""
    fill(box, 3)
    for end in ("close", "reset", "half"):
        p = Pop(box, user=ANNA)
        for n in (1, 2, 3):
            check.that(p.say(f"DELE {n}").startswith(b"+OK"), f"DELE {n}")
        if end == "reset":
            p.reset()
        elif end == "half":
            socket.socket(fileno=os.dup(p.sock.fileno())).shutdown(socket.SHUT_WR)
            p.rest()
        p.close()
        time.sleep(0.1)
        check.that(len(inbox(box)) == 3, f"{end}: three are left")
    with Pop(box, user=ANNA) as p:
        p.say("DELE 1")
        p.say("RSET")
        p.say("DELE 2")
        check.that(p.say("DELE 2").startswith(b"-ERR"), "deleted twice")
        check.that(p.say("RETR 2").startswith(b"-ERR"), "read after DELE")
        p.say("QUIT")
    texts = b"".join(inbox(box))
    check.that(b"body 1" in texts and b"body 2" not in texts, "2 is gone, 1 is not")


@case()
def gone_under_a_session(box, check):
    """A message that IMAP expunges under a POP3 session: -ERR, or still the same
    message; never another one; and QUIT removes no other."""
    fill(box, 5)
    with Pop(box, user=ANNA) as p, Imap(box, user=ANNA, select="INBOX") as c:
        p.say("DELE 4")
        c.must("STORE 2:3 +FLAGS.SILENT (\\Deleted)")
        c.must("EXPUNGE")
        with Smtp(box) as s:
            s.deliver(b"Subject: later\r\n\r\nbody 6\r\n")
        for n in range(1, 6):
            first, lines = p.many(f"RETR {n}")
            if n in (1, 5):
                check.that(first.startswith(b"+OK"), f"RETR {n}: {first!r}")
            check.that(first.startswith(b"-ERR") or b"body %d\r\n" % n in lines,
                       f"RETR {n}: another message: {lines!r}")
        check.that(p.say("RETR 6").startswith(b"-ERR"), "later mail is not there")
        p.say("DELE 2")
        p.say("QUIT")
    texts = b"".join(inbox(box))
    left = [n for n in range(1, 7) if b"body %d\r\n" % n in texts]
    check.that(left == [1, 5, 6], f"left: {left}")


@case()
def two_sessions(box, check):
    """Two POP3 sessions that remove at once: each removes what it named, and no
    other; or the second is refused (RFC 1939 section 4)."""
    fill(box, 4)
    with Pop(box, user=ANNA) as a:
        try:
            b = Pop(box, user=ANNA)
        except RuntimeError as why:
            check.that(b"IN-USE" in why.args[0] or b"-ERR" in why.args[0], why)
            a.say("QUIT")
            return
        a.say("DELE 1")
        b.say("DELE 1")
        b.say("DELE 2")
        check.that(a.say("QUIT").startswith(b"+OK"), "QUIT of one")
        b.say("QUIT")
        b.close()
    texts = b"".join(inbox(box))
    left = [n for n in range(1, 5) if b"body %d\r\n" % n in texts]
    check.that(left == [3, 4], f"left: {left}")


@case()
def odd_lines(box, check):
    """Dovecot aborts on any POP3 command with a colon (found with these tests);
    NULs, bare newlines, long lines, arguments without end."""
    fill(box, 1)
    for user in (None, ANNA):
        for line in (b"X:Y", b":", b"USER:", b"\0", b"NOOP\0", b"US\0ER anna", b"", b" ",
                     b"\t", b"\xff\xfe", b"NOOP\nQUIT", b"NOOP\rQUIT", b"LIST " + b"1" * 300,
                     b"x" * 1000, b"USER " + b"x" * 100000, b"TOP " * 200, b"%s%n%n%n",
                     b"RETR", b"RETR  1", b" RETR 1", b"PASS x", b"QUIT now"):
            with Pop(box, user=user) as p:
                answer = p.say(line)
                check.that(answer.startswith(b"-ERR") or not answer
                           or line in (b"RETR  1", b" RETR 1", b"QUIT now",
                                       b"USER " + b"x" * 100000),
                           f"{line!r:.30}: {answer!r}")
                rest = p.quiet(0.01)
                check.that(rest.count(b"\n") == 0 or rest.endswith(b"\r\n.\r\n"),
                           f"{line!r:.30}: more: {rest!r:.80}")
    check.that(len(inbox(box)) == 1, "nothing is deleted")


@case()
def long_lines(box, check):
    """The tail of a line that was too long is no command."""
    fill(box, 1)
    for size in (255, 511, 512, 513, 2048, 65536, 1000000):
        with Pop(box, user=ANNA) as p:
            p.try_send(b"NOOP " + b"x" * (size - 13) + b"DELE 1\r\nSTAT\r\n")
            text = p.quiet(0.2)
            check.that(text.count(b"\r\n") <= 2, f"{size}: {text!r:.200}")
            check.that(b"+OK 1 " in text or b"+OK" not in text, f"{size}: {text!r:.200}")


@case()
def guessing_before_login(box, check):
    """Commands of the logged-in are refused before login, and who goes on is hung
    up on."""
    for command in ("STAT", "LIST", "RETR 1", "DELE 1", "TOP 1 1", "UIDL", "PASS x",
                    "RSET", "NOOP", "XTND XMIT", "LAST", "RPOP x"):
        with Pop(box) as p:
            answer = p.say(command)
            check.that(answer.startswith(b"-ERR"), f"{command}: {answer!r}")
            for _ in range(30):
                if not (answer := p.say(command)):
                    break
            check.that(answer == b"", f"{command}: 30 times")


@case(seconds=30)
def never_reads(box, check):
    """RETR of 10 MB 500 times by a client that reads nothing: memory is bounded,
    others are served."""
    with Smtp(box) as c:
        c.deliver(b"Subject: large\r\n\r\n" + (b"." + b"x" * 75 + b"\r\n") * 130000)
    before = memory(box, "pop3d")
    with Bystander(box, ("imap", "smtp")) as others, Pop(box, user=ANNA) as p:
        p.sock.settimeout(1)
        try:
            p.send(b"RETR 1\r\n" * 500 + b"LIST\r\n" * 500000)
        except OSError:
            pass
        with Pop(box, user=BEN) as other:
            check.that(other.say("STAT").startswith(b"+OK"), "another is served")
        time.sleep(0.5)
        grown = memory(box, "pop3d") - before
        p.reset()
    others.check(check, "a deaf client")
    check.that(grown < 16 * MEGABYTE, f"{grown // 1024} kB for it")
    empty(box)


@case(seconds=30)
def retr_cut(box, check):
    """Connections cut inside of RETR: nobody dies, nothing is marked as read by
    another's session."""
    fill(box, 3, BEN)

    def cut(n):
        for _ in range(20):
            try:
                p = Pop(box, user=BEN, source=f"127.0.4.{n + 1}")
                p.send("RETR 1\r\nRETR 2\r\nTOP 3 1\r\nDELE 1\r\n")
                p.line()
                p.reset()
            except (OSError, RuntimeError):
                pass

    threads = [threading.Thread(target=cut, args=(n,)) for n in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join(20)
    check.that(len(inbox(box, BEN)) == 3, "three are left")
    empty(box, BEN)


if __name__ == "__main__":
    sys.exit(play())
