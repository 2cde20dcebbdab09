#!/usr/bin/env python3
"""mutt opens the mailbox over IMAPS and POP3S in batch mode, and saves."""
import sys

from common import main


def run(c):
    for n in (1, 2, 3):
        c.deliver("anna", f"letter {n}")
    rc = c.write("muttrc", f"""
set ssl_force_tls=yes ssl_starttls=yes
set ssl_ca_certificates_file="{c.box.ca()}"
set certificate_file="{c.box.ca()}"
set imap_user="anna@example.org" imap_pass="anna-secret"
set pop_user="anna@example.org" pop_pass="anna-secret"
set header_cache="" message_cachedir=""
set confirmappend=no confirmcreate=no delete=yes quit=yes move=no sort=mailbox-order
set wait_key=no beep=no mail_check=1
""")
    box = f"imaps://localhost:{c.port('imaps')}/"
    saved = c.path("saved")
    c.run_on_terminal("mutt", "-n", "-F", rc, "-f", box + "INBOX", "-e",
          'push "<first-entry>' + f'<copy-message>{saved}<enter><next-entry>' * 3
          + '<first-entry><flag-message><quit>"')
    with open(saved, encoding="utf-8") as f:
        text = f.read()
    c.that(text.count("\nSubject: letter ") == 3,
           "three letters were copied out")
    imap = c.imap("anna")
    imap.select("INBOX")
    c.that(imap.search(None, "FLAGGED")[1][0] == b"1", "mutt's flag is there")
    imap.logout()
    c.run_on_terminal("mutt", "-n", "-F", rc, "-f", box + "INBOX", "-e",
          'push "<first-entry><copy-message>=Archive<enter><delete-message>'
          '<sync-mailbox><quit>"', "-e", f'set folder="{box}"')
    c.that(len(c.subjects("anna")) == 2, "one was deleted")
    c.that(c.subjects("anna", "Archive") == ["letter 1"], "and copied before")
    c.run_on_terminal("mutt", "-n", "-F", rc, "-f", f"pops://localhost:{c.port('pop3s')}/",
          "-e", f'push "<tag-pattern>~A<enter><tag-prefix><copy-message>{saved}2'
          '<enter><exit>"')
    with open(saved + "2", encoding="utf-8") as f:
        c.that(f.read().count("\nSubject: letter ") == 2, "over POP3 too")


sys.exit(main("mutt", run))
