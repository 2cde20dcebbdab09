#!/usr/bin/env python3
"""Attacks over SMTP: what ends a line and a message, who may relay, and what a
client may put into addresses and traces."""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
from attack import (ANNA, BEN, Imap, Smtp, case, empty, inbox,  # noqa: E402
                    plain, play)

SMUGGLED = (b"MAIL FROM:<evil@client.example>\r\nRCPT TO:<ben@example.org>\r\n"
            b"DATA\r\nSubject: smuggled\r\n\r\nsmuggled\r\n")

FALSE_ENDS = (b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r.\r\n", b"\r\n.\r",
              b"\n.\r", b"\r.\n", b"\r\n\r.\r\n", b"\r\n.\0\r\n", b"\r\n\0.\r\n",
              b"\r\n.\r\r\n", b"\r\r\n.\r\n\n", b"\r\n.\n\r\n")


def smuggle(box, check, end):
    empty(box), empty(box, BEN)
    with Smtp(box) as c:
        c.start()
        c.send(b"Subject: cover\r\n\r\nfirst" + end + SMUGGLED + b".\r\n")
        code, text = c.reply()
        check.that(code in (250, 550, 554), f"{end!r}: {code} {text!r}")
        rest = c.quiet(0.15)
        check.that(rest == b"", f"{end!r}: more answers: {rest!r}")
        check.that(c.say("NOOP")[0] == 250, f"{end!r}: the session goes on")
    check.that(not inbox(box, BEN), f"{end!r}: something was smuggled")
    check.that(len(inbox(box)) == (code == 250), f"{end!r}: one mail or none")


@case(seconds=40)
def false_ends_of_data(box, check):
    """SMTP smuggling: Postfix CVE-2023-51764, Sendmail CVE-2023-51765, Exim
    CVE-2023-51766, James CVE-2023-51747; RFC 5321 section 4.1.1.4."""
    for end in FALSE_ENDS:
        if end == b"\r\r\n.\r\n\n":
            continue  # ends truly: joined_after_the_end
        smuggle(box, check, end)
    empty(box)


@case()
def joined_after_the_end(box, check):
    """SMTP smuggling: a bare CR before a true end, a bare LF after it."""
    empty(box), empty(box, BEN)
    with Smtp(box) as c:
        c.start()
        c.send(b"Subject: cover\r\n\r\nfirst\r\r\n.\r\n\n" + SMUGGLED + b".\r\n")
        code, _ = c.reply()
        check.that(code == 550, f"a bare CR in the text: {code}")
        c.quiet(0.3)
    for mail in inbox(box, BEN):
        check.that(b"Subject: cover" not in mail, "the cover went elsewhere")
    check.that(not inbox(box), "a refused message is in no mailbox")
    empty(box, BEN)


@case()
def smuggled_behind_a_refusal(box, check):
    """Postfix CVE-2023-51764: text that is sent although DATA was refused."""
    with Smtp(box) as c:
        c.say("MAIL FROM:<carl@client.example>")
        code, _ = c.say("RCPT TO:<nobody@example.org>")
        check.that(code == 550, f"an unknown recipient: {code}")
        code, _ = c.say("DATA")
        check.that(code in (503, 554), f"DATA with no recipient: {code}")
        check.that(c.say("Subject: x")[0] == 500, "text is no command")
    check.that(not inbox(box), "nothing was delivered")


@case()
def joined_commands(box, check):
    """RFC 5321 section 2.3.8: a bare CR or LF does not part two commands."""
    for bare in (b"\n", b"\r", b"\0", b"\r\r", b"\n\r"):
        with Smtp(box) as c:
            c.send(b"NOOP" + bare + b"VRFY anna@example.org\r\nRSET\r\n")
            answers = [c.reply()[0], c.reply()[0]]
            rest = c.quiet(0.1)
            check.that(answers[0] >= 500 and answers[1] == 250 and not rest,
                       f"{bare!r}: {answers} {rest!r}")


@case()
def starttls_injection(box, check):
    """CVE-2011-0411 (Postfix), CVE-2021-38084 (Courier), nostarttls.secvuln.info:
    what was sent in clear behind STARTTLS is answered inside TLS."""
    for after in (b"RSET\r\n", b"RSET\r\nVRFY a\r\n", b"RSE", b"\r\n", b"X" * 9000):
        with Smtp(box, "submission") as c:
            c.send(b"STARTTLS\r\n" + after)
            code, text = c.reply()
            if code != 220:
                check.that(code in (0, 421, 501, 554), f"{after!r:.20}: {code}")
                continue
            check.that(text.count(b"\r\n") == 1, f"{after!r:.20}: {text!r}")
            try:
                c.secure()
            except OSError:
                continue  # refused: as good
            check.that(c.quiet(0.2) == b"", f"{after!r:.20}: answered inside TLS")
            code, text = c.say("EHLO inside")
            check.that(code == 250 and b"AUTH" in text and b"STARTTLS" not in text
                       and c.quiet(0.1) == b"",
                       f"{after!r:.20}: EHLO inside: {text!r}")


@case()
def starttls_second_packet(box, check):
    """nostarttls.secvuln.info: injected in a packet of its own, the handshake is
    hit by clear text and fails; nothing of it is run."""
    with Smtp(box) as c:
        check.that(c.say("STARTTLS")[0] == 220, "STARTTLS")
        c.send(b"MAIL FROM:<a@b.example>\r\n")
        answer = c.quiet(1)
        check.that(b"250" not in answer, f"an answer in clear: {answer!r}")


@case()
def starttls_forgets(box, check):
    """RFC 3207 section 4.2: transaction and name are forgotten; not twice."""
    with Smtp(box) as c:
        c.say("MAIL FROM:<carl@client.example>")
        c.say("RCPT TO:<anna@example.org>")
        check.that(c.say("STARTTLS")[0] in (220, 503), "STARTTLS in a mail")
        c.say("RSET")
    with Smtp(box) as c:
        check.that(c.say("STARTTLS now")[0] == 501, "STARTTLS has no parameter")
        check.that(c.say("STARTTLS")[0] == 220, "STARTTLS")
        c.secure()
        check.that(c.say("MAIL FROM:<carl@client.example>")[0] == 503,
                   "EHLO comes first again")
        c.say("EHLO again")
        check.that(c.say("STARTTLS")[0] in (502, 503, 554), "STARTTLS twice")


@case()
def nul_octets(box, check):
    """Dovecot CVE-2019-11500 and C strings: a NUL ends nothing."""
    with Smtp(box) as c:
        for command in (b"MAIL FROM:<carl@client.example\0>",
                        b"MAIL FROM:<\0carl@client.example>", b"NOOP\0",
                        b"VRFY anna\0x", b'MAIL FROM:<"a\0b"@client.example>'):
            code, _ = c.say(command)
            check.that(500 <= code < 600, f"{command!r}: {code}")
        c.say("MAIL FROM:<carl@client.example>")
        for command in (b"RCPT TO:<anna@example.org\0@client.example>",
                        b'RCPT TO:<"anna\0"@example.org>',
                        b"RCPT TO:<anna\0@example.org>"):
            code, _ = c.say(command)
            check.that(500 <= code < 600, f"{command!r}: {code}")
    with Smtp(box) as c:
        code, _ = c.deliver(b"Subject: a\0b\r\n\r\nfirst\0second\r\n")
        mails = inbox(box)
        check.that(code != 250 or b"first\0second" in mails[0],
                   "NUL in the text: refused or kept whole")
    empty(box)


@case()
def overlong_lines(box, check):
    """The tail of a line that was too long is no command (Postfix and others cut
    lines): one answer for one line."""
    for size in (512, 2046, 2047, 2048, 2049, 4096, 65535, 65536, 1000000):
        with Smtp(box) as c:
            c.send(b"NOOP " + b"x" * (size - 9) + b"RSET\r\nVRFY anna\r\n")
            answers = [c.reply()[0], c.reply()[0]]
            check.that(answers[0] in (250, 500) and answers[1] in (252, 550, 502)
                       or answers == [500, 0] or answers == [421, 0],
                       f"{size}: {answers}")
            check.that(c.quiet(0.05) == b"", f"{size}: a third answer")


@case()
def long_hello(box, check):
    """Exim CVE-2019-16928: a long EHLO overflowed the heap; and its name goes
    into Received, where it must stay one field."""
    for size in (255, 256, 1000, 2000, 11000, 300000):
        with Smtp(box, hello=None) as c:
            code, _ = c.say("EHLO " + "a" * size)
            check.that(code in (250, 500, 501), f"{size}: {code}")
            check.that(c.say("NOOP")[0] in (250, 0), f"{size}: alive")
    for name in ("a\tb", "a(b", "<b>", "[127.0.0.1", "a\\", 'a"b', "\xff\xfe",
                 "x\x0bFrom:y", "a;b", "a\x1b[2J"):
        with Smtp(box, hello=None) as c:
            if c.say(f"EHLO {name}")[0] != 250:
                continue
            c.deliver(b"Subject: hello\r\n\r\nhello\r\n")
            mail = inbox(box)[-1]
            head = mail.partition(b"\r\n\r\n")[0]
            check.that(re.search(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", head) is None
                       and head.count(b"Received: ") == 1,
                       f"{name!r} in Received: {head!r}")
    empty(box)


@case()
def xtext_newline(box, check):
    """21Nails, Exim CVE-2020-28021, CVE-2020-28026: +0A in xtext (AUTH=, ENVID,
    ORCPT) became lines of the spool file."""
    with Smtp(box, "submissions") as c:
        check.that(c.log_in()[0] == 235, "logged in")
        for parameter in ("AUTH=a+0D+0AX-Injected:+20yes", "AUTH=a+0Ab@c.d",
                          "AUTH=a+00", "AUTH=+", "AUTH=+4", "AUTH=+GG",
                          "ENVID=a+0AX-Injected:+20yes", "AUTH=" + "+0A" * 500):
            code, _ = c.say(f"MAIL FROM:<anna@example.org> {parameter}")
            if code == 250:
                c.say("RCPT TO:<ben@example.org> "
                      "ORCPT=rfc822;a+0AX-Injected:+20yes")
                c.say("RCPT TO:<ben@example.org>")
                c.say("DATA")
                c.send(b"Subject: xtext\r\n\r\nx\r\n.\r\n")
                c.reply()
            check.that(code in (250, 500, 501, 555), f"{parameter:.30}: {code}")
            c.say("RSET")
    for mail in inbox(box, BEN):
        check.that(b"X-Injected" not in mail, f"injected: {mail!r:.300}")
    empty(box, BEN)


@case()
def trace_injection(box, check):
    """Courier GLSA 200408-19 and others: what the client says about itself comes
    into Return-Path and Received as text of one field."""
    with Smtp(box) as c:
        for sender in ('"a\\\nX-I: y"@client.example', '"a b"@client.example',
                       '"%s%n%n"@client.example', "%s%n@client.example"):
            if c.start(sender=sender) == 354:
                c.send(b"Subject: t\r\n\r\nt\r\n.\r\n")
                c.reply()
            c.say("RSET")
    for mail in inbox(box):
        head = mail.partition(b"\r\n\r\n")[0]
        check.that(b"\nX-I" not in head and head.count(b"Return-Path:") == 1, head)
    empty(box)


@case()
def commands_as_addresses(box, check):
    """OpenSMTPD CVE-2020-7247 and CVE-2020-8794, Exim CVE-2019-10149, sendmail's
    pipes: no address is a program or a file."""
    canary = os.path.join(box.dir, "canary")
    words = (f";touch${{IFS}}{canary};", f"|touch {canary}", f"/{canary}",
             f"${{run{{touch\\t{canary}}}}}", f":include:{canary}",
             f"`touch {canary}`", f"$(touch {canary})", f"\\|touch {canary}")
    with Smtp(box) as c:
        for n, word in enumerate(words):
            quoted = '"%s"' % word.replace("\\", "\\\\")
            for address in (word, quoted):
                c.say(f"MAIL FROM:<{address}@client.example>")
                c.say("RSET")
                c.say("MAIL FROM:<carl@client.example>")
                code, _ = c.say(f"RCPT TO:<{address}@example.org>")
                check.that(code in (0, 421) or 500 <= code < 600,
                           f"{address}: {code}")
                if code in (0, 421):
                    c.close()
                    c.__init__(box)
                c.say("RSET")
            check.that(not os.path.exists(canary), f"{n}: the canary is there")


@case()
def recipients_with_paths(box, check):
    """qmail's and procmail's old sins: paths in local parts."""
    before = sorted(os.listdir(os.path.join(box.dir, "mail/example.org")))
    for local in ('"../../x"', "user/../other", "/etc/passwd", "anna/../ben",
                  '"anna/../ben"', '"."', '".."', '""', ".", "..", "anna/",
                  "./anna", '"anna/"', "~anna", "anna%2f..%2fben", '"\\/etc"'):
        with Smtp(box) as c:
            c.say("MAIL FROM:<carl@client.example>")
            code, _ = c.say(f"RCPT TO:<{local}@example.org>")
            check.that(500 <= code < 600, f"{local}: {code}")
    with Smtp(box) as c:
        for detail in ("../../ben", "../.Sent", "..", "%s", "a/b", "x" * 50):
            code, _ = c.deliver(b"Subject: detail\r\n\r\nx\r\n",
                                to=f"anna+{detail}@example.org")
            check.that(code == 250 or 500 <= code < 600, f"+{detail}: {code}")
            c.say("RSET")
    after = sorted(os.listdir(os.path.join(box.dir, "mail/example.org")))
    check.that(before == after, f"the store has other accounts: {after}")
    check.that(not inbox(box, BEN), "nothing got into another's mailbox")
    empty(box)


@case()
def odd_local_parts(box, check):
    """Dovecot CVE-2020-10967 (empty quoted local part), CVE-2020-7046 (truncated
    UTF-8): refused, and the next command is answered."""
    with Smtp(box) as c:
        for local in (b'""', b'"', b'"\\', b"\xc3", b'"\xf0\x9f"', b"\xff", b"a" * 65,
                      b"a" * 1000, b"@", b"@@", b"a@b@c", b'"a"b', b"(x)anna"):
            c.say("MAIL FROM:<carl@client.example>")
            code, _ = c.say(b"RCPT TO:<" + local + b"@example.org>")
            check.that(500 <= code < 600, f"{local!r:.20}: {code}")
            check.that(c.say("RSET")[0] == 250, f"{local!r:.20}: alive")


RELAYED = ("x@external.example", "x%external.example@example.org",
           "external.example!x@example.org", "@example.org:x@external.example",
           '"x@external.example"@example.org', "x@[192.0.2.1]", "x@[127.0.0.1]",
           "x@[IPv6:::1]", "x@sub.example.org", "x@example.org.external.example",
           "x@external.example.", '"x@external.example"', "x@192.0.2.1",
           "external.example!x", "x%external.example", "@x@external.example",
           "anna@example.org@external.example", "x@external.example@example.org",
           "<x@external.example>", "x@localhost", "x@EXAMPLE.ORG.")
SENDERS = ("", "spam@external.example", "anna@example.org", "x@[127.0.0.1]",
           "postmaster@example.org", "root@localhost")


@case(seconds=30)
def relay(box, check):
    """Open relays (the tests of abuse.net): for nobody outside, from nobody."""
    for sender in SENDERS:
        for first in range(0, len(RELAYED), 12):
            with Smtp(box) as c:
                c.say(f"MAIL FROM:<{sender}>")
                for to in RELAYED[first:first + 12]:
                    code, _ = c.say(f"RCPT TO:<{to}>")
                    check.that(500 <= code < 600, f"<{sender}> to <{to}>: {code}")


@case()
def relay_as_submission(box, check):
    """Who did not log in sends nothing through the submission ports."""
    for listener in ("submission", "submissions"):
        with Smtp(box, listener) as c:
            code, _ = c.say("MAIL FROM:<anna@example.org>")
            check.that(code == 530, f"{listener}: {code}")
            check.that(c.say("RCPT TO:<ben@example.org>")[0] in (503, 530), "RCPT")
    with Smtp(box, "submissions") as c:
        c.log_in()
        code, _ = c.say("MAIL FROM:<ben@example.org>")
        check.that(500 <= code < 600, f"as somebody else: {code}")


@case()
def harvesting(box, check):
    """VRFY and EXPN tell nothing; who tries many recipients is dropped."""
    with Smtp(box) as c:
        known, unknown = c.say("VRFY anna"), c.say("VRFY nobody")
        check.that(known == unknown, f"VRFY: {known} {unknown}")
        check.that(c.say("EXPN anna")[0] in (500, 502, 550, 252), "EXPN")
        c.say("MAIL FROM:<carl@client.example>")
        codes = []
        for n in range(60):
            code, _ = c.say(f"RCPT TO:<name{n}@example.org>")
            codes.append(code)
            if code in (0, 421):
                break
        check.that(len(codes) <= 30, f"{len(codes)} guesses in one session")


@case(seconds=30)
def mail_loops(box, check):
    """RFC 5321 section 6.3: what passed 200 servers goes round."""
    with Smtp(box) as c:
        hop = b"Received: from a by b; Mon, 1 Jan 2024 00:00:00 +0000\r\n"
        code, _ = c.deliver(hop * 200 + b"Subject: loop\r\n\r\nx\r\n")
        check.that(500 <= code < 600, f"200 hops: {code}")
        code, _ = c.deliver(hop.upper() * 200 + b"Subject: loop\r\n\r\nx\r\n")
        check.that(500 <= code < 600, f"200 hops in upper case: {code}")
        code, _ = c.deliver(hop * 20 + b"Subject: far\r\n\r\n" + hop * 200)
        check.that(code == 250, f"20 hops, 200 quoted: {code}")
    check.that(len(inbox(box)) == 1, "one of three is delivered")
    empty(box)


@case()
def cross_protocol(box, check):
    """ALPACA and browsers (HTTP POST to a mail port): the session ends at the
    verb; what the body holds is not run."""
    body = SMUGGLED + b".\r\nQUIT\r\n"
    for verb in (b"POST / HTTP/1.1", b"GET / HTTP/1.0", b"PUT /x HTTP/1.1",
                 b"CONNECT mail:25 HTTP/1.1", b"OPTIONS * HTTP/1.1"):
        for listener in ("smtp", "submissions"):
            with Smtp(box, listener, hello=None) as c:
                c.send(verb + b"\r\nHost: mail\r\nContent-Length: 999\r\n\r\n"
                       b"EHLO x\r\n" + body)
                answer = c.rest()
                check.that(b"250" not in answer and b"354" not in answer,
                           f"{verb!r} on {listener}: {answer!r}")
    check.that(not inbox(box, BEN), "nothing was posted")


@case()
def recipient_flood(box, check):
    """Exim CVE-2020-28017: 50 million recipients. RFC 5321 section 4.5.3.1.10:
    too many are put off with 452."""
    with Smtp(box) as c:
        c.say("MAIL FROM:<carl@client.example>")
        c.send(b"RCPT TO:<anna@example.org>\r\n" * 300)
        codes = [c.reply()[0] for _ in range(300)]
        check.that(codes[0] == 250 and codes.count(250) <= 100
                   and set(codes) <= {250, 452, 421, 0}, f"{set(codes)}")
        check.that(codes.count(452) > 0, "put off, not refused for good")


@case()
def size_tricks(box, check):
    """RFC 1870: SIZE that overflows, lies, or is negative; the text counts."""
    with Smtp(box) as c:
        for size in ("18446744073709551616", "18446744073709551615", "-1",
                     "99999999999999999999999999", "4294967296", "0x10", "1e3"):
            code, _ = c.say(f"MAIL FROM:<carl@client.example> SIZE={size}")
            check.that(code in (501, 552, 555), f"SIZE={size}: {code}")
            c.say("RSET")


@case()
def chunking(box, check):
    """Exim CVE-2017-16943 and CVE-2017-16944 (BDAT): not offered; what follows it
    is a line like any other, and ends the session before it ends the patience."""
    with Smtp(box) as c:
        check.that(b"CHUNKING" not in c.hello[1], "CHUNKING is offered")
        c.say("MAIL FROM:<carl@client.example>")
        c.say("RCPT TO:<anna@example.org>")
        for size in ("10", "-1", "4294967296 LAST", "0 LAST"):
            check.that(c.say(f"BDAT {size}")[0] in (500, 502), f"BDAT {size}")
    check.that(not inbox(box), "nothing is delivered")


@case()
def own_messages_only(box, check):
    """A forged Return-Path and a forged trace stay below ours."""
    with Smtp(box) as c:
        c.deliver(b"Return-Path: <forged@example.org>\r\nDelivered-To: x\r\n"
                  b"Subject: forged\r\n\r\nx\r\n")
    with Imap(box, user=ANNA, select="INBOX") as c:
        mail = c.must("FETCH 1 BODY.PEEK[HEADER]")[0]
        check.that(mail.index(b"carl@client.example") < mail.index(b"forged@"),
                   "ours comes first")
    empty(box)


@case()
def passwords_in_mail(box, check):
    """AUTH inside of a transaction, and its answer as text, is no login."""
    with Smtp(box, "submissions") as c:
        check.that(c.say("AUTH PLAIN")[0] == 334, "asked for")
        check.that(c.say("*")[0] == 501, "cancelled: RFC 4954 section 4")
        check.that(c.log_in()[0] == 235, "logged in")
        check.that(c.say("AUTH PLAIN " + plain(*BEN))[0] == 503, "twice")
        c.say("MAIL FROM:<anna@example.org>")
        check.that(c.say("AUTH PLAIN " + plain(*BEN))[0] == 503, "in a mail")


if __name__ == "__main__":
    sys.exit(play())
