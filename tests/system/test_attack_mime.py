#!/usr/bin/env python3
"""Mail that is made to be expensive: every one is delivered (or refused), fetched
and searched within ten seconds, others are served meanwhile, and what is said
about it is grammatical."""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
from attack import (ANNA, SLOWER, Bystander, Imap, Pop, Smtp,  # noqa: E402
                    case, empty, memory, play)
import imap_grammar  # noqa: E402

WORK_SECONDS = 10
MEGABYTE = 1 << 20
FETCHES = ("FETCH 1 (UID RFC822.SIZE ENVELOPE BODY BODYSTRUCTURE)",
           "FETCH 1 (BODY.PEEK[1] BODY.PEEK[1.1.MIME] BODY.PEEK[HEADER])",
           "FETCH 1 (BODY.PEEK[HEADER.FIELDS (SUBJECT TO REFERENCES)])")
SEARCHES = ("SEARCH TEXT needle", "SEARCH BODY needle", "SEARCH SUBJECT needle",
            "SEARCH TO needle", "SEARCH HEADER X-0 needle",
            "SEARCH OR TEXT a BODY b", "SEARCH SENTSINCE 1-Jan-2024")


def grammatical(check, lines, what):
    try:
        item = imap_grammar.fetch_response(lines[0])
        if "ENVELOPE" in item:
            imap_grammar.check_envelope(item["ENVELOPE"])
            imap_grammar.check_structure(item["BODY"])
            imap_grammar.check_structure(item["BODYSTRUCTURE"])
    except imap_grammar.Wrong as why:
        check.that(False, f"{what}: {why}")
    except RecursionError:
        check.that(False, f"{what}: nested too deep")


def timed(check, what, act):
    start = time.monotonic()
    done = act()
    late = time.monotonic() - start
    check.that(late < WORK_SECONDS, f"{what}: {late:.1f} s")
    return done


def read_it(box, check, name):
    with Imap(box, user=ANNA, select="INBOX", timeout=30) as c:
        for command in FETCHES + SEARCHES:
            what = f"{name}: {command[:40]}"
            lines, end = timed(check, what, lambda: c.command(command))
            check.that(end.startswith(b"OK"), f"{what}: {end!r}")
            if lines and command.startswith("FETCH"):
                grammatical(check, lines, what)
    with Pop(box, user=ANNA, timeout=30) as p:
        first, _ = timed(check, f"{name}: TOP", lambda: p.many("TOP 1 5"))
        check.that(first.startswith(b"+OK"), f"{name}: TOP: {first!r}")


def bomb(box, check, name, text):
    """Deliver it over SMTP, then the same over APPEND."""
    empty(box)
    before = {p: memory(box, p) for p in ("smtpd", "imapd-lite", "mailstored")}
    with Bystander(box) as others:
        with Smtp(box, timeout=60) as c:
            code, answer = timed(check, f"{name}: delivery",
                                 lambda: c.deliver(text))
        check.that(code == 250, f"{name}: {code} {answer!r}")
        if code == 250:
            read_it(box, check, name)
        with Imap(box, user=ANNA, timeout=30) as c:
            end = timed(check, f"{name}: APPEND", lambda: c.append(text, "Drafts"))
            check.that(end.startswith(b"OK"), f"{name}: APPEND: {end!r}")
    others.check(check, name)
    for program, had in before.items():
        grown = memory(box, program) - had
        check.that(grown < 120 * MEGABYTE,
                   f"{name}: {program} grew by {grown // MEGABYTE} MB")
    empty(box)


def multipart(boundary, parts, header=b""):
    return (b"Subject: bomb\r\nMIME-Version: 1.0\r\n" + header +
            b'Content-Type: multipart/mixed; boundary="' + boundary + b'"\r\n\r\n' +
            b"".join(b"--" + boundary + b"\r\n" + part + b"\r\n" for part in parts) +
            b"--" + boundary + b"--\r\n")


@case(seconds=60)
def deep_multiparts(box, check):
    """50,000 multiparts in each other (ClamAV, Dovecot CVE-2020-12100: recursion
    until the stack ends)."""
    text = b"Subject: deep\r\nMIME-Version: 1.0\r\n"
    text += b"".join(b'Content-Type: multipart/mixed; boundary="%x"\r\n\r\n--%x\r\n'
                     % (n, n) for n in range(50000))
    bomb(box, check, "deep", text + b"\r\nneedle\r\n")


@case(seconds=60)
def deep_messages(box, check):
    """message/rfc822 in each other (Stalwart CVE-2026-26312 went round for ever);
    and digests of digests."""
    text = b"Content-Type: message/rfc822\r\n\r\n" * 50000
    bomb(box, check, "rfc822", b"Subject: x\r\n" + text + b"Subject: y\r\n\r\nz\r\n")
    text = b"".join(b'Content-Type: multipart/digest; boundary="%x"\r\n\r\n--%x\r\n\r\n'
                    % (n, n) for n in range(20000))
    bomb(box, check, "digest", b"Subject: x\r\n" + text + b"Subject: y\r\n\r\nz\r\n")


@case(seconds=90)
def many_parts(box, check):
    """100,000 parts (Dovecot CVE-2020-25275: message/rfc822 as part 10,000)."""
    bomb(box, check, "parts", multipart(b"b", [b"\r\nx"] * 100000))
    parts = [b"\r\nx"] * 999 + [b"Content-Type: message/rfc822\r\n\r\nSubject: y\r\n\r\n"
                                b"needle"] * 3
    bomb(box, check, "rfc822 at the limit", multipart(b"b", parts))


@case(seconds=90)
def prefix_boundaries(box, check):
    """Boundaries that are each the beginning of the next: every line has to be
    compared with all of them (quadratic)."""
    text = b"Subject: prefixes\r\nMIME-Version: 1.0\r\n"
    for n in range(1, 150):
        b = b"a" * n
        text += b'Content-Type: multipart/mixed; boundary="%b"\r\n\r\n--%b\r\n' % (b, b)
    line = b"--" + b"a" * 199 + b"b\r\n"
    bomb(box, check, "prefixes", text + b"\r\n" + line * 50000)
    bomb(box, check, "dashes", multipart(b"-", [b"\r\n" + b"--\r\n---\r\n" * 100000]))


@case(seconds=90)
def header_bombs(box, check):
    """100,000 fields; one field of 5 MB (Dovecot CVE-2024-23185); folding without
    end; a header that never ends."""
    bomb(box, check, "fields", b"X-0: y\r\n" * 100000 + b"Subject: x\r\n\r\nx\r\n")
    bomb(box, check, "5 MB", b"Subject: " + (b"x" * 70 + b"\r\n ") * 70000 +
         b"\r\n\r\nx\r\n")
    bomb(box, check, "References", b"References: " + b"<a@b>\r\n " * 200000 +
         b"\r\nSubject: x\r\n\r\nx\r\n")
    bomb(box, check, "no body", b"X-0: y\r\n" * 500000)


@case(seconds=90)
def address_lists(box, check):
    """Dovecot aborts FETCH ENVELOPE of 200,000 empty groups (found with these
    tests); CVE-2024-23184 (many addresses), CVE-2019-19722 (empty groups)."""
    for name, addresses in (
            ("empty groups", b"g:;,\r\n " * 200000), ("groups", b"g:a@b,\r\n " * 100000),
            ("addresses", b"a@b.example,\r\n " * 200000), ("commas", b",\r\n " * 300000),
            ("routes", b"<@a,@b:c@d>,\r\n " * 100000),
            ("quotes", b'"a\\" <b@c>,\r\n ' * 100000), ("open", b"<" * 900 * 100),
            ("open groups", b"g:\r\n " * 100000)):
        lines = addresses if b"\r\n" in addresses else addresses[:900]
        bomb(box, check, name, b"Subject: x\r\nFrom: a@b\r\nTo: " + lines +
             b"z@z\r\nCc: " + lines[:100000].rpartition(b"\r\n ")[0] +
             b"\r\n\r\nx\r\n")


@case(seconds=60)
def comments_and_words(box, check):
    """Cyrus CVE-2026-47088 (comments in each other); encoded words by the
    thousand; quoted pairs."""
    for name, value in (("comments", (b"(" * 60 + b"\r\n ") * 10000),
                        ("closed", b"(" * 400 + b")" * 400),
                        ("words", b"=?utf-8?q?=41?=\r\n " * 50000),
                        ("charsets", b"=?x-%d?b?AAAA?= " * 40),
                        ("long word", b"=?utf-8?b?" + b"QUFB" * 200 + b"?="),
                        ("half words", b"=?utf-8?q?\r\n " * 50000)):
        value = value[:-3] if value.endswith(b"\r\n ") else value
        bomb(box, check, name, b"Subject: " + value + b"\r\nFrom: " + value +
             b" a@b\r\nTo: " + value + b"\r\n\r\nx\r\n")


@case(seconds=60)
def parameter_floods(box, check):
    """Dovecot CVE-2026-27859: RFC 2231 pieces by the hundred thousand, numbered
    oddly, in a part's Content-Type and Content-Disposition."""
    pieces = b"".join(b";\r\n name*%d=a" % n for n in range(60000))
    same = b";\r\n name*0=a" * 60000
    odd = (b"; name*99999999999=a; name*-1=b; name*00=c; name**=d; name*0*0=e;"
           b" name*4294967296=f; *=g; =h; ; name*=''; name*=utf-8''%FF%; name*=%")
    for name, value in (("pieces", pieces), ("same piece", same), ("odd", odd)):
        part = (b"Content-Type: text/plain" + value +
                b"\r\nContent-Disposition: attachment" +
                value.replace(b"name", b"filename") + b"\r\n\r\nx")
        bomb(box, check, name, multipart(b"b", [part]))


@case(seconds=60)
def content_encodings(box, check):
    """Text that decodes badly: base64 without end, =-signs, unknown charsets that
    name files, UTF-7, and lines of 5 MB."""
    for name, head, body in (
            ("base64", b"Content-Transfer-Encoding: base64", b"QUFB\r\n" * 500000),
            ("padding", b"Content-Transfer-Encoding: base64", b"====\r\n" * 300000),
            ("quoted", b"Content-Transfer-Encoding: quoted-printable",
             b"=\r\n" * 500000),
            ("charset", b"Content-Type: text/plain; charset=../../../etc/passwd",
             b"\xff" * 900),
            ("iso-2022", b"Content-Type: text/plain; charset=iso-2022-jp-3",
             b"\x1b$B" * 300),
            ("utf-7", b"Content-Type: text/plain; charset=utf-7", b"+AAA" * 200),
            ("html", b"Content-Type: text/html", b"<a <b " * 150)):
        bomb(box, check, name, b"Subject: x\r\nMIME-Version: 1.0\r\n" + head +
             b"\r\n\r\n" + body)


@case(seconds=30)
def structure_texts(box, check):
    """Strings of a message come out as strings: CR, LF, NUL, quotes, braces and
    literals in them change no response."""
    evil = b'x" NIL) {5}\\ \x01\x7f\xff % * ]'
    text = (b"Subject: " + evil + b"\r\nMessage-ID: " + evil + b"\r\nFrom: \"" + evil +
            b"\" <a@b>\r\nIn-Reply-To: {3}\r\n a OK\r\nDate: " + evil +
            b"\r\nMIME-Version: 1.0\r\nContent-Type: text/\"pl\"; a=\"" + evil +
            b"\"; b={10}\r\nContent-ID: " + evil + b"\r\nContent-Language: " + evil +
            b"\r\nContent-Location: " + evil + b"\r\nContent-MD5: " + evil +
            b"\r\nContent-Description: " + evil + b"\r\nContent-Disposition: " + evil +
            b"; a=\"\\\"\r\n\r\nneedle\r\n")
    bomb(box, check, "strings", text)


@case(seconds=30)
def pop3_of_bombs(box, check):
    """TOP of a message with no body, of one line of 900 kB and of dots only."""
    for text in (b"Subject: x\r\n", b"\r\n", b"Subject: x\r\n\r\n" + b"..\r\n" * 100000,
                 b"x" * 900000):
        with Smtp(box) as c:
            code, _ = c.deliver(text)
        check.that(code in (250, 500, 550, 554), f"{text[:10]}: {code}")
        with Pop(box, user=ANNA) as p:
            for command in ("TOP 1 0", "TOP 1 4294967295", "RETR 1", "UIDL", "LIST"):
                first, lines = timed(check, command, lambda: p.many(command))
                check.that(first.startswith(b"+OK") or code != 250,
                           f"{command}: {first!r}")
                check.that(p.say("NOOP").startswith(b"+OK"), f"{command}: in step")
        empty(box)


@case(seconds=40)
def costly_search(box, check):
    """A search through 100 messages of 1 MB gives others their turn."""
    body = (b"y" * 76 + b"\r\n") * 13000
    with Imap(box, user=ANNA, select="INBOX", timeout=30) as c:
        for n in range(40):
            c.append(b"Subject: %d\r\n\r\n" % n + body)
        with Bystander(box) as others:
            start = time.monotonic()
            _, end = c.command("SEARCH TEXT needle TEXT noodle BODY x")
            late = time.monotonic() - start
        check.that(end.startswith(b"OK") and late < 5 * SLOWER, f"{late:.1f} s")
        others.check(check, "SEARCH of 40 MB")
    empty(box)


if __name__ == "__main__":
    sys.exit(play())
