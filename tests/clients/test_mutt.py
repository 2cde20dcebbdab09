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

    def mutt(folder, keys, *settings):
        """One visit: the keys are pressed as soon as the folder is open."""
        extra = [word for text in settings for word in ("-e", text)]
        c.run_on_terminal("mutt", "-n", "-F", rc, "-f", folder, *extra, "-e",
                          f'push "{keys}"')

    def copies(name):
        with open(c.path(name), encoding="utf-8") as f:
            return f.read().count("\nSubject: letter ")

    for n in (1, 2, 3):
        mutt(box + "INBOX", f"<jump>{n}<enter><copy-message>{c.path('saved')}"
             "<enter><exit>")
    c.that(copies("saved") == 3, "three letters were copied out")
    mutt(box + "INBOX", "<jump>1<enter><flag-message><quit>")
    imap = c.imap("anna")
    imap.select("INBOX")
    c.that(imap.search(None, "FLAGGED")[1][0] == b"1", "mutt's flag is there")
    imap.logout()
    mutt(box + "INBOX", "<jump>1<enter><copy-message>=Archive<enter>"
         "<delete-message><sync-mailbox><quit>", f'set folder="{box}"')
    c.that(len(c.subjects("anna")) == 2, "one was deleted")
    c.that(c.subjects("anna", "Archive") == ["letter 1"], "and copied before")
    for n in (1, 2):
        mutt(f"pops://localhost:{c.port('pop3s')}/", f"<jump>{n}<enter>"
             f"<copy-message>{c.path('popped')}<enter><exit>")
    c.that(copies("popped") == 2, "over POP3 too")


sys.exit(main("mutt", run))
