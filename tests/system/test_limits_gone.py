#!/usr/bin/env python3
"""Directories that are removed, or whose disk goes away and comes back, under a
running appliance and under a stopped one.

Meanwhile: temporary answers, or an empty thing made again as the store's rules
say; nobody else is harmed; the log says what to do. When the directory is back
everything is there again, with its UIDs, and nobody had to help.
"""
import os
import re
import shutil
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
from appliance import Appliance, Checks, bin_dir  # noqa: E402
from letters import NET, Post  # noqa: E402

# A process that ends on purpose, in the middle of things, frees nothing.
os.environ["ASAN_OPTIONS"] = "detect_leaks=0"

MANY = 130  # more than the store takes for an accident (STORE_GUARD_COUNT)
NAMES_SECONDS = 7  # until flags are in the files' names
BACK_SECONDS = 40 if "asan" in bin_dir() else 15


class Gone:
    def __init__(self, check, box):
        self.check, self.box = check, box
        self.post = Post(box)
        for user in ("anna", "ben", "carla"):
            self.post.add_user(user)
        c = self.post.log_in("anna")
        for _ in range(MANY):
            name = self.post.next_id()
            c.append("INBOX", None, None, self.post.text(name).encode())
            self.post.sent["anna"][name] = 250
        c.create("Work")
        for n in range(3):
            c.append("Work", "(\\Flagged)", None,
                     self.post.text(f"work-{n}").encode())
        c.logout()
        for user in ("ben", "carla"):
            self.post.send(user)
        time.sleep(1)

    def path(self, *parts):
        return os.path.join(self.box.dir, *parts)

    def maildir(self, user, *parts):
        return self.path("mail/example.org", user, *parts)

    def state(self, user):
        return (self.post.read(user), self.post.read(user, "Work")
                if user == "anna" else None)

    def answers(self, what, user):
        """Mail for who is touched: stored or put off, never refused."""
        code = self.post.send(user)
        self.check.that(code == 250 or 400 <= code < 500,
                        f"{what}: mail was answered {code}")
        try:
            self.post.read(user)
            self.post.read(user, "Work")
        except NET as why:
            self.check.that("rejected" not in str(why) and
                            "AUTHENTICATIONFAILED" not in str(why),
                            f"{what}: a temporary answer: {why}")
        return code

    def others_served(self, what):
        self.check.that(self.post.send("ben") == 250,
                        f"{what}: others get their mail")
        try:
            self.check.that(self.post.read("ben"), f"{what}: others read")
        except NET as why:
            self.check.that(False, f"{what}: others read: {why}")

    def back(self, what, user, before):
        """before: what must be there again, with its UIDs."""
        took = self.post.wait(["ben", user], BACK_SECONDS)
        self.check.that(took is not None, f"{what}: served again by itself")
        end = time.time() + BACK_SECONDS
        now = ({}, None)
        while time.time() < end:
            try:
                now = self.state(user)
            except NET:
                now = ({}, None)
            if before[0].items() <= now[0].items() and before[1] == now[1]:
                break
            time.sleep(0.3)
        self.check.that(before[0].items() <= now[0].items(),
                        f"{what}: all of it is back, with its UIDs: "
                        f"{sorted(before[0].items() - now[0].items())[:4]} "
                        f"of {len(before[0])}, {len(now[0])} there")
        self.check.that(before[1] == now[1], f"{what}: Work is: {now[1]}")
        wrong = self.post.look()
        self.check.that(not wrong, f"{what}: {wrong[:5]}")
        print(f"{what}: back in {took} s", flush=True)

    # --- cases ------------------------------------------------------------------

    def moved_away(self, label, path, user, stopped=False, others=True,
                   remedy=None):
        what = f"{label}, {'stopped' if stopped else 'running'}"
        before = self.state(user)
        seen = len(self.box.log())
        if stopped:
            self.box.stop()
        os.rename(path, path + ".away")
        if stopped:
            self.start_on_nothing()
        time.sleep(1.2)
        for _ in range(2):
            self.answers(what, user)
            if others:
                self.others_served(what)
        if remedy is not None:
            said = re.search(remedy, self.box.log()[seen:])
            self.check.that(said, f"{what}: the log says what to do")
        if os.path.exists(path):
            self.merge(path, path + ".away")
            shutil.rmtree(path)
        os.rename(path + ".away", path)
        self.back(what, user, before)

    @staticmethod
    def merge(made, away):
        """Mail that came meanwhile; what an administrator would do."""
        for where, _, files in os.walk(made):
            part = os.path.basename(where)
            to = os.path.join(away, os.path.relpath(where, made))
            if part in ("new", "cur") and os.path.isdir(to):
                for name in files:
                    os.rename(os.path.join(where, name),
                              os.path.join(to, name))

    def start_on_nothing(self):
        """It may say that it is not ready; then it goes on trying."""
        import appliance
        was, appliance.START_SECONDS = appliance.START_SECONDS, 1
        stop, self.box.stop = self.box.stop, lambda **_: None
        try:
            self.box.start()
        except RuntimeError:
            pass
        finally:
            appliance.START_SECONDS, self.box.stop = was, stop

    def removed(self):
        """For good: the account lives on, empty."""
        what = "an account's directory removed for good"
        shutil.rmtree(self.maildir("carla"))
        self.post.sent["carla"] = {}
        self.answers(what, "carla")
        self.others_served(what)
        took = self.post.wait(["carla", "ben"], BACK_SECONDS)
        self.check.that(took is not None, f"{what}: served again by itself")
        wrong = self.post.look()
        self.check.that(not wrong, f"{what}: {wrong[:5]}")

        for part in ("new", "tmp"):
            shutil.rmtree(self.maildir("carla", part))
            self.post.sent["carla"] = {}
            left = set(self.post.read("carla").values())
            self.post.sent["carla"] = {name: 250 for name in left}
            self.answers(f"{part} removed for good", "carla")
            took = self.post.wait(["carla"], BACK_SECONDS)
            self.check.that(took is not None,
                            f"{part} removed for good: made again")
        shutil.rmtree(self.path("mail/tmp"))
        self.answers("tmp of all removed for good", "carla")
        took = self.post.wait(["carla", "ben"], BACK_SECONDS)
        self.check.that(took is not None, "tmp of all is made again")

    def accounts(self):
        """Nobody is refused because the accounts' disk is away."""
        what = "the accounts"
        before = self.state("anna")
        os.rename(self.path("accounts"), self.path("accounts.away"))
        self.answers(what, "anna")
        done = self.box.cli("user", "add", "x@example.org", "--stdin",
                            stdin="a-secret\n", check=False)
        self.check.that(done.returncode != 0, f"{what}: no new one meanwhile")
        if self.box.pid("authd") is not None:  # the new account may have been
            self.box.kill("authd")             # its end already
        time.sleep(0.5)
        self.answers(what + ", authd killed", "anna")
        self.check.that("is a disk not mounted?" in self.box.log(),
                        f"{what}: the log says what to do")
        shutil.rmtree(self.path("accounts"), ignore_errors=True)
        os.rename(self.path("accounts.away"), self.path("accounts"))
        self.back(what, "anna", before)

    def sockets(self):
        """Programs that live keep their lines; those that start wait."""
        what = "the sockets' directory removed"
        before = self.state("anna")
        shutil.rmtree(self.path("sock"))
        self.others_served(what)
        for program in ("smtpd", "imapd-lite"):
            self.box.kill(program)
        self.back(what, "anna", before)
        self.box.kill("mailstored")
        self.back(what + ", mailstored killed", "anna", before)

    def index(self, how):
        what = f"the index {how}"
        before = self.state("anna")
        c = self.post.log_in("anna")
        c.select("Work")
        c.store("1", "+FLAGS", "(\\Answered)")
        time.sleep(NAMES_SECONDS)
        if how == "removed":
            shutil.rmtree(self.path("index"))
        else:
            os.rename(self.path("index"), self.path("index.away"))
        self.answers(what, "anna")
        time.sleep(1.5)
        self.post.doubt()  # mailstored has ended
        self.back(what, "anna", before)
        self.box.kill("mailstored")
        self.back(f"{what}, mailstored killed", "anna", before)
        c = self.post.log_in("anna")
        c.select("Work")
        found = c.search(None, "ANSWERED")[1][0]
        self.check.that(found == b"1", f"{what}: flags live on: {found}")
        c.store("1", "-FLAGS", "(\\Answered)")
        c.logout()
        shutil.rmtree(self.path("index.away"), ignore_errors=True)


def run(check, box):
    g = Gone(check, box)
    account = r"event=account-missing .*anna@example\.org"
    for stopped in (False, True):
        g.moved_away("an account's directory", g.maildir("anna"), "anna",
                     stopped, remedy=account if stopped else None)
        g.moved_away("a mailbox", g.maildir("anna", ".Work"), "anna", stopped)
        for part in ("cur", "new", "tmp"):
            g.moved_away(f"{part} of INBOX", g.maildir("anna", part), "anna",
                         stopped)
            g.moved_away(f"{part} of a mailbox", g.maildir("anna", ".Work", part),
                         "anna", stopped)
        g.moved_away("a domain", g.path("mail/example.org"), "anna", stopped,
                     others=False)
        g.moved_away("all mail", g.path("mail"), "anna", stopped, others=False)
    g.removed()
    g.accounts()
    g.sockets()
    for how in ("removed", "moved away"):
        g.index(how)
    done = box.cli("index", "check", "--all", check=False)
    check.that(done.returncode == 0, "index and files agree: "
               + done.stdout.decode() + done.stderr.decode())


def main():
    check = Checks()
    with Appliance() as box:
        run(check, box)
    return check.report()


if __name__ == "__main__":
    sys.exit(main())
