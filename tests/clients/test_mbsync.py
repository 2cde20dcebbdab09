#!/usr/bin/env python3
"""mbsync: both ways, twice; the second time there is nothing to do."""
import os
import re
import sys

from common import main


def channel(c):
    return c.write(".mbsyncrc", f"""
IMAPAccount box
Host localhost
Port {c.port('imaps')}
User anna@example.org
Pass anna-secret
SSLType IMAPS
CertificateFile {c.box.ca()}

IMAPStore far
Account box

MaildirStore near
Path {c.path('mail')}/
Inbox {c.path('mail')}/INBOX
SubFolders Verbatim

Channel all
Far :far:
Near :near:
Patterns *
Create Both
Remove Both
Expunge Both
SyncState *
""")


def maildir(c, folder):
    found = []
    for part in ("cur", "new"):
        where = os.path.join(c.path("mail"), folder, part)
        if os.path.isdir(where):
            found += [os.path.join(where, f) for f in os.listdir(where)]
    return sorted(found)


def sync(c):
    out = c.run("mbsync", "-V", "-c", c.path(".mbsyncrc"), "all")
    return out


def snapshot(c):
    result = {}
    for where, _, files in os.walk(c.path("mail")):
        for name in files:
            if not name.startswith("."):
                path = os.path.join(where, name)
                result[path] = os.stat(path).st_mtime_ns
    return result


def run(c):
    os.makedirs(c.path("mail"), exist_ok=True)
    channel(c)
    for n in range(20):
        c.deliver("anna", f"number {n}", body="x" * n * 100 + "\n")
    sync(c)
    c.that(len(maildir(c, "INBOX")) == 20, "twenty messages came")
    c.that(os.path.isdir(c.path("mail/Sent")), "folders came")
    before = snapshot(c)
    out = sync(c)
    c.that(snapshot(c) == before, "the second time nothing changes here")
    c.that(not re.search(r"(?:\+[1-9]|\*[1-9]|#[1-9])", out),
           f"and mbsync says so: {out[-300:]}")
    # This side: a new message, a flag, a deletion, a folder.
    with open(c.path("mail/INBOX/new/1700000000.1.here"), "w",
              encoding="utf-8") as f:
        f.write("From: anna@example.org\nSubject: from here\n\nHello\n")
    first, second = maildir(c, "INBOX")[:2]
    base = os.path.basename(first).split(":2,")[0]
    os.rename(first, os.path.join(c.path("mail/INBOX/cur"), base + ":2,FS"))
    base = os.path.basename(second).split(":2,")[0]
    os.rename(second, os.path.join(c.path("mail/INBOX/cur"), base + ":2,T"))
    for part in ("cur", "new", "tmp"):
        os.makedirs(c.path(f"mail/Projects/{part}"))
    # The other side: a new message, a flag.
    c.deliver("anna", "from there")
    imap = c.imap("anna")
    imap.select("INBOX")
    imap.store("10", "+FLAGS", "\\Answered")
    imap.logout()
    sync(c)
    subjects = c.subjects("anna")
    c.that("from here" in subjects and len(subjects) == 21,
           f"the new one went up, one was deleted: {subjects}")
    c.that(len(maildir(c, "INBOX")) == 21, "the new one came down")
    c.that(any(":2," in p and "R" in p.split(":2,")[1]
               for p in maildir(c, "INBOX")), "the answer's flag came down")
    imap = c.imap("anna")
    imap.select("INBOX")
    c.that(imap.search(None, "FLAGGED")[1][0].split(), "the flag went up")
    c.that(b"Projects" in b" ".join(imap.list()[1]), "the folder went up")
    imap.logout()
    before = snapshot(c)
    out = sync(c)
    c.that(snapshot(c) == before, "after that, again nothing to do")
    c.that(not re.search(r"(?:\+[1-9]|\*[1-9]|#[1-9])", out), out[-300:])


sys.exit(main("mbsync", run))
