#!/usr/bin/env python3
"""Quota from outside: the command line, RCPT, APPEND and COPY, and that the
numbers are exact after mailstored was killed in the middle of deliveries."""
import imaplib
import json
import os
import random
import shutil
import smtplib
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
from appliance import Appliance, Checks  # noqa: E402

ANNA, BEN, CARL = "anna@example.org", "ben@example.org", "carl@example.org"
DEFAULT = 1 << 20
KILLS = 4
SENDERS = 3


def quota(box, user):
    return json.loads(box.cli("quota", "show", user, "--json").stdout)[0]


def imap(box, user):
    c = imaplib.IMAP4_SSL("127.0.0.1", box.port["imaps"],
                          ssl_context=box.tls_context())
    c.login(user, user.split("@", 1)[0] + "-secret")
    return c


def send(box, to, size=0):
    """The reply to the first command that was refused, or 250."""
    with smtplib.SMTP("127.0.0.1", box.port["smtp"], timeout=20) as c:
        c.ehlo("client.example")
        c.mail("bob@example.com", [f"SIZE={size}"] if size else [])
        for user in to:
            code, text = c.rcpt(user)
            if code != 250:
                return code, text
        return c.data(b"Subject: x\r\n\r\n" + b"0123456789\r\n" * 30)


def words(box, check):
    def code(*w):
        return box.cli("quota", *w, check=False).returncode

    check.that(code("show", "nobody") == 67, "nobody of that name: 67")
    check.that(code("set", "nobody", "5M") == 67, "nor can it have one")
    check.that(code("set", "anna", "5 apples") == 2, "no size: 2")
    check.that(code("set", "anna", "5M", "many") == 2, "no number: 2")
    check.that(code("recount") == 2, "recount whose? 2")
    row = quota(box, "anna")
    check.that(row["user"] == ANNA and row["limit"] in (DEFAULT, str(DEFAULT))
               and row["set_for"] == "all", f"without mail: {row}")
    box.cli("quota", "set", "anna", "10K", "20")
    row = quota(box, "anna")
    check.that(int(row["limit"]) == 10240 and int(row["max_messages"]) == 20
               and row["set_for"] == "user", f"set: {row}")
    box.cli("quota", "set", "anna", "2K")
    check.that(int(quota(box, "anna")["max_messages"]) == 20,
               "the other limit stays")
    plain = box.cli("quota", "list").stdout.decode()
    check.that(f"{ANNA}\t0\t2048\t0\t20\t0\tuser\n" in plain, f"list: {plain}")
    check.that(code("recount", "--all") == 0, "recount of all")


def full(box, check):
    for i in range(3):
        check.that(send(box, [ANNA])[0] == 250, f"message {i} fits")
    code, text = send(box, [ANNA], 700)
    check.that(code == 452 and text.startswith(b"4.2.2 "), f"RCPT: {code} {text}")
    code, text = send(box, [ANNA], 4000)
    check.that(code == 552 and text.startswith(b"5.2.2 "), f"RCPT: {code} {text}")
    code, text = send(box, [BEN, ANNA])
    check.that(code == 452 and text.startswith(b"4.2.2 "),
               f"the end of data, where no size was said: {code} {text}")
    check.that(int(quota(box, BEN)["messages"]) == 0, "nobody has it")
    c = imap(box, ANNA)
    c.select("INBOX")
    mail = b"Subject: y\r\n\r\n" + b"x" * 600 + b"\r\n"
    typ, data = c.append("Drafts", None, None, mail)
    check.that(typ == "NO" and b"[OVERQUOTA]" in data[0], f"APPEND: {data}")
    typ, data = c.copy("1:2", "Archive")
    check.that(typ == "NO" and b"[OVERQUOTA]" in data[0], f"COPY: {data}")
    check.that(c.getquotaroot("INBOX")[1][1][0] ==
               b"user (STORAGE 2 2 MESSAGE 3 20)", "GETQUOTAROOT")
    c.store("1", "+FLAGS", "\\Deleted")
    c.expunge()
    check.that(c.append("Drafts", None, None, mail)[0] == "OK",
               "room again after EXPUNGE")
    c.logout()
    check.that(send(box, [ANNA], 700)[0] == 452, "full again")
    done = box.cli("deliver", "anna", stdin="Subject: z\n\n" + 900 * "z" + "\n",
                   check=False)
    check.that(done.returncode == 75, "deliver: try again later (75)")


def on_disk(box, user):
    """Octets and messages in the account's files."""
    local, domain = user.split("@", 1)
    home = os.path.join(box.dir, "mail", domain, local)
    sizes = []
    for folder in [home] + [os.path.join(home, f) for f in os.listdir(home)
                            if f.startswith(".")]:
        for part in ("new", "cur"):
            where = os.path.join(folder, part)
            if os.path.isdir(where):
                sizes += [os.path.getsize(os.path.join(where, f))
                          for f in os.listdir(where)]
    return sum(sizes), len(sizes)


class Sender(threading.Thread):
    def __init__(self, box):
        super().__init__()
        self.box, self.over, self.accepted = box, False, 0

    def run(self):
        rng = random.Random(self.ident)
        while not self.over:
            try:
                to = rng.choice(([BEN], [CARL], [BEN, CARL]))
                self.accepted += send(self.box, to)[0] == 250
            except (OSError, smtplib.SMTPException):
                time.sleep(0.02)


def recount(box, check, why):
    rows = json.loads(box.cli("quota", "recount", "--all", "--json").stdout)
    for row in rows:
        check.that(int(row["bytes_off"]) == 0 and int(row["messages_off"]) == 0,
                   f"{why}: nothing to put right: {row}")
    return {row["user"]: (int(row["bytes"]), int(row["messages"]))
            for row in rows}


def kills(box, check):
    senders = [Sender(box) for _ in range(SENDERS)]
    for s in senders:
        s.start()
    for _ in range(KILLS):
        time.sleep(random.uniform(0.2, 0.8))
        if box.pid("mailstored") is not None:
            box.kill("mailstored")
    time.sleep(1)
    for s in senders:
        s.over = True
    for s in senders:
        s.join()
    check.that(sum(s.accepted for s in senders) > 0, "some were accepted")
    counts = recount(box, check, "after kill -9")
    for user in (BEN, CARL):
        check.that(counts[user] == on_disk(box, user),
                   f"{user}: {counts[user]}, on disk {on_disk(box, user)}")


def rebuilt(box, check):
    box.stop()
    shutil.rmtree(os.path.join(box.dir, "index"))
    check.that(int(quota(box, ANNA)["limit"]) == 2048,
               "without the index, and without the appliance")
    box.start()
    row = quota(box, ANNA)
    check.that(int(row["limit"]) == 2048 and int(row["max_messages"]) == 20,
               f"a user's own limits survive the index: {row}")
    counts = recount(box, check, "after a rebuild")
    check.that(counts[ANNA] == on_disk(box, ANNA), "counts are right")
    box.cli("quota", "set", "anna", "default", "default")
    row = quota(box, ANNA)
    check.that(int(row["limit"]) == DEFAULT and row["set_for"] == "all",
               f"default: {row}")


def inbox(box, user):
    """(Messages of INBOX, the warnings among them, what the login said)."""
    c = imap(box, user)
    said = c.untagged_responses.get("OK", [])
    c.select()
    total = len(c.search(None, "ALL")[1][0].split())
    found = c.search(None, "FROM", "postmaster@example.org")[1][0].split()
    texts = [c.fetch(n, "(BODY.PEEK[])")[1][0][1] for n in found]
    c.logout()
    return total, texts, b" ".join(said)


def wait_for_warnings(box, count):
    end = time.time() + 5
    while time.time() < end and len(inbox(box, ANNA)[1]) < count:
        time.sleep(0.05)
    return inbox(box, ANNA)


def warnings(box, check):
    box.cli("quota", "set", "anna", "1M", "20")
    for _ in range(15):
        send(box, [ANNA, BEN])
    total, texts, said = inbox(box, ANNA)
    check.that((total, texts) == (15, []), f"75 %: nothing yet: {total}")
    check.that(b"ALERT" not in said, f"nor at login: {said}")
    send(box, [ANNA, BEN])
    total, texts, said = wait_for_warnings(box, 1)
    check.that((total, len(texts)) == (17, 1), f"80 %: told once: {total}")
    text = texts[0] if texts else b""
    for line in (b"Subject: Your mailbox is 80 % full\r\n",
                 b"To: <anna@example.org>\r\n",
                 b"Auto-Submitted: auto-generated\r\n",
                 b"It holds 16 of 20 messages.\r\n",
                 b" KiB of 1.0 MiB.\r\n"):
        check.that(line in text, f"{line} in {text}")
    total, _, said = inbox(box, ANNA)
    check.that(b"[ALERT] Your mailbox is 85 % full" in said
               or b"Your mailbox is 85 % full" in said, f"at login: {said}")
    send(box, [ANNA])
    total, texts, _ = inbox(box, ANNA)
    check.that((total, len(texts)) == (18, 1), f"no second one: {total}")
    c = imap(box, ANNA)
    c.select()
    c.store("1:10", "+FLAGS.SILENT", "(\\Deleted)")
    c.expunge()
    c.logout()
    for _ in range(8):
        send(box, [ANNA])
    total, texts, _ = wait_for_warnings(box, 2)
    check.that(len(texts) == 2, f"told again, after it had been less: {total}")
    check.that(inbox(box, BEN)[1:] == ([], inbox(box, BEN)[2])
               and b"full" not in inbox(box, BEN)[2],
               "an account without a limit is never told")


def main():
    check = Checks()
    with Appliance("mail {\n  quota = 1M\n  quota_warning = 0\n}\n") as box:
        for user in (ANNA, BEN, CARL):
            box.add_user(user, user.split("@", 1)[0] + "-secret")
        words(box, check)
        full(box, check)
        kills(box, check)
        rebuilt(box, check)
    with Appliance("mail {\n  quota_warning = 80\n}\n") as box:
        for user in (ANNA, BEN):
            box.add_user(user, user.split("@", 1)[0] + "-secret")
        warnings(box, check)
    return check.report()


if __name__ == "__main__":
    sys.exit(main())
