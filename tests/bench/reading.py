"""Mail is read: IMAP commands timed, and what waiting clients cost."""
import re
import select
import smtplib
import time

import mailboxes
from imap import Imap

READER = "reader@example.org"
STORE_MANY = 10000
SLOW_SECONDS = 3.0  # a command that takes longer is not repeated
QUIET_SECONDS = 1.0


class Command:
    """text: what is sent; count(answer): how much came; wanted(messages): how
    much must have come, so that a wrong answer is not a fast one."""

    def __init__(self, title, text, count, wanted):
        self.title, self.text = title, text
        self.count, self.wanted = count, wanted


def rows(text):
    return sum(1 for _ in re.finditer(rb"^\* \d+ FETCH \(", text, re.M))


def numbers(text):
    found = re.search(rb"^\* SEARCH([ \d]*)\r$", text, re.M)
    return len(found[1].split()) if found else -1


def nothing(text):
    return 0


COMMANDS = (
    Command("FETCH 1:* (FLAGS)", "FETCH 1:* (FLAGS)", rows, lambda n: n),
    Command("UID FETCH 1:* (ENVELOPE BODYSTRUCTURE)",
            "UID FETCH 1:* (ENVELOPE BODYSTRUCTURE)", rows, lambda n: n),
    Command("UID SEARCH ALL", "UID SEARCH ALL", numbers, lambda n: n),
    Command("SEARCH UNSEEN", "SEARCH UNSEEN", numbers, lambda n: n // 2),
    Command("SEARCH SUBJECT", f"SEARCH SUBJECT {mailboxes.SUBJECT_WORD}",
            numbers, mailboxes.matches),
    Command("SEARCH BODY", f"SEARCH BODY {mailboxes.BODY_WORD}",
            numbers, mailboxes.matches),
)


class Timing:
    """first: seconds of the first time; best and cpu: the least of the others,
    cpu None where it was not measured."""

    def __init__(self):
        self.first = self.best = self.cpu = None

    def add(self, seconds, cpu):
        if self.first is None:
            self.first = seconds
            return
        if self.best is None or seconds < self.best:
            self.best = seconds
        if cpu is not None and (self.cpu is None or cpu < self.cpu):
            self.cpu = cpu

    def warm(self):
        return self.first if self.best is None else self.best


class Reader:
    """One session with one system."""

    def __init__(self, system, word, context, user=READER):
        self.system = system
        self.login = (system.imaps, user, word, context)
        self.session = None

    def open(self, mailbox):
        self.close()
        self.session = Imap(*self.login)
        return self.session.say(f"SELECT {mailbox}", keep=True)

    def close(self):
        if self.session is not None:
            self.session.close()
            self.session = None

    def timed(self, text, timing, keep=False):
        cpu = self.system.running()
        answer = self.session.say(text, keep)
        timing.add(answer.seconds, cpu.seconds())
        return answer


def check(system, what, got, wanted):
    if got != wanted:
        raise RuntimeError(f"{system.name}: {what}: {got} where {wanted} is "
                           "right\n" + system.tail())


def measure_select(readers, mailbox, messages, rounds):
    timings = {r.system.name: Timing() for r in readers}
    for _ in range(rounds + 1):
        for reader in readers:
            answer = reader.open(mailbox)
            timings[reader.system.name].add(answer.seconds, None)
            found = re.search(rb"^\* (\d+) EXISTS", answer.text, re.M)
            check(reader.system, "SELECT", int(found[1]), messages)
    return timings


def measure_command(readers, command, messages, rounds):
    timings = {r.system.name: Timing() for r in readers}
    for reader in readers:
        answer = reader.timed(command.text, timings[reader.system.name],
                              keep=True)
        check(reader.system, command.title, command.count(answer.text),
              command.wanted(messages))
    for _ in range(rounds):
        for reader in readers:
            timing = timings[reader.system.name]
            if timing.best is None or timing.best < SLOW_SECONDS:
                reader.timed(command.text, timing)
    return timings


def measure_store(readers, messages, rounds):
    """The flag set, and taken away again: both are changes."""
    last = min(STORE_MANY, messages)
    timings = {r.system.name: Timing() for r in readers}
    for n in range(rounds + 1):
        for reader in readers:
            reader.timed(f"STORE 1:{last} {'-' if n % 2 else '+'}FLAGS.SILENT "
                         "(\\Flagged)", timings[reader.system.name])
    for reader in readers:
        answer = reader.session.say("SEARCH FLAGGED", keep=True)
        check(reader.system, "STORE", numbers(answer.text),
              0 if rounds % 2 else last)
    return timings


def measure_mailbox(readers, mailbox, messages, rounds):
    """All of it, for one mailbox: {title: {system: Timing}}."""
    found = {"SELECT": measure_select(readers, mailbox, messages, rounds)}
    for command in COMMANDS:
        found[command.title] = measure_command(readers, command, messages,
                                               rounds)
    last = min(STORE_MANY, messages)
    found[f"STORE 1:{last} ±FLAGS.SILENT"] = measure_store(
        readers, messages, rounds)
    for reader in readers:
        reader.close()
    return found


# --- bodies -----------------------------------------------------------------------


def measure_bodies(systems, login, mailbox, least, rounds):
    """{system: (best MB/s, server CPU seconds per GB)} of fetching every
    message whole; login(system): the arguments of Imap(); least: bytes that
    must come."""
    best = {}
    for _ in range(rounds + 1):
        for system in systems:
            with Imap(*login(system)) as session:
                session.say(f"EXAMINE {mailbox}")
                cpu = system.running()
                answer = session.say("UID FETCH 1:* (BODY.PEEK[])")
                cpu = cpu.seconds()
            if answer.size < least:
                raise RuntimeError(f"{system.name}: {answer.size} bytes of "
                                   f"{least} came")
            rate, cost = answer.size / 1e6 / answer.seconds, cpu / answer.size
            old = best.get(system.name, (0, 1))
            best[system.name] = (max(rate, old[0]), min(cost * 1e9, old[1])
                                 if old[0] else cost * 1e9)
    return best


# --- waiting ----------------------------------------------------------------------


def idle_memory(system, login, mailbox, connections):
    """KiB (PSS) that each of so many TLS connections in IDLE adds."""
    time.sleep(QUIET_SECONDS)
    before = system.memory()[0]
    sessions = []
    try:
        for _ in range(connections):
            session = Imap(*login)
            sessions.append(session)
            session.say(f"SELECT {mailbox}")
            session.idle()
        time.sleep(QUIET_SECONDS)
        return (system.memory()[0] - before) / connections
    finally:
        for session in sessions:
            session.close()


def notice_ms(system, login, user, times):
    """Median of milliseconds from the 250 for a message until the EXISTS in an
    IDLE session; 0 where it came first."""
    smtp = smtplib.SMTP("127.0.0.1", system.smtp)
    smtp.ehlo("bench.example.com")
    delays = []
    with Imap(*login) as session:
        session.say("SELECT INBOX")
        session.idle()
        for n in range(times):
            smtp.mail("bob@example.com")
            smtp.rcpt(user)
            smtp.docmd("DATA")
            smtp.send(f"Subject: {n}\r\n\r\nHello\r\n.\r\n")
            answered = noticed = None
            end = time.monotonic() + 10
            while (answered is None or noticed is None) and \
                    time.monotonic() < end:
                ready, _, _ = select.select([smtp.sock, session.sock], [], [],
                                            1)
                now = time.monotonic()
                if smtp.sock in ready:
                    smtp.getreply()
                    answered = now
                if session.sock in ready and \
                        b" EXISTS" in session.sock.recv(4096):
                    noticed = now
            if answered is None or noticed is None:
                raise RuntimeError(f"{system.name}: IDLE heard nothing")
            delays.append(max(0.0, noticed - answered) * 1000)
            time.sleep(0.05)
    smtp.quit()
    return sorted(delays)[len(delays) // 2]
