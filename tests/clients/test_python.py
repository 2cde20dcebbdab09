#!/usr/bin/env python3
"""Python's smtplib, poplib and imaplib, end to end."""
import poplib
import smtplib
import sys
import time

from common import main

MAIL = ("From: ben@example.org\r\nTo: anna@example.org\r\nSubject: {}\r\n"
        "\r\n.one\r\n..two\r\n")


def send(c):
    tls = c.box.tls_context()
    s = smtplib.SMTP("localhost", c.box.port["submission"])
    s.starttls(context=tls)
    s.login("ben@example.org", "ben-secret")
    s.sendmail("ben@example.org", ["anna@example.org", "ben@example.org"],
               MAIL.format("587"))
    s.quit()
    s = smtplib.SMTP_SSL("localhost", c.box.port["submissions"], context=tls)
    s.login("ben@example.org", "ben-secret")
    for n in range(3):
        s.sendmail("ben@example.org", ["anna@example.org"], MAIL.format(n))
    try:
        s.sendmail("anna@example.org", ["anna@example.org"], MAIL.format("x"))
        c.that(False, "another's address as sender was taken")
    except (smtplib.SMTPSenderRefused, smtplib.SMTPRecipientsRefused) as why:
        c.that("553" in str(why), f"another's address: {why}")
    s.quit()


def pop(c):
    p = poplib.POP3("localhost", c.box.port["pop3"])
    p.stls(context=c.box.tls_context())
    p.user("anna@example.org")
    p.pass_("anna-secret")
    count, size = p.stat()
    c.that(count == 4, f"STAT: {count}")
    c.that(sum(int(x.split()[1]) for x in p.list()[1]) == size, "LIST adds up")
    uids = [x.split()[1] for x in p.uidl()[1]]
    c.that(len(set(uids)) == 4, "UIDL: four different")
    text = b"\r\n".join(p.retr(1)[1]) + b"\r\n"
    c.that(len(text) == int(p.list(1).split()[2]), "RETR has LIST's size")
    c.that(text.endswith(b"\r\n.one\r\n..two\r\n"), "dots are as they were")
    c.that(len(p.top(1, 0)[1]) < len(p.retr(1)[1]), "TOP is shorter")
    p.dele(4)
    p.rset()
    p.dele(2)
    p.quit()
    p = poplib.POP3_SSL("localhost", c.box.port["pop3s"],
                        context=c.box.tls_context())
    p.user("anna@example.org")
    p.pass_("anna-secret")
    left = [x.split()[1] for x in p.uidl()[1]]
    c.that(left == [uids[0], uids[2], uids[3]], "one is gone, UIDLs stay")
    p.quit()


def organise(c):
    i = c.imap("anna")
    i.create("Work/2026")
    i.select("INBOX")
    kind, data = i.uid("COPY", "1:*", "Work/2026")
    copied = i.response("COPYUID")[1]
    c.that(kind == "OK" and copied != [None] and len(copied[0].split()) == 3,
           f"COPY: {kind} {data} {copied}")
    kind, data = i.append("Work/2026", "(\\Seen $Label)",
                          '"02-Jan-2020 03:04:05 +0100"',
                          MAIL.format("appended").encode())
    c.that(kind == "OK" and b"APPENDUID" in data[0], f"APPEND: {data}")
    c.that(i.select("Work/2026")[1] == [b"4"], "four are there")
    kind, data = i.fetch("4", "(FLAGS INTERNALDATE RFC822.SIZE ENVELOPE)")
    c.that(b"$Label" in data[0] and b'"02-Jan-2020 02:04:05 +0000"' in data[0]
           and b'"appended"' in data[0], f"FETCH: {data}")
    i.store("1", "+FLAGS", "\\Deleted")
    c.that(i.expunge()[1] == [b"1"], "EXPUNGE")
    c.that(i.search(None, "SUBJECT", "appended")[1] == [b"3"], "SEARCH SUBJECT")
    c.that(i.search(None, "BODY", "..two")[1] == [b"1 2 3"], "SEARCH BODY")
    i.rename("Work/2026", "Work/Old")
    c.that(i.status("Work/Old", "(MESSAGES UIDNEXT UNSEEN)")[0] == "OK", "STATUS")
    i.delete("Work/Old")
    c.that(i.select("Work/Old")[0] == "NO", "it is gone")
    i.logout()


def idle(c):
    """IDLE sees a delivery, a flag set elsewhere and a POP3 DELE soon."""
    i = c.imap("anna")
    i.select("INBOX")
    tag = i._new_tag().decode()
    i.send(f"{tag} IDLE\r\n".encode())
    i.readline()

    def wait_for(word):
        start = time.time()
        i.sock.settimeout(5)
        while True:
            line = i.readline()
            if word in line:
                return time.time() - start

    c.deliver("anna", "while idle")
    c.that(wait_for(b"EXISTS") < 5, "a delivery is seen")
    other = c.imap("anna")
    other.select("INBOX")
    other.store("1", "+FLAGS", "\\Flagged")
    c.that(wait_for(b"\\Flagged") < 1, "a flag is seen")
    other.logout()
    p = poplib.POP3_SSL("localhost", c.box.port["pop3s"],
                        context=c.box.tls_context())
    p.user("anna@example.org")
    p.pass_("anna-secret")
    p.dele(1)
    p.quit()
    c.that(wait_for(b"EXPUNGE") < 1, "a POP3 DELE is seen")
    i.send(b"DONE\r\n")
    c.that(i.readline().startswith(tag.encode() + b" OK"), "DONE ends it")


def run(c):
    send(c)
    pop(c)
    organise(c)
    idle(c)


sys.exit(main(None, run))
