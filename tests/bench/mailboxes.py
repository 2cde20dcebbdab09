"""Mailboxes to read from, written straight into a Maildir.

Each system finds its mail as it would have stored it itself: Dovecot with LF
line ends and ,S= and ,W= in the name, pillarbox with CR LF. The mail itself is
the same. One in four messages is multipart, half have been seen.
"""
import os
import random

FIRST_DATE = 1700000000
PLAIN_BODIES = 40
MATCH_EVERY = 100  # one message in so many, plain text, has what is searched
SUBJECT_WORD, BODY_WORD = "quarterly", "needle"
WORDS = ("about after again below budget could every first found great house "
         "large learn meeting never other place plant point right small sound "
         "spell still study their there these thing think three water where "
         "which world would write agenda invoice ticket travel").split()
MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


def paragraph(rng, size):
    lines, length = [], 0
    while length < size:
        line = " ".join(rng.choice(WORDS) for _ in range(11))
        lines.append(line)
        length += len(line) + 1
    return "\n".join(lines)


def plain_part(text):
    return ("MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"
            "Content-Transfer-Encoding: 8bit\n\n" + text + "\n")


def multi_part(text, boundary):
    html = "<html><body><p>" + text + "</p></body></html>"
    return (f"MIME-Version: 1.0\nContent-Type: multipart/alternative; "
            f"boundary=\"{boundary}\"\n\n--{boundary}\n"
            f"Content-Type: text/plain; charset=utf-8\n\n{text}\n"
            f"--{boundary}\nContent-Type: text/html; charset=utf-8\n"
            f"Content-Transfer-Encoding: 7bit\n\n{html}\n--{boundary}--\n")


class Writer:
    """Message number n of a mailbox, with LF line ends."""

    def __init__(self, size):
        rng = random.Random(1)
        texts = [paragraph(rng, size if n % 4 else size // 2)
                 for n in range(PLAIN_BODIES)]
        self.tails = [plain_part(text) if n % 4 else multi_part(text, f"=_b{n}")
                      for n, text in enumerate(texts)]
        self.names = [rng.choice(WORDS).title() + " " + rng.choice(WORDS).title()
                      for _ in range(50)]

    def text(self, n):
        date = FIRST_DATE + n * 60
        subject = f"{WORDS[n % len(WORDS)]} {WORDS[n * 7 % len(WORDS)]} {n}"
        tail = self.tails[n % PLAIN_BODIES]
        if n % MATCH_EVERY == 1:
            subject += " " + SUBJECT_WORD
            tail = tail.replace("\n\n", f"\n\n{BODY_WORD} ", 1)
        day, seconds = divmod(date, 86400)
        stamp = (f"{1 + day % 28:02d} {MONTHS[day // 28 % 12]} 2024 "
                 f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:00 +0000")
        name = self.names[n % len(self.names)]
        return (f"Return-Path: <sender{n % 97}@example.com>\n"
                f"Received: from mx{n % 7}.example.com (mx.example.com "
                f"[192.0.2.{n % 250}])\n\tby mail.example.org with ESMTPS id "
                f"{n:08x}\n\tfor <user0@example.org>; {stamp}\n"
                f"From: \"{name}\" <sender{n % 97}@example.com>\n"
                f"To: Anna Reader <user0@example.org>\n"
                f"Cc: team{n % 5}@example.org\nSubject: {subject}\n"
                f"Date: {stamp}\nMessage-ID: <{n}.{date}@example.com>\n"
                f"References: <{n - 1}.{date - 60}@example.com>\n"
                f"User-Agent: Bench/1.0\n" + tail)


def fill(folder, count, size, with_crlf, owner=None):
    """The Maildir `folder` with `count` messages of about `size` bytes."""
    for part in ("cur", "new", "tmp"):
        os.makedirs(os.path.join(folder, part))
    if os.path.basename(folder).startswith("."):
        with open(os.path.join(folder, "maildirfolder"), "wb"):
            pass
    cur = os.open(os.path.join(folder, "cur"), os.O_RDONLY)
    writer = Writer(size)
    for n in range(count):
        data = writer.text(n).encode()
        wire = len(data) + data.count(b"\n")
        if with_crlf:
            data = data.replace(b"\n", b"\r\n")
        date = FIRST_DATE + n * 60
        name = (f"{date}.M{n}P1.bench,S={len(data)},W={wire}:2,"
                + ("S" if n % 2 else ""))
        fd = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600,
                     dir_fd=cur)
        os.write(fd, data)
        os.close(fd)
        if owner is not None:
            os.chown(name, *owner, dir_fd=cur)
        os.utime(name, (date, date), dir_fd=cur)
    os.close(cur)
    if owner is not None:
        give_away(folder, owner)


def link(source, folder):
    """The Maildir `folder` with the same messages: they share the files."""
    for part in ("cur", "new", "tmp"):
        os.makedirs(os.path.join(folder, part), exist_ok=True)
        for name in os.listdir(os.path.join(source, part)):
            os.link(os.path.join(source, part, name),
                    os.path.join(folder, part, name))


def give_away(folder, owner):
    for path in (folder, *(os.path.join(folder, n) for n in os.listdir(folder))):
        os.chown(path, *owner)


def matches(count):
    return len(range(1, count, MATCH_EVERY))
