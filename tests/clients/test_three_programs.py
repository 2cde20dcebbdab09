#!/usr/bin/env python3
"""Three programs, one mailbox: we deliver and serve a Maildir by IMAP, Debian's
Dovecot serves it beside us, and mutt works in its directories. No lost file, no
lost flag.

  test_three_programs.py [ROUNDS [SEED]]

In each round every message belongs to one of the three, which alone flags,
unflags, copies and removes it; all three add. Then it is quiet, and all see the
same messages and flags, those of the model; the next round deals the messages
out anew. So much Maildir promises: a rename replaces a name at once and as a
whole. It does not say whose flags win where two programs change one message at
the same time, since each knows only the name that it has read; nor may a
program count on a name: who does not find it must look again. mutt does not,
and gives a flag up when the name has just changed (we add the UID to names of
what others bring): the test does what its user would, and presses the key
again. Flags that we were given come to the names after some seconds.
"""
import imaplib
import os
import pwd
import random
import re
import shlex
import shutil
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "../lib")]
from appliance import Appliance, Checks  # noqa: E402
from test_dovecot import PASSWORD, Dovecot, our_imap  # noqa: E402

ROUNDS = 4
ROUND_SECONDS = 12
PAUSE_SECONDS = 0.05
QUIET_SECONDS = 45
WORDS = ("\\Flagged", "\\Answered")
LETTERS = {"\\Flagged": "F", "\\Answered": "R"}   # in Maildir's names
KEYS = {"\\Flagged": "!", "\\Answered": "r"}      # of mutt
TRIES = 8
LOG_SHOWN = 20000


def text_of(name):
    return (f"Message-ID: <{name}@three.example>\r\nFrom: bob@example.com\r\n"
            f"Subject: {name}\r\n\r\ntext of {name}\r\n").encode()


def id_in(text):
    found = re.search(rb"Message-ID: <(\S+)@three\.example>", text)
    return found[1].decode() if found else None


class Model:
    def __init__(self):
        self.lock = threading.Lock()
        self.inbox = {}    # id: flags
        self.other = {}    # id: copies
        self.count = 0

    def new(self, who):
        with self.lock:
            self.count += 1
            return f"{who}-{self.count}"


class Program:
    """One that works for a while on what it owns."""

    def __init__(self, model, name, seed):
        self.model, self.name = model, name
        self.rng = random.Random(f"{seed} {name}")
        self.mine, self.wrong = [], []

    def work(self, seconds):
        end = time.time() + seconds
        try:
            while time.time() < end:
                if not self.mine or self.rng.random() < 0.3:
                    self.add()
                    time.sleep(PAUSE_SECONDS)
                    continue
                time.sleep(PAUSE_SECONDS)
                name = self.rng.choice(self.mine)
                self.rng.choices((self.flag, self.copy, self.remove),
                                 (8, 2, 1))[0](name)
        except (OSError, imaplib.IMAP4.error, RuntimeError) as why:
            self.wrong.append(f"{self.name}: {why!r}")

    def flag(self, name):
        word = self.rng.choice(WORDS)
        on = word not in self.model.inbox[name]
        self.do_flag(name, word, on)
        flags = self.model.inbox[name]
        self.model.inbox[name] = flags | {word} if on else flags - {word}

    def added(self, name):
        self.model.inbox[name] = frozenset()

    def copy(self, name):
        self.do_copy(name)
        self.model.other[name] = self.model.other.get(name, 0) + 1

    def remove(self, name):
        self.do_remove(name)
        self.mine.remove(name)
        del self.model.inbox[name]


class Imap(Program):
    """Ours and Dovecot's, by the same commands."""

    def __init__(self, model, name, seed, connect):
        super().__init__(model, name, seed)
        self.c = connect()
        self.select("INBOX")

    def select(self, name):
        self.ok(self.c.select(name))

    @staticmethod
    def ok(answer):
        if answer[0] != "OK":
            raise RuntimeError(f"refused: {answer}")
        return answer[1]

    def uid(self, name):
        """A message that was just brought by others may come a bit later."""
        for _ in range(100):
            self.ok(self.c.noop())
            found = self.ok(self.c.uid("SEARCH", "HEADER", "Message-ID",
                                       f"<{name}@three.example>"))[0].split()
            if found:
                return found[-1].decode()
            time.sleep(0.1)
        raise RuntimeError(f"{name} is not there")

    def add(self):
        name = self.model.new(self.name)
        self.ok(self.c.append("INBOX", None, None, text_of(name)))
        self.added(name)

    def do_flag(self, name, word, on):
        self.ok(self.c.uid("STORE", self.uid(name), "+FLAGS.SILENT" if on else
                           "-FLAGS.SILENT", f"({word})"))

    def do_copy(self, name):
        self.ok(self.c.uid("COPY", self.uid(name), "Other"))

    def do_remove(self, name):
        self.do_flag(name, "\\Deleted", True)
        self.ok(self.c.expunge())


class Ours(Imap):
    def __init__(self, model, seed, box):
        super().__init__(model, "ours", seed, lambda: our_imap(box))
        self.box = box

    def add(self):
        if self.rng.random() < 0.5:
            super().add()
            return
        name = self.model.new("smtp")
        self.box.cli("deliver", "anna", stdin=text_of(name))
        self.added(name)


class Mutt(Program):
    def __init__(self, model, seed, maildir, home):
        super().__init__(model, "mutt", seed)
        self.maildir, self.home = maildir, home
        os.makedirs(home, exist_ok=True)
        self.rc = os.path.join(home, "muttrc")
        with open(self.rc, "w", encoding="utf-8") as f:
            f.write("set mbox_type=maildir header_cache='' mark_old=no\n"
                    "set confirmappend=no confirmcreate=no delete=yes quit=yes\n"
                    "set move=no wait_key=no beep=no sort=mailbox-order\n"
                    "set resolve=no copy=no sleep_time=0\n")

    def press(self, keys):
        """One visit."""
        line = " ".join(shlex.quote(word) for word in (
            "mutt", "-n", "-F", self.rc, "-f", self.maildir, "-e",
            f'push "{keys}"'))
        done = subprocess.run(
            ["script", "-qec", line, "/dev/null"], cwd=self.home, timeout=60,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, check=False,
            env={**os.environ, "HOME": self.home, "TERM": "xterm",
                 "LC_ALL": "C.UTF-8"})
        if done.returncode != 0:
            raise RuntimeError(f"mutt ended with {done.returncode}: "
                               + done.stdout.decode(errors="replace")[-400:])

    def file_of(self, name, folder=""):
        """Names of the files that hold it."""
        found = []
        for part in ("new", "cur"):
            where = os.path.join(self.maildir, folder, part)
            for file in os.listdir(where):
                try:
                    with open(os.path.join(where, file), "rb") as f:
                        if id_in(f.read(4000)) == name:
                            found.append(file)
                except FileNotFoundError:
                    return self.file_of(name, folder)  # another name by now
        return found

    def until(self, fits, keys):
        """The key is pressed again where a name had just changed."""
        for _ in range(TRIES):
            self.press(keys)
            for _ in range(20):
                if fits():
                    return
                time.sleep(0.05)
        raise RuntimeError(f"not done in {TRIES} tries: {keys}")

    @staticmethod
    def at(name, keys):
        """Only where it is found: else they would go to any message."""
        return (f"<tag-pattern>~i .{name}@three<enter>"
                f"<tag-prefix-cond>{keys}<end-cond>")

    def add(self):
        """A file as every delivery makes one: tmp, then new."""
        name = self.model.new("mutt")
        file = f"{time.time():.6f}.P{os.getpid()}{name}.mutt"
        tmp = os.path.join(self.maildir, "tmp", file)
        with open(tmp, "wb") as f:
            f.write(text_of(name).replace(b"\r\n", b"\n"))
        os.rename(tmp, os.path.join(self.maildir, "new", file))
        self.added(name)

    def do_flag(self, name, word, on):
        def fits():
            files = self.file_of(name)
            return len(files) == 1 and \
                (LETTERS[word] in files[0].partition(":2,")[2]) == on
        verb = "set" if on else "clear"
        self.until(fits, self.at(name, f"<{verb}-flag>{KEYS[word]}")
                   + "<sync-mailbox><quit>")

    def do_copy(self, name):
        before = len(self.file_of(name, ".Other"))
        self.until(lambda: len(self.file_of(name, ".Other")) == before + 1,
                   self.at(name, f"<copy-message>{self.maildir}/.Other<enter>")
                   + "<quit>")

    def do_remove(self, name):
        self.until(lambda: not self.file_of(name),
                   self.at(name, "<delete-message>") + "<sync-mailbox><quit>")

    def view(self):
        """{id: [flags]}, from a copy of all to a Maildir of its own."""
        out = os.path.join(self.home, "all")
        shutil.rmtree(out, ignore_errors=True)
        self.press(f"<tag-pattern>~A<enter><tag-prefix><copy-message>{out}"
                   "<enter><quit>")
        found = {}
        for where, _, files in os.walk(out):
            for file in files:
                with open(os.path.join(where, file), "rb") as f:
                    name = id_in(f.read())
                letters = file.partition(":2,")[2]
                found.setdefault(name, []).append(frozenset(
                    word for word in WORDS if LETTERS[word] in letters))
        return found


def imap_view(program, name, uids=None):
    """{id: [flags of each]}; uids: {(validity, uid): id} for ever."""
    program.select(name)
    validity = program.c.response("UIDVALIDITY")[1][0]
    found = {}
    rows = program.ok(program.c.uid("FETCH", "1:*", "(UID FLAGS BODY.PEEK[])"))
    for at, row in enumerate(rows):
        if not isinstance(row, tuple):
            continue
        after = rows[at + 1] if isinstance(rows[at + 1], bytes) else b""
        flags = re.search(rb"FLAGS \(([^)]*)\)", row[0] + after)[1].split()
        found.setdefault(id_in(row[1]), []).append(frozenset(
            word for word in WORDS if word.encode() in flags))
        if uids is not None:
            uid = int(re.search(rb"UID (\d+)", row[0] + after)[1])
            if uids.setdefault((validity, uid), id_in(row[1])) != id_in(row[1]):
                program.wrong.append(f"UID {uid} means two messages")
    program.select("INBOX")
    return found


def quiet(check, model, programs, uids, label):
    """All see the same, after a while."""
    ours, dovecot, mutt = programs
    wanted = {name: [flags] for name, flags in model.inbox.items()}
    end = time.time() + QUIET_SECONDS
    while True:
        views = {"we": imap_view(ours, "INBOX", uids),
                 "Dovecot": imap_view(dovecot, "INBOX"), "mutt": mutt.view()}
        others = {"we": imap_view(ours, "Other", uids),
                  "Dovecot": imap_view(dovecot, "Other")}
        same = all(v == wanted for v in views.values()) and all(
            {i: len(f) for i, f in o.items()} == model.other
            for o in others.values())
        if same or time.time() > end:
            break
        time.sleep(1)
    for who, view in views.items():
        differs = {i: (view.get(i), wanted.get(i))
                   for i in set(view) | set(wanted)
                   if view.get(i) != wanted.get(i)}
        check.that(not differs, f"{label}: {who}: seen and wanted: {differs}")
    for who, view in others.items():
        counts = {i: len(f) for i, f in view.items()}
        check.that(counts == model.other,
                   f"{label}: copies, {who}: {counts} of {model.other}")
    for p in programs:
        check.that(not p.wrong, f"{label}: {p.wrong[:5]}")
    print(f"{label}: {len(wanted)} messages, {sum(model.other.values())} copies, "
          f"quiet after {QUIET_SECONDS - (end - time.time()):.1f} s", flush=True)


def run(check, box, rounds, seed):
    maildir = os.path.join(box.dir, "mail/example.org/anna")
    model = Model()
    box.add_user("anna@example.org", PASSWORD)
    c = our_imap(box)
    c.create("Other")
    c.logout()
    uids = {}
    rng = random.Random(seed)
    with Dovecot(os.path.join(box.dir, "dovecot"), maildir) as d:
        programs = (Ours(model, seed, box),
                    Imap(model, "dovecot", seed, d.open_imap),
                    Mutt(model, seed, maildir, os.path.join(box.dir, "home")))
        for p in programs:
            for _ in range(4):
                p.add()
        for n in range(rounds):
            names = sorted(model.inbox)
            rng.shuffle(names)
            for k, p in enumerate(programs):
                p.mine = names[k::3]
            threads = [threading.Thread(target=p.work, args=(ROUND_SECONDS,))
                       for p in programs]
            for t in threads:
                t.start()
            for t in threads:
                t.join()
            quiet(check, model, programs, uids, f"round {n + 1}")
            if check.failed:
                print(box.log()[-LOG_SHOWN:])
                break
        for p in programs[:2]:
            p.c.logout()
    done = box.cli("index", "check", "--all", check=False)
    check.that(done.returncode == 0, "index and files agree: "
               + done.stdout.decode() + done.stderr.decode())


def be_nobody():
    """One user for all three: Dovecot serves everybody but root."""
    if os.getuid() != 0:
        return
    "x".encode("idna")  # loaded now: Python may lie where nobody cannot read
    nobody = pwd.getpwnam("nobody")
    os.setgroups([])
    os.setgid(nobody.pw_gid)
    os.setuid(nobody.pw_uid)
    os.environ["HOME"] = "/tmp"


def main():
    check = Checks()
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else int(time.time())
    for program in ("dovecot", "mutt", "script"):
        if shutil.which(program) is None:
            check.skip(f"{program} is not installed")
            return check.report()
    be_nobody()
    print(f"seed {seed}", flush=True)
    with Appliance() as box:
        run(check, box, rounds, seed)
    return check.report()


if __name__ == "__main__":
    sys.exit(main())
