#!/usr/bin/env python3
"""fetchmail over IMAP with STARTTLS and POP3S; getmail over both with TLS."""
import sys

from common import main


def fetch(c, protocol, port, extra):
    sink = c.path(f"fetched-{protocol}")
    rc = c.write(".fetchmailrc", f"""
poll localhost protocol {protocol} port {port}
  user "anna@example.org" password "anna-secret"
  {extra} sslcertck sslcertfile "{c.box.ca()}"
  mda "cat >> {sink}" no rewrite
""", 0o600)
    c.run("fetchmail", "-f", rc, "--nodetach", "--nosyslog", "--keep", "-v",
          "--fetchall")
    with open(sink, encoding="utf-8") as f:
        return f.read()


def getmail(c, kind, port):
    sink = c.path(f"getmail-{kind}")
    rc = c.write(f"getmail-{kind}.rc", f"""
[retriever]
type = Simple{kind}SSLRetriever
server = localhost
port = {port}
username = anna@example.org
password = anna-secret
ca_certs = {c.box.ca()}
[destination]
type = MDA_external
path = /bin/sh
arguments = ("-c", "cat >> {sink}")
allow_root_commands = true
[options]
delete = false
read_all = true
""")
    c.run("getmail", "--getmaildir", c.home, "--rcfile", rc)
    with open(sink, encoding="utf-8") as f:
        return f.read().count("Subject: letter")


def run(c):
    for n in (1, 2, 3):
        c.deliver("anna", f"letter {n}", body="a line\n.\n..\n")
    text = fetch(c, "imap", c.port("imap"), "sslproto TLS1.2+")
    c.that(text.count("Subject: letter") == 3, "three over IMAP and STARTTLS")
    text = fetch(c, "pop3", c.port("pop3s"), "ssl")
    c.that(text.count("Subject: letter") == 3, "three over POP3S")
    for kind, port in (("IMAP", "imaps"), ("POP3", "pop3s")):
        c.that(getmail(c, kind, c.port(port)) == 3, f"getmail {kind}: three")


sys.exit(main("fetchmail", run))
