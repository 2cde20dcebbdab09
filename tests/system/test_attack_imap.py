#!/usr/bin/env python3
"""Attacks over IMAP: literals, floods, nesting, numbers that overflow, and
clients that do not keep to the conversation."""
import os
import re
import socket
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
from attack import (ANNA, BEN, SLOWER, Bystander, Imap, Smtp,  # noqa: E402
                    case, empty, memory, play, settled)

MEGABYTE = 1 << 20
SIZES = ("4294967295", "4294967296", "4294967297", "9223372036854775807",
         "9223372036854775808", "18446744073709551615", "18446744073709551616",
         "18446744073709551617", "99999999999999999999999999", "-1", "-0", "+5", "",
         " 5", "0x10", "1e9")


def fill(box, count):
    with Imap(box, user=ANNA, select="INBOX") as c:
        for n in range(count):
            c.append(b"Subject: message %d\r\nFrom: a@b.example\r\n\r\nbody %d\r\n"
                     % (n + 1, n + 1))


@case()
def literal_sizes(box, check):
    """Dovecot takes APPEND {9223372036854775807}: sizes of 4 GiB, 2^64, negative
    and malformed, before and after login, get BAD or BYE and no '+'."""
    for user, command in ((None, "LOGIN"), (ANNA, "CREATE"), (ANNA, "APPEND INBOX"),
                          (ANNA, "SEARCH TEXT"), (ANNA, "APPEND INBOX (\\Seen)")):
        for size in SIZES:
            for sign in ("", "+"):
                with Imap(box, user=user) as c:
                    c.send(f"x {command} {{{size}{sign}}}\r\n")
                    line = c.line()
                    check.that(line.startswith((b"x BAD", b"x NO", b"* BYE")),
                               f"{command} {{{size}{sign}}}: {line!r}")


@case(seconds=30)
def literal_plus_flood(box, check):
    """RFC 7888: LITERAL+ lets a client send what nobody asked for; before login
    it costs next to nothing, after it a bound."""
    before = memory(box, "imapd-lite")
    clients = []
    for n in range(45):
        c = Imap(box, user=BEN if n % 2 else None)
        clients.append(c)
        c.sock.settimeout(2)
        try:
            c.send(b"x CREATE {8000000+}\r\n" + b"z" * 300000)
        except OSError:
            pass
    grown = memory(box, "imapd-lite") - before
    for c in clients:
        c.close()
    check.that(grown < 45 * 512 * 1024, f"{grown // 1024} kB for 45 floods")


@case()
def refused_append(box, check):
    """Dovecot runs message text as commands after an error before {n+}: what is
    in a literal is never run, however its command ends."""
    inside = b"y CREATE Injected\r\nz LOGOUT\r\n"
    with Imap(box, user=ANNA) as c:
        for head in (b"APPEND NoSuchBox", b"APPEND INBOX (\\Bogus)",
                     b"APPEND INBOX (\\Seen", b'APPEND INBOX "1-Foo-2024"',
                     b'APPEND INBOX (\\Seen) "99-Jan-2024 99:99:99 +0000"',
                     b"APPEND INBOX () () ", b"APPEND", b"APPEND ", b"NOOP",
                     b"BOGUS", b"APPEND INBOX {3+}\r\nabc", b"LOGIN",
                     b"APPEND &&& ", b"STORE 1 FLAGS", b"APPEND INBOX NIL"):
            _, end = c.command(head + b" {%d+}\r\n" % len(inside) + inside)
            if not end:
                c.close()
                c.__init__(box, user=ANNA)
                continue
            check.that(end.startswith((b"BAD", b"NO")), f"{head}: {end!r}")
            rest = c.quiet(0.05)
            check.that(not re.search(rb"(?m)^[yz] ", rest), f"{head}: ran: {rest!r}")
        lines = c.must('LIST "" *')
        check.that(not any(b"Injected" in line for line in lines), "was run")


@case()
def many_literals(box, check):
    """Cyrus CVE-2024-34055, James CVE-2024-37358, Stalwart CVE-2025-61600: the
    literals of one command are bounded in their sum."""
    before = memory(box, "imapd-lite")
    for user, count in ((None, 2000), (ANNA, 20000)):
        with Imap(box, user=user) as c:
            c.sock.settimeout(5)
            sent = c.try_send(b"x SEARCH " + b"TEXT {1000+}\r\n%b " % (b"a" * 1000)
                              * count + b"\r\n")
            line = c.line() if sent else b"* BYE"
            check.that(not line or line.startswith((b"* BYE", b"x BAD", b"x NO")),
                       f"{count} literals: {line!r:.80}")
    grown = memory(box, "imapd-lite") - before
    check.that(grown < 8 * MEGABYTE, f"{grown // 1024} kB")
    with Imap(box, user=ANNA) as c:
        c.send(b"x SEARCH ")
        asked = 0
        for _ in range(400):
            c.send(b"TEXT {1000}\r\n")
            line = c.line()
            if not line.startswith(b"+"):
                break
            asked += 1
            c.send(b"a" * 1000 + b" ")
        check.that(asked < 140, f"{asked} literals were asked for")


@case(seconds=60)
def parentheses_flood(box, check):
    """Dovecot CVE-2026-27857, CVE-2026-42006: 60 connections that each send 64 kB
    of open parentheses cost what they sent, not a hundred times that."""
    before = memory(box, "imapd-lite")
    clients = []
    with Bystander(box) as others:
        for n in range(60):
            user = BEN if n % 2 else None
            c = Imap(box, user=user, source=f"127.0.1.{1 + n % 3}")
            word = b"x SEARCH " if user else b"x ID "
            c.try_send(word + b"(" * 64000)
            clients.append(c)
        time.sleep(0.5)
        grown = memory(box, "imapd-lite") - before
        for c in clients:
            c.try_send(b"\r\n")
            line = c.line()
            check.that(not line or line.startswith((b"x BAD", b"* BYE")), f"{line!r}")
            c.close()
    others.check(check, "parentheses")
    check.that(grown < 60 * 400 * 1024, f"{grown // 1024} kB for 60 connections")


@case(seconds=40)
def search_nesting(box, check):
    """SEARCH 100,000 levels deep, by parentheses, NOT, OR to the left and to the
    right, and with floods of keys: an answer within 8 s and no overflow."""
    fill(box, 3)
    n = 100000
    keys = {"parentheses": "(" * n + "ALL" + ")" * n, "NOT": "NOT " * n + "ALL",
            "OR left": "OR " * n + "ALL " * n + "ALL", "keys": "ALL " * n + "ALL",
            "OR right": "OR ALL " * n + "ALL", "open": "(" * n,
            "small": "(" * 90 + "ALL" + ")" * 90, "NOT 99": "NOT " * 99 + "ALL",
            "101": "(" * 101 + "ALL" + ")" * 101, "OR 30000": "OR " * 10000 + "ALL",
            "2001 keys": "ALL " * 2001 + "ALL", "60 kB": "NOT " * 15000 + "ALL",
            "texts": "TEXT x " * 3000 + "ALL", "close": ")" * 50000}
    for name, key in keys.items():
        with Imap(box, user=ANNA, select="INBOX") as c:
            start = time.monotonic()
            _, end = c.command("SEARCH " + key)
            late = time.monotonic() - start
            check.that(late < 8, f"{name}: {late:.1f} s")
            wanted = (b"OK",) if name in ("small",) else (b"OK", b"BAD", b"NO")
            check.that(not end or end.startswith(wanted), f"{name}: {end!r:.80}")
    empty(box)


@case(seconds=40)
def sequence_sets(box, check):
    """Dovecot: UID FETCH 4294967297 (2^32+1) and 18446744073709551617 return UID
    1; STORE on them would hit it. Huge ranges and 20,000 elements are fast."""
    fill(box, 5)
    with Imap(box, user=ANNA, select="INBOX") as c:
        for number in ("4294967296", "4294967297", "18446744073709551616",
                       "18446744073709551617", "0", "-1", "1:4294967297", "00", "1,,2",
                       "1:", ":", ",", "1:2:3", "*:*:*", "1.5", "0:1", "$"):
            for command in ("FETCH {} FLAGS", "UID FETCH {} FLAGS", "UID SEARCH UID {}",
                            "UID STORE {} +FLAGS (\\Deleted)", "UID EXPUNGE {}",
                            "COPY {} Trash", "SEARCH {}"):
                lines, end = c.command(command.format(number))
                check.that(end.startswith((b"BAD", b"NO")),
                           f"{command.format(number)}: {end!r}")
                check.that(not any(b"FETCH" in x for x in lines), f"{number}: {lines}")
                if not end:
                    c.close()
                    c.__init__(box, user=ANNA, select="INBOX")
            c.must("NOOP")
        lines = c.must("UID FETCH 1:* FLAGS")
        check.that(len(lines) == 5 and not any(b"Deleted" in x for x in lines), lines)
        start = time.monotonic()
        for uids in ("1:4294967295", "4294967295:1", "*:4294967295", "1:*",
                     ",".join(str(n) for n in range(20000, 10000, -1)),
                     ",".join(["1:*"] * 10000), ",".join(["*"] * 19999)):
            _, end = c.command(f"UID FETCH {uids} FLAGS")
            check.that(end.startswith(b"OK"), f"{uids:.30}: {end!r}")
        _, end = c.command("UID FETCH " + ",".join(["1"] * 20500) + " FLAGS")
        check.that(end.startswith((b"OK", b"BAD", b"NO")), f"20,500: {end!r}")
        late = time.monotonic() - start
        check.that(late < 3 * SLOWER, f"{late:.1f} s for huge sets")
    empty(box)


@case(seconds=30)
def partial_fetches(box, check):
    """Offsets and lengths that overflow, section numbers without end, 10,000
    names of header fields: BAD, or nothing there."""
    fill(box, 1)
    with Imap(box, user=ANNA, select="INBOX") as c:
        top = 2 ** 32
        for partial, wanted in (
                (f"<0.{top - 1}>", b"OK"), (f"<{top - 1}.{top - 1}>", b"OK"),
                (f"<{top}.1>", b"BAD"), (f"<1.{top}>", b"BAD"), ("<0.0>", b"BAD"),
                (f"<{2 ** 64}.1>", b"BAD"), (f"<{2 ** 64 - 1}.2>", b"BAD"),
                (f"<1.{2 ** 64 + 1}>", b"BAD"), ("<-1.5>", b"BAD"), ("<5>", b"BAD"),
                (f"<{2 ** 31}.{2 ** 31}>", b"OK"), ("<.>", b"BAD"), ("<1.", b"BAD")):
            lines, end = c.command(f"FETCH 1 BODY.PEEK[]{partial}")
            check.that(end.startswith(wanted), f"{partial}: {end!r}")
            if wanted == b"OK" and not partial.startswith("<0"):
                check.that(lines[0].endswith((b'"")\r\n', b"{0}\r\n)\r\n")), lines)
        for section in ("1" + ".1" * 20000, "1" + ".1" * 100, "0", "1.0", str(top),
                        str(top + 1), str(2 ** 64 + 1), "1..1", "1.", ".1", "-1",
                        "1.MIME", "1.1.MIME", "MIME", "1.HEADER.FIELDS ()",
                        "HEADER.FIELDS.NOT", "9" * 60000, "1.TEXT.1"):
            lines, end = c.command(f"FETCH 1 BODY.PEEK[{section}]")
            check.that(end.startswith((b"OK", b"BAD", b"NO")),
                       f"[{section:.30}]: {end!r:.60}")
            text = b"".join(lines)
            if section in (str(top + 1), str(2 ** 64 + 1)):
                check.that(b"body 1" not in text, f"[{section}] wrapped: {text!r}")
            if not end:
                c.close()
                c.__init__(box, user=ANNA, select="INBOX")
        start = time.monotonic()
        names = " ".join(f"F{n}" for n in range(10000))
        _, end = c.command(f"FETCH 1 BODY.PEEK[HEADER.FIELDS ({names})]")
        check.that(end.startswith((b"OK", b"BAD")), f"10,000 fields: {end!r:.60}")
        items = " ".join(["BODY.PEEK[HEADER.FIELDS (SUBJECT)]"] * 1500)
        _, end = c.command(f"FETCH 1 ({items})")
        check.that(end.startswith((b"OK", b"BAD")), f"1,500 items: {end!r:.60}")
        late = time.monotonic() - start
        check.that(late < 2 * SLOWER, f"{late:.1f} s for many fields")
    empty(box)


@case()
def nul_and_bare_newlines(box, check):
    """Dovecot CVE-2019-11500: a NUL in a quoted string overflowed the heap before
    login; and CR or LF alone join no commands."""
    for user in (None, ANNA):
        for text in (b'LOGIN "anna\0" "x"', b'LOGIN "anna\\\0" x', b"NOOP\0", b"\0",
                     b"NOOP\nz CREATE Joined", b"NOOP\rz CREATE Joined",
                     b'LOGIN "a\nb" x', b"LOGIN {5+}\r\nan\0na x",
                     b'CREATE "Jo\0ined"', b"CREATE {6+}\r\nJoin\0d"):
            with Imap(box, user=user) as c:
                _, end = c.command(text)
                check.that(not end or end.startswith((b"BAD", b"NO")),
                           f"{text}: {end!r}")
                check.that(b"z OK" not in c.quiet(0.02), f"{text}: joined")
    with Imap(box, user=ANNA) as c:
        check.that(not any(b"Jo" in x for x in c.must('LIST "" *')), "was made")


@case()
def overlong_lines(box, check):
    """A line that is too long ends with one answer, and its tail is no command."""
    for user in (None, ANNA):
        for size in (8000, 8192, 8193, 65536, 65537, 300000):
            with Imap(box, user=user) as c:
                c.try_send(b"a " + b"x" * (size - 20) + b"\r\nb NOOP\r\n")
                text = c.quiet(0.2)
                check.that(text.startswith((b"a BAD", b"* BYE"))
                           and text.count(b"a BAD") <= 1, f"{size}: {text!r:.80}")
        with Imap(box, user=user) as c:
            _, end = c.command("NOOP " + "x" * 4000)
            check.that(end.startswith(b"BAD"), f"{end!r}")


@case()
def bad_commands(box, check):
    """Who speaks no IMAP is hung up on; a tag is no response."""
    for junk in (b"GET / HTTP/1.1", b"* OK", b"+ go", b"a", b"", b" ", b"a\t NOOP",
                 b"(a) NOOP", b'a" NOOP', b"\xff NOOP", b"a{1} NOOP", b"%s%n NOOP"):
        with Imap(box) as c:
            for _ in range(25):
                if not c.try_send(junk + b"\r\n"):
                    break
            text = c.rest()
            check.that(text.count(b"BAD") <= 20 and b"\n(a) " not in text,
                       f"{junk}: {text.count(b'BAD')} times BAD")


@case(seconds=40)
def idle_garbage(box, check):
    """IDLE that is never DONE: 10 MB of garbage, then 64 kB lines: bounded."""
    before = memory(box, "imapd-lite")
    for junk in (b"x" * 65536, b"NOOP\r\n" * 10000, b"\0" * 65536, b"DONEx\r\n" * 9000,
                 b"DON" * 20000, b"\r\n" * 30000):
        with Imap(box, user=ANNA, select="INBOX") as c:
            c.send("x IDLE\r\n")
            check.that(c.line().startswith(b"+"), "IDLE")
            c.sock.settimeout(3)
            try:
                for _ in range(160):
                    c.send(junk)
            except OSError:
                pass
    grown = memory(box, "imapd-lite") - before
    check.that(grown < 4 * MEGABYTE, f"{grown // 1024} kB after six times 10 MB")


def deaf(box, command, times):
    """Sends commands and reads nothing; how much could be sent."""
    c = Imap(box, user=ANNA, select="INBOX")
    c.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    c.sock.settimeout(0.7)
    sent = 0
    try:
        for _ in range(times):
            c.send(command)
            sent += len(command)
    except OSError:
        pass
    return c, sent


@case(seconds=60)
def never_reads(box, check):
    """50 MB of NOOP, and 2 GB asked for, of a client that reads nothing: the
    server stops reading too, and keeps little."""
    with Smtp(box) as c:
        c.deliver(b"Subject: large\r\n\r\n" + (b"x" * 76 + b"\r\n") * 260000)
    commands = ((b"x NOOP\r\n" * 8192, 800), (b"x FETCH 1 BODY.PEEK[]\r\n" * 100, 1),
                (b"x FETCH 1 BODY.PEEK[]<1.20000000>\r\n" * 100, 1),
                (b"x UID SEARCH TEXT y\r\n" * 4, 1))
    kept = []
    with Bystander(box) as others:
        kept += [deaf(box, *c) for c in commands]
        before = memory(box, "imapd-lite")
        for _ in range(5):
            kept += [deaf(box, *c) for c in commands[:3]]
        grown = memory(box, "imapd-lite") - before
    others.check(check, "deaf clients")
    most = max(sent for _, sent in kept)
    check.that(most < 20 * MEGABYTE, f"{most // MEGABYTE} MB of NOOP were taken")
    check.that(grown < 15 * MEGABYTE // 2, f"{grown // 1024} kB for 15 of them")
    for c, _ in kept:
        c.reset()
    empty(box)


@case()
def half_closed(box, check):
    """Who says all and closes its side gets all answers; over TLS too."""
    fill(box, 2)
    for listener in ("imap", "imaps"):
        c = Imap(box, listener)
        if listener == "imap":
            c.send("a NOOP\r\nb CAPABILITY\r\nc LOGOUT\r\n")
            c.sock.shutdown(socket.SHUT_WR)
            wanted = (b"a OK", b"b OK", b"c OK")
        else:
            c.send("a LOGIN anna@example.org anna-secret\r\nb SELECT INBOX\r\n"
                   "c FETCH 1:2 BODY.PEEK[]\r\n")
            socket.socket(fileno=os.dup(c.sock.fileno())).shutdown(socket.SHUT_WR)
            wanted = (b"a OK", b"b OK", b"c OK")
        text = c.rest()
        for word in wanted:
            check.that(word in text, f"{listener}: {word} in {text!r:.300}")
        c.close()
    empty(box)


@case(seconds=40)
def reset_storm(box, check):
    """300 connections cut with RST at any moment: nobody dies of SIGPIPE, nothing
    is left open."""
    fill(box, 5)
    start = {p: settled(lambda p=p: len(os.listdir(f"/proc/{box.pid(p)}/fd")), 0, 0.3)
             for p in ("imapd-lite", "smtpd", "pop3d")}

    def storm(n):
        for k in range(50):
            try:
                c = Imap(box, user=ANNA if k % 2 else None, source=f"127.0.3.{n + 1}")
                c.send("a SELECT INBOX\r\nb FETCH 1:* BODY.PEEK[]\r\nc IDLE\r\n")
                if k % 3:
                    c.line()
                c.reset()
            except OSError:
                pass

    threads = [threading.Thread(target=storm, args=(n,)) for n in range(6)]
    with Bystander(box) as others:
        for t in threads:
            t.start()
        for t in threads:
            t.join(30)
    others.check(check, "resets")
    for p, wanted in start.items():
        left = settled(lambda p=p: len(os.listdir(f"/proc/{box.pid(p)}/fd")),
                       wanted + 2)
        check.that(left <= wanted + 2, f"{p}: {left} descriptors, {wanted} before")
    empty(box)


if __name__ == "__main__":
    sys.exit(play())
