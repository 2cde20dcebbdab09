#!/usr/bin/env python3
"""Attacks on logins over all three protocols: SASL abuse, STARTTLS injection
before login, guessing, and what the log tells about it."""
import base64
import os
import re
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
from attack import (ANNA, BEN, Imap, Pop, Smtp, case, plain,  # noqa: E402
                    play)
from appliance import Appliance  # noqa: E402


def b64(data):
    return base64.b64encode(data)


class Login:
    """AUTH of one protocol on its TLS port; try_it() is True after success."""

    def __init__(self, box, protocol):
        self.box, self.protocol = box, protocol
        make = {"smtp": lambda: Smtp(box, "submissions"), "imap": lambda: Imap(box),
                "pop3": lambda: Pop(box)}
        self.wire = make[protocol]()

    def word(self):
        return b"a AUTHENTICATE " if self.protocol == "imap" else b"AUTH "

    def answer(self):
        """'go on', 'yes', 'no', or 'end' of the connection."""
        while True:
            line = self.wire.line()
            if not line or line.startswith((b"421", b"* BYE")):
                return "end"
            if line.startswith((b"334", b"+ ")) or line == b"+\r\n":
                return "go on"
            if line.startswith((b"235", b"a OK", b"+OK")):
                return "yes"
            if line.startswith((b"a ", b"-ERR", b"4", b"5")):
                return "no"

    def try_it(self, command, *responses):
        if not self.wire.try_send(self.word() + command + b"\r\n"):
            return "end"
        answer = self.answer()
        for response in responses:
            if answer != "go on":
                return answer
            if not self.wire.try_send(response + b"\r\n"):
                return "end"
            answer = self.answer()
        if answer == "go on":
            self.wire.try_send(b"*\r\n")
            return self.answer()
        return answer


PROTOCOLS = ("smtp", "imap", "pop3")

RESPONSES = (b"=", b"==", b"====", b"*", b"", b"A", b"AA", b"AAA", b"A===", b"AB=C",
             b"\xff\xfe", b"AAAA" * 3, b64(b"\0" * 3), b64(b"\0\0\0\0anna"),
             b64(b"\0anna@example.org\0anna-secret\0"),
             b64(b"anna@example.org"), b64(b"\0anna@example.org"),
             b64(b"\0anna@example.org\0"), b64(b"\0\0anna-secret"),
             b64(b"anna@example.org\0anna-secret"),
             b64(b"\0anna@example.org\0anna-secret\0x"),
             b64(b"\0anna@example.org\0anna-secretx"),
             b64(b"\0anna@example.org\0anna-secre"),
             b64(b"\0" + b"anna@example.org" * 100 + b"\0anna-secret"),
             b64(b"\0%n%s%n\0%n"), b64(b"\0' OR 1=1 --\0x"), b64(b"\0../anna\0x"),
             b64(b"\0anna@example.org\0anna-secret")[:-4] + b"!!!!")


@case(seconds=30)
def plain_responses(box, check):
    """Exim CVE-2018-6789 (odd base64), three NULs, '=' and '*': never a login."""
    for protocol in PROTOCOLS:
        for response in RESPONSES:
            got = Login(box, protocol).try_it(b"PLAIN", response)
            check.that(got in ("no", "end"), f"{protocol} {response!r:.40}: {got}")
            if response:
                got = Login(box, protocol).try_it(b"PLAIN " + response)
                check.that(got in ("no", "end"),
                           f"{protocol} at once {response!r:.40}: {got}")


@case(seconds=40)
def plain_lengths(box, check):
    """Exim CVE-2018-6789: lengths 0 to 9216, whole and with broken ends; then
    12,000 and 200,000."""
    lengths = [*range(0, 72), *range(1020, 1030), *range(2040, 2056),
               *range(4092, 4100), 8191, 8192, 9212, 9213, 9214, 9215, 9216]
    login = None
    for length in lengths + [12284, 12288, 12290, 12300, 200000]:
        login = login or Login(box, "smtp")
        got = login.try_it(b"PLAIN", b"A" * length)
        check.that(got in ("no", "end"), f"{length}: {got}")
        if got == "end":
            login = None
    for protocol in ("imap", "pop3"):
        for length in (0, 1, 8191, 8192, 9213, 9216, 12290, 12300, 200000):
            got = Login(box, protocol).try_it(b"PLAIN", b"A" * length)
            check.that(got in ("no", "end"), f"{protocol} {length}: {got}")


@case(seconds=30)
def other_mechanisms(box, check):
    """Debian's libsasl2 offers ANONYMOUS, NTLM, CRAM-MD5, DIGEST-MD5; nobody here
    shall have them, nor a mechanism with a strange name."""
    for protocol in PROTOCOLS:
        for name in (b"ANONYMOUS", b"NTLM", b"DIGEST-MD5", b"CRAM-MD5", b"EXTERNAL",
                     b"OTP", b"GSSAPI", b"SRP", b"XOAUTH2", b"PLAIN\0X", b"plain%s",
                     b"../PLAIN", b"A" * 21, b"A" * 300, b"PLAIN-", b"-"):
            got = Login(box, protocol).try_it(name, b64(b"anna@example.org"))
            check.that(got in ("no", "end"), f"{protocol} {name!r:.20}: {got}")
        got = Login(box, protocol).try_it(b"plain", plain(*ANNA).encode())
        check.that(got == "yes", f"{protocol}: the name's case does not matter")


@case()
def for_somebody_else(box, check):
    """RFC 4616: an authorization identity of another is not granted (and one's
    own is)."""
    for protocol in PROTOCOLS:
        for other, wanted in ((BEN[0], "no"), ("root", "no"), ("ben", "no"),
                              ("ANNA@example.org.", "no"), (ANNA[0], "yes")):
            got = Login(box, protocol).try_it(
                b"PLAIN", plain(*ANNA, authzid=other).encode())
            check.that(got == wanted or wanted == "no" and got == "end",
                       f"{protocol} for {other}: {got}")


@case(seconds=30)
def scram_abuse(box, check):
    """RFC 5802: another's authzid, missing, doubled and odd attributes, huge
    nonces, channel binding lies, an answer without its proof."""
    first = (b"n,,n=anna@example.org,r=abc", b"n,a=ben@example.org,n=anna@example.org,"
             b"r=abc", b"p=tls-unique,,n=anna@example.org,r=abc", b"y,,n=,r=",
             b"n,,n=anna@example.org", b"n,,r=abc", b"n,,n==ZZ,r=abc", b"n" * 2000,
             b"n,,n=anna@example.org,r=" + b"x" * 1500, b"n,,m=x,n=a,r=b", b",,,,,,",
             b"n,,n=anna@example.org,r=a\0b", b"n,,n=nobody@example.org,r=abc")
    last = (b"c=biws,r=abc,p=", b"", b"c=biws", b"c=biws,r=abc,p=AAAA",
            b"p=AAAA,r=abc,c=biws", b"c=" + b"A" * 1900)
    for protocol in PROTOCOLS:
        for n, begin in enumerate(first):
            got = Login(box, protocol).try_it(b"SCRAM-SHA-256", b64(begin),
                                              b64(last[n % len(last)]), b"")
            check.that(got in ("no", "end"), f"{protocol} {begin!r:.40}: {got}")


@case()
def twice(box, check):
    """RFC 4954 section 4, RFC 5034 section 4: who is logged in stays who it is."""
    for protocol in PROTOCOLS:
        login = Login(box, protocol)
        got = login.try_it(b"PLAIN", plain(*ANNA).encode())
        again = login.try_it(b"PLAIN", plain(*BEN).encode())
        check.that((got, again) == ("yes", "no"), f"{protocol}: {got}, {again}")


@case()
def login_in_clear(box, check):
    """Neither offered nor taken without TLS, and no '334' that would make a
    client say its password."""
    with Smtp(box, "submission") as c:
        check.that(b"AUTH" not in c.hello[1], "AUTH is offered in clear")
        for command in ("AUTH PLAIN", "AUTH LOGIN", "AUTH PLAIN " + plain(*ANNA),
                        "AUTH SCRAM-SHA-256"):
            code, text = c.say(command)
            check.that(code in (502, 504, 530, 538), f"{command}: {text!r}")
    with Imap(box, "imap") as c:
        check.that(b"LOGINDISABLED" in c.greeting and b"AUTH=" not in c.greeting,
                   f"{c.greeting!r}")
        for command in ("AUTHENTICATE PLAIN", "LOGIN anna@example.org anna-secret",
                        "LOGIN {16+}\r\nanna@example.org anna-secret"):
            _, end = c.command(command)
            check.that(end.startswith((b"NO", b"BAD")), f"{command}: {end!r}")
    with Pop(box, "pop3") as c:
        for command in ("USER anna@example.org", "PASS anna-secret", "AUTH PLAIN",
                        "APOP anna 00000000000000000000000000000000"):
            answer = c.say(command)
            check.that(answer.startswith(b"-ERR"), f"{command}: {answer!r}")


@case()
def starttls_injection(box, check):
    """Dovecot CVE-2021-33515, cyrus #1337: a command behind STARTTLS or STLS is
    not answered inside TLS, and a name said in clear is forgotten."""
    for after in (b"x NOOP\r\n", b"x LOGIN anna@example.org anna-secret\r\n", b"x NO",
                  b"x LOGIN {5}\r\n"):
        with Imap(box, "imap") as c:
            c.send(b"a STARTTLS\r\n" + after)
            line = c.line()
            if not line.startswith(b"a OK"):
                check.that(line.startswith((b"a BAD", b"* BYE")), f"{line!r}")
                continue
            try:
                c.secure()
            except OSError:
                continue
            check.that(c.quiet(0.2) == b"", f"{after!r}: answered inside TLS")
            _, end = c.command("NOOP")
            check.that(end.startswith(b"OK"), f"{after!r}: then NOOP: {end!r}")
            check.that(not c.command("SELECT INBOX")[1].startswith(b"OK"),
                       f"{after!r}: logged in")
    for after in (b"USER anna@example.org\r\n", b"CAPA\r\n", b"US"):
        with Pop(box, "pop3") as c:
            c.send(b"STLS\r\n" + after)
            check.that(c.line().startswith(b"+OK"), "STLS")
            try:
                c.secure()
            except OSError:
                continue
            check.that(c.quiet(0.2) == b"", f"{after!r}: answered inside TLS")
            answer = c.say("PASS anna-secret")
            check.that(answer.startswith(b"-ERR"), f"{after!r}: {answer!r}")


@case(seconds=40)
def others_log_in(box, check):
    """Dovecot CVE-2025-59028: invalid base64 of one made others' logins fail."""
    stop = []

    def flood(protocol, n):
        while not stop:
            try:
                login = Login(box, protocol)
                for _ in range(3):
                    login.try_it(b"PLAIN", b"!%%%" * (n + 1))
                login.wire.close()
            except OSError:
                pass

    floods = [threading.Thread(target=flood, args=(PROTOCOLS[n % 3], n), daemon=True)
              for n in range(4)]
    for thread in floods:
        thread.start()
    good = [Login(box, PROTOCOLS[n % 3]).try_it(b"PLAIN", plain(*BEN).encode())
            for n in range(30)]
    stop.append(True)
    for thread in floods:
        thread.join(20)
    check.that(good == ["yes"] * 30, f"good logins: {good}")


@case(seconds=60)
def guessing(box, check):
    """Brute force: with failure_delay, thirty guesses in five seconds are not to
    be had, on any number of connections; another address is served at once."""
    with Appliance("auth {\n  failure_delay = 1s\n}\n") as strict:
        strict.add_user(*ANNA)
        strict.add_user(*BEN)
        answers = []

        def guess(n):
            try:
                with Imap(strict, timeout=8, source="127.0.0.7") as c:
                    for _ in range(3):
                        _, end = c.command(f"LOGIN anna@example.org guess{n}")
                        answers.append(end)
            except OSError:
                pass

        guessers = [threading.Thread(target=guess, args=(n,)) for n in range(20)]
        start = time.monotonic()
        for thread in guessers:
            thread.start()
        time.sleep(2)
        with Imap(strict, user=BEN, source="127.0.2.8"):
            late = time.monotonic() - start - 2
        check.that(late < 4, f"the other one waited {late:.1f} s")
        time.sleep(max(0.0, start + 5 - time.monotonic()))
        tried = sum(1 for a in answers if b"AUTHENTICATIONFAILED" in a)
        check.that(tried < 30, f"{tried} guesses in five seconds")
        for thread in guessers:
            thread.join(20)
        check.that(all(not a.startswith(b"OK") for a in answers), "nobody got in")


@case(seconds=30)
def who_exists(box, check):
    """Names are not told: the same words, and within 30 % the same time (or 3 ms,
    which the network hides)."""
    def sample(user, n):
        login = Login(box, "imap")
        start = time.monotonic()
        login.wire.send(f"a LOGIN {user} wrong-{n}\r\n")
        line = login.wire.line()
        late = time.monotonic() - start
        login.wire.close()
        return late, line

    known, unknown = [], []
    for n in range(25):
        known.append(sample(ANNA[0], n))
        unknown.append(sample("nobody@example.org", n))
    check.that({k[1] for k in known} == {u[1] for u in unknown},
               "the words differ")
    a, b = (sorted(t for t, _ in s)[12] for s in (known, unknown))
    check.that(abs(a - b) < max(0.3 * max(a, b), 0.003),
               f"known {a * 1000:.1f} ms, unknown {b * 1000:.1f} ms")


@case()
def log_injection(box, check):
    """What a client sends is one value of one line of the log: no control
    character, no second line, no words that look like ours."""
    evil = b"anna\x1b[2J\x07\x08\x9b\xffevent=login user=root"
    with Smtp(box, hello=None) as c:
        c.say(b"EHLO " + evil)
        c.say(b"EHLO x")
        for command in (b"MAIL FROM:<" + evil + b"@x>", b"RCPT TO:<" + evil + b">",
                        b"VRFY " + evil, evil):
            c.say(command)
        c.say(b'MAIL FROM:<"a event=login user=root"@client.example>')
        c.say(b'RCPT TO:<"a event=login user=root"@example.org>')
    with Imap(box) as c:
        c.command(b"LOGIN {%d+}\r\n%s x" % (len(evil), evil))
        c.command(b'ID ("name" "x event=login user=root" "version" {3+}\r\n\x01\r\n)')
        c.command(b"LOGIN {24+}\r\na\r\nevent=login user=root x")
    with Pop(box) as c:
        c.say(b"USER " + evil)
        c.say(b"PASS " + evil)
    Login(box, "smtp").try_it(b"PLAIN", b64(b"\0" + evil + b"\n\0x"))
    log = box.log()
    check.that(re.search(r"[\x00-\x08\x0b-\x1f\x7f\x80-\x9f]", log) is None,
               "control characters in the log")
    check.that(re.search(r"(?m)^event=|^[^\"\n]*event=\S+ [^\"\n]*event=login", log)
               is None, "a forged event")


@case()
def passwords_in_the_log(box, check):
    """No password, right or wrong, is in the log, nor its base64."""
    wrong = "Wrong-Pa55word-Xyzzy"
    with Smtp(box, "submissions") as c:
        c.say("AUTH PLAIN " + plain(ANNA[0], wrong))
        c.say(f"PASS {wrong}")
        c.say(f"AUTH {wrong}")
    with Imap(box) as c:
        c.command(f"LOGIN anna@example.org {wrong}")
        c.command(f"LOGINN anna@example.org {wrong}")
        c.command(f"LOGIN {wrong}")
    with Pop(box) as c:
        c.say("USER anna@example.org")
        c.say(f"PASS {wrong}")
        c.say(f"XPASS {wrong}")
    for protocol in PROTOCOLS:
        Login(box, protocol).try_it(b"PLAIN", plain(*ANNA).encode())
    log = box.log()
    for secret in (wrong, ANNA[1], BEN[1], plain(*ANNA), plain(ANNA[0], wrong)):
        check.that(secret not in log, f"{secret} is in the log")
    check.that("anna@example.org" in log, "who tried is in the log")


if __name__ == "__main__":
    sys.exit(play())
