"""What the client tests share: an appliance with two users, and a way to run a
program and look at what it left in the mailbox. A client that is not installed
is skipped, with a line that says so."""
import email
import imaplib
import os
import shlex
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
from appliance import Appliance, Checks  # noqa: E402

SECONDS = 60


class Client(Checks):
    def __init__(self, box):
        super().__init__()
        self.box = box
        self.home = os.path.join(box.dir, "home")
        os.makedirs(self.home, exist_ok=True)

    def port(self, name):
        return str(self.box.port[name])

    def path(self, name):
        return os.path.join(self.home, name)

    def write(self, name, text, mode=0o600):
        path = self.path(name)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        os.chmod(path, mode)
        return path

    def run(self, *words, code=0, stdin=None, env=None):
        done = subprocess.run(
            words, cwd=self.home, input=stdin, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, timeout=SECONDS, check=False,
            env={**os.environ, "HOME": self.home, "LC_ALL": "C.UTF-8",
                 "TERM": "xterm", **(env or {})})
        out = done.stdout.decode(errors="replace")
        if not self.that(done.returncode == code,
                         f"{' '.join(words[:4])}... ended with {done.returncode}"):
            print(out[-3000:])
        return out

    def run_on_terminal(self, *words, code=0):
        """For programs that want one; `script` gives it to them."""
        line = " ".join(shlex.quote(w) for w in words)
        return self.run("script", "-qec", line, "/dev/null", code=code)

    def deliver(self, user, subject, body="Hello\n", **headers):
        head = "".join(f"{k.replace('_', '-')}: {v}\n" for k, v in headers.items())
        self.box.cli("deliver", user, stdin=(
            f"From: Bob <bob@example.com>\nTo: {user}@example.org\n"
            f"Subject: {subject}\n{head}\n{body}"))

    def imap(self, user):
        c = imaplib.IMAP4_SSL("127.0.0.1", self.box.port["imaps"],
                              ssl_context=self.box.tls_context())
        c.login(f"{user}@example.org", f"{user}-secret")
        return c

    def message(self, user, number, mailbox="INBOX"):
        c = self.imap(user)
        c.select(mailbox, readonly=True)
        data = c.fetch(str(number), "(BODY.PEEK[])")[1][0][1]
        c.logout()
        return data

    def subjects(self, user, mailbox="INBOX"):
        c = self.imap(user)
        count = int(c.select(mailbox, readonly=True)[1][0])
        subjects = []
        for n in range(1, count + 1):
            data = c.fetch(str(n), "(BODY.PEEK[HEADER])")[1][0][1]
            subjects.append(email.message_from_bytes(data)["Subject"])
        c.logout()
        return subjects


def main(program, run, settings=""):
    if program is not None and shutil.which(program) is None:
        print(f"skipped: {program} is not installed\n0 passed, 0 failed, 1 skipped")
        return 0
    with Appliance(settings) as box:
        box.add_user("anna@example.org", "anna-secret")
        box.add_user("ben@example.org", "ben-secret")
        c = Client(box)
        run(c)
    return c.report()
