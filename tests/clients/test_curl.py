#!/usr/bin/env python3
"""curl: smtp(s), imap(s), pop3(s), in clear until STARTTLS and with TLS."""
import hashlib
import sys

from common import main

TEXT = ("From: bob@example.com\r\nTo: anna@example.org\r\nSubject: by curl\r\n"
        "\r\n.dot\r\n..two\r\nend\r\n")


def run(c):
    ca = ["--cacert", c.box.ca(), "-sS", "--max-time", "30"]
    who = ["-u", "anna@example.org:anna-secret"]
    sent = c.write("mail.eml", TEXT)
    with open(sent, "wb") as f:
        f.write(TEXT.encode())
    to = ["--mail-from", "bob@example.com", "--mail-rcpt", "anna@example.org",
          "-T", sent]
    c.run("curl", *ca, f"smtp://127.0.0.1:{c.port('smtp')}", *to)
    c.run("curl", *ca, "--ssl-reqd", f"smtp://127.0.0.1:{c.port('smtp')}", *to)
    own = ["--mail-from", "anna@example.org", "--mail-rcpt", "anna@example.org",
           "-T", sent]
    for login in ("PLAIN", "LOGIN", "PLAIN"):
        c.run("curl", *ca, *who, "--login-options", f"AUTH={login}",
              f"smtps://127.0.0.1:{c.port('submissions')}", *own)
    c.run("curl", *ca, *who, "--ssl-reqd",
          f"smtp://127.0.0.1:{c.port('submission')}", *own)
    got = []
    for scheme, name in (("imaps", "imaps"), ("imap", "imap")):
        url = f"{scheme}://127.0.0.1:{c.port(name)}/INBOX;UID=1"
        out = c.path(f"{name}.out")
        c.run("curl", *ca, *who, "--ssl-reqd", url, "-o", out)
        got.append(out)
    for scheme, name in (("pop3s", "pop3s"), ("pop3", "pop3")):
        out = c.path(f"{name}.out")
        c.run("curl", *ca, *who, "--ssl-reqd",
              f"{scheme}://127.0.0.1:{c.port(name)}/1", "-o", out)
        got.append(out)
    digests = set()
    for path in got:
        with open(path, "rb") as f:
            data = f.read()
        c.that(data.endswith(TEXT.encode()), f"{path} ends with what was sent")
        digests.add(hashlib.sha256(data).hexdigest())
    c.that(len(digests) == 1, "four ways to read it, one content")
    out = c.run("curl", *ca, *who, f"imaps://127.0.0.1:{c.port('imaps')}/INBOX",
                "-X", "SEARCH SUBJECT curl")
    c.that(out.split() == ["*", "SEARCH", "1", "2", "3", "4", "5", "6"], out)
    out = c.run("curl", *ca, *who, f"imaps://127.0.0.1:{c.port('imaps')}/")
    c.that(all(name in out for name in ("INBOX", "Sent", "Trash")), out)
    c.run("curl", *ca, "-u", "anna@example.org:wrong",
          f"imaps://127.0.0.1:{c.port('imaps')}/", code=67)
    c.run("curl", *ca, "-u", "anna@example.org:wrong",
          f"pop3s://127.0.0.1:{c.port('pop3s')}/", code=67)
    c.run("curl", *ca, f"imaps://127.0.0.1:{c.port('imaps')}/Sent", *who, "-T",
          sent)
    c.that(c.subjects("anna", "Sent") == ["by curl"], "APPEND by curl")


sys.exit(main("curl", run))
