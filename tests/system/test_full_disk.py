#!/usr/bin/env python3
"""A full disk: new mail is put off with a temporary answer, reading goes on, and
service resumes by itself when there is room. (A small tmpfs; needs root.)"""
import imaplib
import os
import shutil
import smtplib
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
from appliance import Appliance, Checks  # noqa: E402

SIZE = "48m"


def send(box, kilobytes):
    body = ("x" * 70 + "\r\n") * (kilobytes * 1024 // 72)
    with smtplib.SMTP("127.0.0.1", box.port["smtp"], timeout=30) as s:
        try:
            s.sendmail("bob@example.com", ["anna@example.org"],
                       "Subject: filling\r\n\r\n" + body)
            return 250, b""
        except smtplib.SMTPRecipientsRefused as why:
            return next(iter(why.recipients.values()))
        except smtplib.SMTPResponseException as why:
            return why.smtp_code, why.smtp_error


def try_append(box):
    c = imaplib.IMAP4_SSL("127.0.0.1", box.port["imaps"],
                          ssl_context=box.tls_context())
    c.login("anna@example.org", "anna-secret")
    kind, data = c.append("Sent", None, None, b"Subject: x\r\n\r\n" + b"y" * 4000000)
    c.select("INBOX")
    read = c.fetch("1", "(BODY.PEEK[])")
    c.logout()
    return kind, data[0], read


def fill(path):
    with open(path, "wb") as f:
        try:
            while True:
                f.write(b"\0" * 65536)
                f.flush()
        except OSError:
            pass


def run(check, mount):
    with Appliance(directory=mount) as box:
        box.add_user("anna@example.org", "anna-secret")
        check.that(send(box, 100)[0] == 250, "there is room at first")
        fill(os.path.join(mount, "ballast"))
        code, text = send(box, 2000)
        check.that(code in (451, 452), f"full: {code} {text}")
        kind, data, read = try_append(box)
        check.that(kind == "NO", f"APPEND to a full disk: {kind} {data}")
        check.that(read[0] == "OK" and b"filling" in read[1][0][1],
                   "reading goes on")
        os.unlink(os.path.join(mount, "ballast"))
        code, text = send(box, 100)
        check.that(code == 250, f"room again, served again: {code} {text}")
        check.that(box.cli("index", "check", "--all", check=False).returncode == 0,
                   "files and index agree")


def main():
    check = Checks()
    mount = tempfile.mkdtemp(prefix="pillarbox-full-")
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs",
                           mount], check=False, stderr=subprocess.PIPE)
    if done.returncode != 0:
        check.skip(f"no tmpfs: {done.stderr.decode().strip()}")
        os.rmdir(mount)
        return check.report()
    try:
        run(check, mount)
    finally:
        subprocess.run(["umount", mount], check=False)
        shutil.rmtree(mount, ignore_errors=True)
    return check.report()


if __name__ == "__main__":
    sys.exit(main())
