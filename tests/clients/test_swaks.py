#!/usr/bin/env python3
"""swaks: port 25, 587 with STARTTLS and AUTH, 465 with TLS at once."""
import sys

from common import main


def run(c):
    to = "anna@example.org"

    def swaks(*words, code=0):
        return c.run("swaks", "--server", "127.0.0.1", "--to", to, "--timeout",
                     "20", *words, code=code)

    swaks("--port", c.port("smtp"), "--from", "bob@example.com",
          "--header", "Subject: plain", "--body", "line\n.\n..dots\nend")
    swaks("--port", c.port("smtp"), "--from", "bob@example.com", "--tls",
          "--header", "Subject: starttls")
    for mech in ("PLAIN", "LOGIN"):
        swaks("--port", c.port("submission"), "--from", "ben@example.org",
              "--tls", "--auth", mech, "--auth-user", "ben@example.org",
              "--auth-password", "ben-secret", "--header", f"Subject: 587 {mech}")
        swaks("--port", c.port("submissions"), "--from", "ben@example.org",
              "--tls-on-connect", "--auth", mech, "--auth-user",
              "ben@example.org", "--auth-password", "ben-secret",
              "--header", f"Subject: 465 {mech}")
    c.that(c.subjects("anna") == ["plain", "starttls", "587 PLAIN", "465 PLAIN",
                                  "587 LOGIN", "465 LOGIN"],
           f"all of it is there: {c.subjects('anna')}")
    c.that(b"\r\n.\r\n..dots\r\nend" in c.message("anna", 1),
           "dots come out as they went in")
    out = c.run("swaks", "--server", "127.0.0.1", "--port", c.port("smtp"),
                "--to", "nobody@example.org", "--from", "b@example.com", code=24)
    c.that("550 5.1.1" in out, "an unknown recipient: 550 5.1.1")
    out = c.run("swaks", "--server", "127.0.0.1", "--port", c.port("smtp"),
                "--to", "x@elsewhere.example", "--from", "b@example.com", code=24)
    c.that("550 5.7.1" in out, "no relaying: 550 5.7.1")
    out = swaks("--port", c.port("submission"), "--tls", "--auth", "PLAIN",
                "--auth-user", "ben@example.org", "--auth-password", "wrong",
                code=28)
    c.that("535 5.7.8" in out, "a wrong password: 535 5.7.8")


sys.exit(main("swaks", run))
