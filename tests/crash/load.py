"""Mixed load on an appliance, until something breaks: senders by SMTP, for each
user a client that does by IMAP what can be done, one command at a time, and an
administrator who makes accounts.

    users = make_users(box)
    look(box, users)                 # [], and the model knows what is there
    load = Load(box, users, seed)
    ... the crash, the recovery ...
    load.end()
    wrong = look(box, users)         # sentences
"""
import imaplib
import random
import re
import smtplib
import socket
import threading
import time

from appliance import bin_dir
from model import Box, User, changed, id_of, numbers, rename, text_of, RECENT

USERS = ("anna", "ben", "carla")
SENDERS = 3
ACCOUNT_SECONDS = 0.2
POOL = [f"b{n}" for n in range(5)]
FLAGS = ["\\Seen", "\\Flagged", "\\Answered", "\\Draft", "$Forwarded", "kw1",
         "kw2"]
BUSY = 80  # messages in one mailbox before many are expunged
NET = (OSError, EOFError, imaplib.IMAP4.error, smtplib.SMTPException)


class Refused(Exception):
    """NO, BAD, or no answer: the outcome is not known."""


def make_users(box):
    users = [User(f"{name}@example.org", f"{name}-secret") for name in USERS]
    for user in users:
        box.add_user(user.name, user.password)
    box.accounts = {user.name for user in users}  # that must be there
    return users


def log_in(box, user):
    c = imaplib.IMAP4_SSL("127.0.0.1", box.port["imaps"], timeout=20,
                          ssl_context=box.tls_context())
    c.login(user.name, user.password)
    return c


def quoted(name):
    return f'"{name}"'


def served_seconds():
    return 15.0 if "asan" in bin_dir() else 5.0


def is_served(box, users):
    """Until then there is no service: a turn through every program. RCPT goes
    as far as the store, which promises room."""
    for user in users:
        c = log_in(box, user)
        c.select("INBOX")
        c.logout()
    with smtplib.SMTP("127.0.0.1", box.port["smtp"], timeout=10) as s:
        return s.ehlo()[0] == 250 and s.mail("bob@example.com")[0] == 250 \
            and all(s.rcpt(user.name)[0] == 250 for user in users)


# --- what is there ------------------------------------------------------------


def read_box(user, c, name):
    c.response("UIDVALIDITY")
    if c.select(quoted(name), readonly=True)[0] != "OK":
        user.complain("cannot select", name)
        return Box()
    box = Box(int(c.response("UIDVALIDITY")[1][0]))
    if int(c.untagged_responses.get("EXISTS", [b"0"])[-1] or 0) == 0:
        return box
    data = c.uid("FETCH", "1:*", "(UID FLAGS RFC822.SIZE BODY.PEEK[])")[1]
    for n, item in enumerate(data):
        if isinstance(item, tuple):
            rest = data[n + 1] if isinstance(data[n + 1], bytes) else b""
            read_message(user, name, box, item[0] + b" " + rest, item[1])
    return box


def read_message(user, where, box, about, text):
    uid = int(re.search(rb"UID (\d+)", about)[1])
    size = int(re.search(rb"RFC822\.SIZE (\d+)", about)[1])
    flags = re.search(rb"FLAGS \(([^)]*)\)", about)[1].decode().split()
    name = id_of(text)
    if name is None or not text.endswith(text_of(name)) or size != len(text):
        user.complain(where, "UID", uid, name, "is not what was sent:", size,
                      len(text))
    if uid in box.messages:
        user.complain(where, "UID", uid, "is there twice")
    box.add(uid, name, set(flags) - {RECENT})


def names_in(data):
    return {re.search(rb'"([^"]*)"$', line)[1].decode() for line in data
            if line and b"\\Noselect" not in line}


def look(box, users):
    """What does not agree with what each user may expect."""
    wrong = []
    for user in users:
        c = log_in(box, user)
        names = names_in(c.list()[1])
        boxes = {name: read_box(user, c, name) for name in names}
        wrong += user.compare(boxes, names_in(c.lsub()[1]))
        c.logout()
    lines = box.cli("user", "list").stdout.decode().splitlines()
    listed = [line.split()[0] for line in lines]
    if not box.accounts <= set(listed) or len(set(listed)) != len(listed):
        wrong.append(f"accounts {box.accounts - set(listed)} are not there, "
                     f"or one is twice in {listed}")
    return wrong


# --- senders ------------------------------------------------------------------


class Sender:
    def __init__(self, load, number):
        self.load, self.number = load, number
        self.rng = random.Random(f"{load.seed} sender {number}")

    def run(self):
        s, count = None, 0
        while not self.load.over:
            count += 1
            name = f"{self.load.seed}-s{self.number}-{count}"
            to = self.rng.sample(self.load.users, self.rng.choice((1, 1, 2)))
            try:
                if s is None:
                    s = smtplib.SMTP("127.0.0.1", self.load.box.port["smtp"],
                                     timeout=20)
                self.send(s, name, to)
            except NET:
                if s is not None:
                    s.close()
                s = None
                time.sleep(0.02)
        if s is not None:
            s.close()

    def send(self, s, name, to):
        for user in to:
            with user.lock:
                user.tried.add(name)
        refused = s.sendmail("bob@example.com", [u.name for u in to],
                             text_of(name))
        for user in to:
            if user.name not in refused:
                with user.lock:
                    user.acked.add(name)
                    self.load.count += 1


class Administrator:
    def __init__(self, load):
        self.load = load

    def run(self):
        count = 0
        while not self.load.over:
            count += 1
            name = f"u{self.load.seed}-{count}@example.org"
            done = self.load.box.cli("user", "add", name, "--stdin",
                                     stdin="a-secret\n", check=False)
            if done.returncode == 0:
                self.load.box.accounts.add(name)
            time.sleep(ACCOUNT_SECONDS)


# --- clients ------------------------------------------------------------------


class Client:
    """Ends with the first command whose outcome is not known."""

    def __init__(self, load, user):
        self.load, self.user = load, user
        self.rng = random.Random(f"{load.seed} client {user.name}")
        self.c, self.open, self.serial = None, None, 0

    def run(self):
        kinds = {self.learn: 4, self.append: 5, self.store: 6, self.copy: 3,
                 self.move: 3, self.expunge: 3, self.create: 2, self.rename: 1,
                 self.delete: 1, self.subscribe: 2}
        try:
            self.c = log_in(self.load.box, self.user)
            while not self.load.over:
                self.rng.choices(list(kinds), list(kinds.values()))[0]()
        except Refused as why:
            self.load.refused(self.user, why)
        except NET as why:
            self.load.refused(self.user, why)
        if self.c is not None:
            try:
                self.c.sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def ask(self, pending, command, *words):
        """Once it is OK the outcome is known; until then it is not."""
        self.user.pending = pending
        kind, data = command(*words)
        if kind != "OK":
            raise Refused(f"{pending}: {kind} {data}")
        self.user.pending = None
        self.load.count += 1
        return data

    def select(self, name):
        if self.open == name:
            return
        self.c.response("UIDVALIDITY")
        self.ask(("select",), self.c.select, quoted(name))
        self.open = name
        box = self.user.boxes[name]
        validity = int(self.c.response("UIDVALIDITY")[1][0])
        if box.validity not in (None, validity):
            self.user.complain(name, "UIDVALIDITY", box.validity, "became",
                               validity)
        box.validity = validity

    def some(self, most=8):
        """A mailbox that is open, and UIDs in it."""
        names = [n for n, b in sorted(self.user.boxes.items()) if b.messages]
        if not names:
            return None, []
        name = self.rng.choice(names)
        self.select(name)
        uids = sorted(self.user.boxes[name].messages)
        many = min(len(uids), self.rng.randint(1, most))
        return name, sorted(self.rng.sample(uids, many))

    def learn(self):
        """What SMTP brought: from now on it may not go away again."""
        self.select("INBOX")
        box = self.user.boxes["INBOX"]
        data = self.ask(("learn",), self.c.uid, "FETCH", f"{box.top + 1}:*",
                        "(UID FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
        for item in data:
            if not isinstance(item, tuple):
                continue
            uid = int(re.search(rb"UID (\d+)", item[0])[1])
            if uid <= box.top:
                continue  # "*" is the last one, however low
            flags = re.search(rb"FLAGS \(([^)]*)\)", item[0])[1].decode()
            name = id_of(item[1])
            with self.user.lock:
                if name in self.user.located or name not in self.user.tried:
                    self.user.complain("INBOX shows", name, "again")
                self.user.located.add(name)
            self.note("INBOX", uid, name, set(flags.split()) - {RECENT})

    def note(self, box, uid, name, flags):
        if uid <= self.user.boxes[box].top:
            self.user.complain(box, "UID", uid, "was given below",
                               self.user.boxes[box].top)
        self.user.boxes[box].add(uid, name, flags)
        if self.user.boxes[box].validity is not None:
            self.user.remember(self.user.boxes[box].validity, uid, name)

    def append(self):
        box = self.rng.choice([n for n in sorted(self.user.boxes)
                               if n != "INBOX"])
        flags = frozenset(self.rng.sample(FLAGS, self.rng.randint(0, 3)))
        self.serial += 1
        name = f"{self.load.seed}-{self.user.name.split('@')[0]}-{self.serial}"
        data = self.ask(("append", box, name, flags), self.c.append,
                        quoted(box), f"({' '.join(sorted(flags))})", None,
                        text_of(name))
        validity, uid = re.search(rb"APPENDUID (\d+) (\d+)", data[0]).groups()
        self.user.boxes[box].validity = int(validity)
        self.note(box, int(uid), name, flags)

    def store(self):
        box, uids = self.some(30)
        if not uids:
            return
        words = frozenset(self.rng.sample(FLAGS, self.rng.randint(1, 3)))
        sign = self.rng.choice("++-")
        self.ask(("store", box, uids, sign, words), self.c.uid, "STORE",
                 ",".join(map(str, uids)), f"{sign}FLAGS.SILENT",
                 f"({' '.join(sorted(words))})")
        messages = self.user.boxes[box].messages
        for uid in uids:
            name, flags = messages[uid]
            messages[uid] = (name, changed(flags, sign, words))

    def transfer(self, kind):
        """The COPYUID and the model follow; INBOX is SMTP's alone."""
        box, uids = self.some()
        targets = [n for n in sorted(self.user.boxes) if n not in
                   ("INBOX", box)]
        if not uids or not targets:
            return
        to = self.rng.choice(targets)
        messages = self.user.boxes[box].messages
        which = {uid: messages[uid][0] for uid in uids}
        self.c.response("COPYUID")
        self.ask((kind, box, which, to), self.c.uid, kind.upper(),
                 ",".join(map(str, uids)), quoted(to))
        validity, old, new = self.c.response("COPYUID")[1][-1].decode().split()
        self.user.boxes[to].validity = int(validity)
        pairs = list(zip(numbers(old), numbers(new)))
        if sorted(u for u, _ in pairs) != uids:
            self.user.complain(kind, uids, "but COPYUID", old, new)
        for uid, target in pairs:
            self.note(to, target, *messages[uid])
            if kind == "move":
                del messages[uid]

    def copy(self):
        self.transfer("copy")

    def move(self):
        self.transfer("move")

    def expunge(self):
        box, uids = self.some(10)
        if not uids:
            return
        messages = self.user.boxes[box].messages
        if len(messages) > BUSY:
            uids = sorted(messages)[:len(messages) * 2 // 3]
        word = frozenset(["\\Deleted"])
        which = ",".join(map(str, uids))
        self.ask(("store", box, uids, "+", word), self.c.uid, "STORE", which,
                 "+FLAGS.SILENT", "(\\Deleted)")
        for uid in uids:
            messages[uid] = (messages[uid][0], messages[uid][1] | word)
        self.ask(("expunge", box, uids), self.c.uid, "EXPUNGE", which)
        for uid in uids:
            del messages[uid]

    # --- mailboxes ------------------------------------------------------------

    def ours(self):
        return [n for n in sorted(self.user.boxes) if n.split("/")[0] in POOL]

    def free_name(self, parents):
        names = POOL + [f"{p}/{n}" for p in parents for n in POOL[:2]
                        if p.count("/") < 2]
        taken = set(self.user.boxes)
        names = [n for n in names if n not in taken and
                 not any(t.startswith(n + "/") for t in taken)]
        return self.rng.choice(names) if names else None

    def create(self):
        name = self.free_name(self.ours())
        if name is None:
            return
        self.ask(("create", name), self.c.create, quoted(name))
        self.user.boxes[name] = Box()

    def rename(self):
        ours = self.ours()
        if not ours:
            return
        old = self.rng.choice(ours)
        new = self.free_name([n for n in ours
                              if n != old and not n.startswith(old + "/")])
        if new is None:
            return
        self.select("INBOX")
        self.ask(("rename", old, new), self.c.rename, quoted(old), quoted(new))
        self.user.boxes = rename(self.user.boxes, old, new)

    def delete(self):
        ours = self.ours()
        leaves = [n for n in ours
                  if not any(m.startswith(n + "/") for m in ours)]
        if not leaves:
            return
        name = self.rng.choice(leaves)
        self.select("INBOX")
        self.ask(("delete", name), self.c.delete, quoted(name))
        del self.user.boxes[name]

    def subscribe(self):
        name = f"list-{self.rng.randint(0, 9)}"
        if name in self.user.subscribed:
            self.ask(("unsubscribe", name), self.c.unsubscribe, quoted(name))
            self.user.subscribed.remove(name)
        else:
            self.ask(("subscribe", name), self.c.subscribe, quoted(name))
            self.user.subscribed.add(name)


class Load:
    def __init__(self, box, users, seed):
        self.box, self.users, self.seed = box, users, seed
        self.over = self.broken = False
        self.count = 0
        self.surprises = []
        self.threads = [threading.Thread(target=Sender(self, n).run)
                        for n in range(SENDERS)]
        self.threads.append(threading.Thread(target=Administrator(self).run))
        self.threads += [threading.Thread(target=Client(self, u).run)
                         for u in users]
        for t in self.threads:
            t.start()

    def refused(self, user, why):
        """Before the crash nothing may be refused."""
        if not self.broken:
            self.surprises.append(f"{user.name}: {why!r}")

    def end(self):
        self.over = True
        for t in self.threads:
            t.join()
