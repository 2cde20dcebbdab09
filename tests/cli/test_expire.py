#!/usr/bin/env python3
"""Trash and Junk empty themselves; what they let go of can be brought back."""
import imaplib
import json
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
from appliance import Appliance, Checks  # noqa: E402

ANNA, SECRET = "anna@example.org", "anna-secret"
KEEP = 8
SETTINGS = f"mail {{\n  trash_keep = {KEEP}s\n  junk_keep = 0\n}}\n"
OLD = '"01-Jan-2001 10:00:00 +0000"'


def imap(box):
    c = imaplib.IMAP4_SSL("127.0.0.1", box.port["imaps"],
                          ssl_context=box.tls_context())
    c.login(ANNA, SECRET)
    return c


def count(box, mailbox):
    c = imap(box)
    _, rows = c.select(mailbox, readonly=True)
    c.logout()
    return int(rows[0])


def wait_for(box, mailbox, wanted, seconds):
    end = time.time() + seconds
    while time.time() < end and count(box, mailbox) != wanted:
        time.sleep(0.3)
    return count(box, mailbox)


def fill(box):
    """Two messages to each, dated long ago."""
    c = imap(box)
    for mailbox in ("INBOX", "Trash", "Junk"):
        for n in range(2):
            c.append(mailbox, None, OLD,
                     f"Subject: {mailbox} {n}\r\n\r\nHello\r\n".encode())
    c.logout()


def main():
    check = Checks()
    with Appliance(SETTINGS) as box:
        box.add_user(ANNA, SECRET)
        fill(box)
        began = time.time()
        c = imap(box)
        c.select("Trash")
        time.sleep(KEEP / 2)
        check.that(time.time() - began < KEEP and count(box, "Trash") == 2,
                   "how old the messages are does not count")
        c.select("INBOX")
        c.uid("MOVE", "1", "Trash")
        check.that(wait_for(box, "Trash", 1, 3 * KEEP) == 1,
                   "what came first goes first")
        check.that(time.time() - began >= KEEP - 1, "and not too soon")
        check.that(wait_for(box, "Trash", 0, 3 * KEEP) == 0,
                   "what was moved there goes later")
        check.that(count(box, "Junk") == 2 and count(box, "INBOX") == 1,
                   "other mailboxes are left alone")
        c.logout()
        kept = json.loads(box.cli("message", "list", ANNA, "--deleted",
                                  "--json").stdout)
        check.that(len(kept) == 3, f"all can be brought back: {kept}")
        box.cli("undelete", ANNA, "--since", "1h")
        check.that(count(box, "Trash") == 3, "and come back")
        check.that(box.cli("index", "check", "--all", check=False).returncode
                   == 0, "index and files agree")
    return check.report()


if __name__ == "__main__":
    sys.exit(main())
