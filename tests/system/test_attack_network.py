#!/usr/bin/env python3
"""Attacks below the protocols: slow clients, floods, half handshakes, TLS that is
cut, old or odd, and what the processes are left with."""
import os
import socket
import ssl
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
from attack import (ANNA, BEN, Bystander, Imap, Pop, Smtp,  # noqa: E402
                    case, descriptors, empty, inbox, insecure_context, memory, play,
                    settled)
from appliance import Appliance  # noqa: E402

MEGABYTE = 1 << 20
FRONTS = ("smtpd", "imapd-lite", "pop3d")
LISTENERS = ("smtp", "submissions", "imap", "imaps", "pop3", "pop3s")
PER_ADDRESS = 50  # limits.per_address, its default


def raw(box, listener, source="127.0.0.1"):
    s = socket.create_connection(("127.0.0.1", box.port[listener]), timeout=10,
                                 source_address=(source, 0))
    return s


def source(n):
    return f"127.1.{n // 40}.1"


class Leftovers:
    """Descriptors and memory before and after a case."""

    def __init__(self, box):
        self.box = box
        self.before = {p: descriptors(box, p) for p in FRONTS}

    def check(self, check):
        for program, had in self.before.items():
            left = settled(lambda p=program: descriptors(self.box, p), had + 2)
            check.that(left <= had + 2, f"{program}: {left} descriptors, had {had}")


@case(seconds=40)
def slowloris(box, check):
    """200 clients that send a byte now and then: others are answered within a
    second, and memory grows by little."""
    left = Leftovers(box)
    before = {p: memory(box, p) for p in FRONTS}
    lines = {"smtp": b"EHLO slow.example\r\n", "imap": b"a LOGIN anna@example.org x\r\n",
             "pop3": b"USER anna@example.org\r\n"}
    slow = [(raw(box, ("smtp", "imap", "pop3")[n % 3], source(n)), n)
            for n in range(200)]
    with Bystander(box) as others:
        for k in range(8):
            for s, n in slow:
                line = lines[("smtp", "imap", "pop3")[n % 3]]
                s.sendall(line[k:k + 1])
            for make in (lambda: Imap(box, user=BEN), lambda: Smtp(box),
                         lambda: Pop(box, user=BEN)):
                start = time.monotonic()
                make().close()
                others.worst = max(others.worst, time.monotonic() - start)
            time.sleep(0.2)
    others.check(check, "slowloris")
    for program, had in before.items():
        grown = memory(box, program) - had
        check.that(grown < 12 * MEGABYTE, f"{program}: {grown // 1024} kB")
    for s, _ in slow:
        s.close()
    left.check(check)


@case(seconds=60)
def flood(box, check):
    """More connections than one address may have: the others from it are told so
    or closed; other addresses are served; afterwards so is this one."""
    left = Leftovers(box)
    for n, listener in enumerate(LISTENERS):
        held = [raw(box, listener, f"127.2.{n}.1") for _ in range(PER_ADDRESS)]
        time.sleep(0.2)
        extra = [raw(box, listener, f"127.2.{n}.1") for _ in range(20)]
        closed = 0
        for s in extra:
            s.settimeout(2)
            try:
                text = b""
                while data := s.recv(4096):
                    text += data
                closed += 1
                check.that(text == b"" or text.startswith((b"421", b"* BYE", b"-ERR")),
                           f"{listener}: {text!r}")
            except TimeoutError:
                break
            except OSError:
                closed += 1
        check.that(closed == 20, f"{listener}: {closed} of 20 were refused")
        start = time.monotonic()
        other = raw(box, listener, "127.3.0.1")
        if listener in ("smtp", "imap", "pop3"):
            check.that(other.recv(10) != b"", f"{listener}: another is greeted")
        else:
            insecure_context().wrap_socket(other).close()
        check.that(time.monotonic() - start < 4, f"{listener}: another in time")
        for s in (*held, *extra, other):
            s.close()
    left.check(check)
    with Imap(box, user=ANNA, source="127.2.0.1"):
        pass


@case(seconds=40)
def churn(box, check):
    """1500 connections that come and go at once leave nothing behind."""
    left = Leftovers(box)

    def come_and_go(n):
        for k in range(250):
            try:
                raw(box, LISTENERS[(n + k) % 6], f"127.4.{n}.1").close()
            except OSError:
                pass

    threads = [threading.Thread(target=come_and_go, args=(n,)) for n in range(6)]
    with Bystander(box) as others:
        for t in threads:
            t.start()
        for t in threads:
            t.join(30)
    others.check(check, "churn")
    left.check(check)


@case(seconds=40)
def half_handshakes(box, check):
    """Handshakes that are begun and left, junk instead of one, records without
    end: others log in, and it costs little."""
    left = Leftovers(box)
    context = insecure_context()
    coming, going = ssl.MemoryBIO(), ssl.MemoryBIO()
    half = context.wrap_bio(coming, going, server_hostname="localhost")
    try:
        half.do_handshake()
    except ssl.SSLWantReadError:
        pass
    hello = going.read()
    junk = (hello, hello[:5], hello[:-1], b"\x16\x03\x01\xff\xff" + b"\0" * 70000,
            b"\x16\x03\x01\x00\x00" * 5000, b"\x80\x2e\x01\x00\x02" + b"\0" * 50, b"",
            b"GET / HTTP/1.1\r\n\r\n", b"EHLO x\r\n", b"\x15\x03\x01\x00\x02\x02\x28",
            b"\x14\x03\x03\x00\x01\x01" * 2000, b"\xff" * 20000)
    before = {p: memory(box, p) for p in FRONTS}
    sockets = []
    with Bystander(box) as others:
        for n in range(120):
            s = raw(box, ("imaps", "pop3s", "submissions")[n % 3], source(n))
            sockets.append(s)
            try:
                s.sendall(junk[n % len(junk)])
            except OSError:
                pass
        for _ in range(3):
            Imap(box, user=ANNA).close()
    others.check(check, "half handshakes")
    for program, had in before.items():
        grown = memory(box, program) - had
        check.that(grown < 16 * MEGABYTE, f"{program}: {grown // 1024} kB")
    for s in sockets:
        s.close()
    left.check(check)


def held_open(box, listener, word):
    """How long a client that goes on sending so is kept; it gives up after 8 s."""
    start = time.monotonic()
    with raw(box, listener) as s:
        s.settimeout(0.2)
        while time.monotonic() - start < 8:
            try:
                s.sendall(word)
                if s.recv(4096) == b"":
                    break
            except TimeoutError:
                pass
            except OSError:
                break
    return time.monotonic() - start


@case(seconds=60)
def deadlines(box, check):
    """Who does not log in in time is hung up on, however busy it is: with commands,
    with single bytes of one, or with nothing (the settings make that two seconds)."""
    with Appliance("limits {\n  login_timeout = 2s\n  smtp_timeout = 2s\n}\n") as hasty:
        late = {}
        tries = [("imap", b"a NOOP\r\n"), ("imap", b"x"), ("imap", b"a LOGIN {8+}\r\n"),
                 ("pop3", b"C"), ("pop3", b"CAPA\r\n"), ("smtp", b"N"), ("imap", b""),
                 ("pop3", b""), ("smtp", b"")]
        threads = [threading.Thread(target=lambda t=t: late.update(
            {t: held_open(hasty, *t)})) for t in tries]
        for t in threads:
            t.start()
        for t in threads:
            t.join(20)
        for t in tries:
            check.that(late.get(t, 99) < 6, f"{t}: kept for {late.get(t)} s")


@case()
def renegotiation(box, check):
    """CVE-2009-3555 and floods of handshakes: TLS 1.2 clients may not renegotiate."""
    for listener in ("imaps", "submissions"):
        done = subprocess.run(
            ["openssl", "s_client", "-connect", f"127.0.0.1:{box.port[listener]}",
             "-tls1_2", "-quiet", "-no_ign_eof"], input=b"R\nR\n", timeout=15,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        check.that(b"RENEGOTIATING" in done.stdout and
                   b"no renegotiation" in done.stdout.lower() or
                   b"handshake failure" in done.stdout.lower(),
                   f"{listener}: {done.stdout[-300:]!r}")


@case()
def old_tls(box, check):
    """TLS 1.0 and 1.1, NULL, anonymous, export, RC4 and 3DES suites: refused."""
    def refused(**options):
        ciphers = options.pop("ciphers", None)
        context = insecure_context()
        try:
            if ciphers:
                context.set_ciphers(ciphers + ":@SECLEVEL=0")
                context.maximum_version = ssl.TLSVersion.TLSv1_2
            for name, value in options.items():
                setattr(context, name, value)
        except ssl.SSLError:
            return True  # this machine's own library knows it no more
        s = raw(box, listener)
        try:
            context.wrap_socket(s).close()
            return False
        except OSError:
            s.close()
            return True

    for listener in ("imaps", "pop3s", "submissions"):
        import warnings
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
                check.that(refused(minimum_version=ssl.TLSVersion.TLSv1,
                                   maximum_version=version, ciphers="ALL"),
                           f"{listener}: {version}")
        for ciphers in ("NULL", "aNULL", "eNULL", "RC4", "3DES", "EXPORT", "DES", "PSK",
                        "kRSA"):
            check.that(refused(ciphers=ciphers), f"{listener}: {ciphers}")
        check.that(not refused(minimum_version=ssl.TLSVersion.TLSv1_2), "1.2 and later")


@case()
def alpn(box, check):
    """ALPACA: who asks for http gets no TLS of ours that says http; RFC 7301: a
    protocol that is not ours is refused."""
    for listener, ours in (("imaps", "imap"), ("pop3s", "pop3"), ("submissions", None)):
        for offered in (["http/1.1"], ["h2", "http/1.1"], ["ftp"], ["x" * 255] * 50):
            context = insecure_context()
            context.set_alpn_protocols(offered)
            s = raw(box, listener)
            try:
                t = context.wrap_socket(s)
                check.that(t.selected_alpn_protocol() is None, f"{listener} {offered}")
                t.close()
            except OSError:
                s.close()
        if ours:
            context = insecure_context()
            context.set_alpn_protocols(["http/1.1", ours])
            with context.wrap_socket(raw(box, listener)) as t:
                check.that(t.selected_alpn_protocol() in (ours, None), listener)


@case()
def sni(box, check):
    """Exim CVE-2019-15846 (trailing backslash), Dovecot CVE-2017-15130 (lookups eat
    memory): any name is served or refused, and costs nothing."""
    before = memory(box, "imapd-lite")
    context = insecure_context()
    for n in range(300):
        name = ("x\\", "a" * 63 + ".example", "..\\..\\etc", f"n{n}.example", "%s%n",
                "a_b", "xn--" + "a" * 50)[n % 7]
        s = raw(box, "imaps", source(n))
        try:
            context.wrap_socket(s, server_hostname=name).close()
        except (OSError, ValueError):
            s.close()
    grown = memory(box, "imapd-lite") - before
    check.that(grown < 12 * MEGABYTE, f"{grown // 1024} kB for 300 names")


@case()
def cut_in_data(box, check):
    """TLS and TCP cut inside of DATA (truncation attack; Exim CVE-2026-45185:
    close_notify, then clear text): nothing is delivered, nothing is answered."""
    empty(box)
    for listener in ("smtp", "submissions"):
        for end in ("close", "reset", "notify", "half"):
            c = Smtp(box, listener)
            if listener == "submissions":
                c.log_in(BEN)
            sender = "ben@example.org" if listener == "submissions" else "a@b.example"
            check.that(c.start(sender=sender) == 354, f"{listener}: DATA")
            c.send(b"Subject: cut\r\n\r\nhalf\r\n")
            if end == "reset":
                c.reset()
            elif end == "notify" and listener == "submissions":
                plain_socket = socket.socket(fileno=os.dup(c.sock.fileno()))
                c.sock.settimeout(1)
                try:
                    c.sock.unwrap()
                except OSError:
                    pass
                try:
                    plain_socket.sendall(b"rest\r\n.\r\nNOOP\r\n")
                    plain_socket.settimeout(0.5)
                    check.that(b"250" not in plain_socket.recv(100), "in clear")
                except OSError:
                    pass
                plain_socket.close()
            elif end == "half":
                socket.socket(fileno=os.dup(c.sock.fileno())).shutdown(socket.SHUT_WR)
                text = c.quiet(0.3)
                check.that(b"250" not in text, f"{listener} {end}: {text!r}")
            c.close()
    time.sleep(0.3)
    check.that(not inbox(box), "half a message was delivered")


@case()
def half_closed(box, check):
    """Who says all at once and closes its side gets every answer."""
    empty(box)
    with Smtp(box, hello=None) as c:
        c.send(b"EHLO a\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<anna@example.org>\r\n"
               b"DATA\r\n")
        while not (line := c.line()).startswith(b"354"):
            check.that(line != b"", "DATA")
        c.send(b"Subject: x\r\n\r\nhalf-closed\r\n.\r\nQUIT\r\n")
        c.sock.shutdown(socket.SHUT_WR)
        text = c.rest()
        check.that(b"250 2" in text and b"221" in text, f"{text!r}")
    check.that(len(inbox(box)) == 1, "delivered")
    with Pop(box, "pop3") as p:
        p.send(b"CAPA\r\nNOOP\r\nQUIT\r\n")
        p.sock.shutdown(socket.SHUT_WR)
        text = p.rest()
        check.that(text.count(b"+OK") == 2 and b"-ERR" in text, f"{text!r}")
    empty(box)


def send_all(sockets, words):
    for s in sockets:
        s.settimeout(0.5)
        try:
            s.sendall(words)
        except OSError:
            pass
    time.sleep(0.5)


@case(seconds=60)
def memory_before_login(box, check):
    """Promise P5: whatever is sent before login, a connection costs less than 64 kB:
    here 120 that each send 200 kB. (An appliance whose sanitizer keeps no freed
    memory, which would be counted.)"""
    kept = os.environ["ASAN_OPTIONS"]
    os.environ["ASAN_OPTIONS"] += (":quarantine_size_mb=0"
                                   ":thread_local_quarantine_size_kb=0")
    try:
        with Appliance() as small:
            for program, listener, words in (
                    ("imapd-lite", "imap", b"a LOGIN {8000+}\r\n" + b"x" * 7990),
                    ("smtpd", "smtp", b"EHLO " + b"x" * 1900),
                    ("pop3d", "pop3", b"USER " + b"x" * 480)):
                sockets = [raw(small, listener, source(n)) for n in range(120)]
                time.sleep(0.3)
                before = memory(small, program)
                send_all(sockets, words)
                first = (memory(small, program) - before) // 120
                send_all(sockets, b"y" * 200000)
                then = (memory(small, program) - before) // 120
                check.that(max(first, then) < 64 * 1024,
                           f"{program}: {first}, then {then} octets a connection")
                print(f"     {program}: {first}, then {then} octets a connection")
                for s in sockets:
                    s.close()
    finally:
        os.environ["ASAN_OPTIONS"] = kept


@case()
def jailed(box, check):
    """Promise P6: what faces the network may gain no privileges, and is in a
    sandbox: seen from outside, in /proc."""
    for program in FRONTS:
        with open(f"/proc/{box.pid(program)}/status", encoding="ascii") as f:
            status = dict(line.rstrip("\n").split(":", 1) for line in f)
        check.that(status["NoNewPrivs"].strip() == "1", f"{program}: NoNewPrivs")
    check.that("event=sandbox landlock=on" in box.log(), "Landlock is in force")


if __name__ == "__main__":
    sys.exit(play())
