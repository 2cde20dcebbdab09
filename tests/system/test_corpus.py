#!/usr/bin/env python3
"""Odd mail goes in over SMTP and comes out byte for byte over IMAP and POP3;
ENVELOPE and BODYSTRUCTURE of every message are grammatical."""
import gzip
import glob
import os
import poplib
import re
import smtplib
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
from appliance import ROOT, Appliance, Checks  # noqa: E402
import imap_grammar  # noqa: E402

CORPUS = os.environ.get("PILLARBOX_CORPUS", os.path.join(ROOT, "../shared/corpus"))


def crlf(data):
    return re.sub(rb"\r\n|\r|\n", b"\r\n", data)


def corpus():
    for path in sorted(glob.glob(os.path.join(CORPUS, "*/*.eml"))):
        with open(path, "rb") as f:
            yield os.path.basename(path), f.read()
    for path in glob.glob(os.path.join(CORPUS, "*.mbox.gz")):
        with gzip.open(path) as f:
            parts = re.split(rb"(?m)^From .*\n", f.read())
        for number, part in enumerate(parts[1:]):
            yield f"{os.path.basename(path)}:{number}", part


def send(box, messages):
    s = smtplib.SMTP("127.0.0.1", box.port["smtp"])
    s.ehlo("client.example")
    for _, data in messages:
        s.mail("bob@example.com")
        s.rcpt("anna@example.org")
        s.docmd("DATA")
        text = re.sub(rb"(?m)^\.", b"..", data)
        if not text.endswith(b"\r\n"):
            text += b"\r\n"
        s.send(text + b".\r\n")
        code, answer = s.getreply()
        if code != 250:
            raise RuntimeError(f"{code} {answer}")
    s.quit()


def expected(data):
    return data if data.endswith(b"\r\n") else data + b"\r\n"


def check_trace(check, got, data, name):
    top = got[:len(got) - len(expected(data))]
    return check.that(
        got.endswith(expected(data)) and top.startswith(b"Return-Path: <")
        and b"\r\nReceived: from " in top and top.endswith(b"\r\n"),
        f"{name}: other bytes came out")


class Imap:
    """Just enough of a client to see every byte."""

    def __init__(self, box):
        self.file = box.connect("imaps").makefile("rwb")
        self.file.readline()
        self.count = 0
        self.command("LOGIN anna@example.org anna-secret")

    def response(self):
        line = self.file.readline()
        while (m := re.search(rb"\{(\d+)\}\r\n$", line)) is not None:
            line += self.file.read(int(m[1])) + self.file.readline()
        return line

    def command(self, text):
        self.count += 1
        tag = f"a{self.count}".encode()
        self.file.write(tag + b" " + text.encode() + b"\r\n")
        self.file.flush()
        lines = []
        while not (line := self.response()).startswith(tag + b" "):
            if not line:
                raise RuntimeError("the connection ended")
            lines.append(line)
        if not line.startswith(tag + b" OK"):
            raise RuntimeError(f"{text}: {line!r}")
        return lines


def over_imap(check, box, messages):
    c = Imap(box)
    c.command("SELECT INBOX")
    for number, (name, data) in enumerate(messages, 1):
        lines = c.command(f"FETCH {number} (UID RFC822.SIZE BODY.PEEK[] ENVELOPE"
                          " BODY BODYSTRUCTURE)")
        try:
            item = imap_grammar.fetch_response(lines[0])
            check_trace(check, item["BODY[]"], data, name)
            check.that(item["RFC822.SIZE"] == len(item["BODY[]"]),
                       f"{name}: RFC822.SIZE")
            imap_grammar.check_envelope(item["ENVELOPE"])
            imap_grammar.check_structure(item["BODY"])
            imap_grammar.check_structure(item["BODYSTRUCTURE"])
            check_sections(check, c, number, item, name)
        except imap_grammar.Wrong as why:
            check.that(False, f"{name}: {why}")


def check_sections(check, c, number, item, name):
    """HEADER and TEXT make the whole; each part has the size it claims."""
    lines = c.command(f"FETCH {number} (BODY.PEEK[HEADER] BODY.PEEK[TEXT]"
                      " BODY.PEEK[1])")
    parts = imap_grammar.fetch_response(lines[0])
    check.that(parts["BODY[HEADER]"] + parts["BODY[TEXT]"] == item["BODY[]"],
               f"{name}: HEADER and TEXT are not the whole")
    structure = item["BODYSTRUCTURE"]
    while isinstance(structure[0], list):
        structure = structure[0]
        if isinstance(structure[0], list):
            return  # part 1 is itself a multipart: no size is claimed
    check.that(len(parts["BODY[1]"] or b"") == structure[6],
               f"{name}: part 1 has {len(parts['BODY[1]'] or b'')} octets,"
               f" {structure[6]} are claimed")


def over_pop3(check, box, messages):
    p = poplib.POP3_SSL("127.0.0.1", box.port["pop3s"],
                        context=box.tls_context())
    p.user("anna@example.org")
    p.pass_("anna-secret")
    sizes = [int(x.split()[1]) for x in p.list()[1]]
    for number, (name, data) in enumerate(messages, 1):
        p._putcmd(f"RETR {number}")
        p._getresp()
        got = b""
        while (line := p.file.readline(1 << 20)) != b".\r\n":
            got += line[1:] if line.startswith(b"..") else line
        check_trace(check, got, data, f"{name} over POP3")
        check.that(len(got) == sizes[number - 1], f"{name}: LIST's size")
    p.quit()


def main():
    check = Checks()
    messages = [(name, crlf(data)) for name, data in corpus()]
    if not messages:
        check.skip(f"there is no mail in {CORPUS}")
        return check.report()
    with Appliance() as box:
        box.add_user("anna@example.org", "anna-secret")
        send(box, messages)
        over_imap(check, box, messages)
        over_pop3(check, box, messages)
    return check.report()


if __name__ == "__main__":
    sys.exit(main())
