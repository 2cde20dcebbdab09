"""What the tests of attacks share: cases with a time limit each, clients that
send any bytes, and an eye on how others are served meanwhile.

    @case(seconds=10)
    def xtext_newline(box, check):
        '''Exim CVE-2020-28026: a newline in ORCPT became a header field.'''
        ...

    if __name__ == "__main__":
        sys.exit(play())

A case also fails when a process ended meanwhile, or when a sanitizer spoke.
"""
import os
import re
import signal
import socket
import ssl
import struct
import sys
import threading
import time
import traceback

from appliance import REPORTS, Appliance, Checks

# Freed memory that ASan holds back is not memory that we use.
os.environ["ASAN_OPTIONS"] = ":".join(
    filter(None, [os.environ.get("ASAN_OPTIONS"), "quarantine_size_mb=8",
                  "malloc_context_size=3"]))

ANNA = ("anna@example.org", "anna-secret")
BEN = ("ben@example.org", "ben-secret")
PROGRAMS = ("mailstored", "authd", "smtpd", "imapd-lite", "pop3d")
# Sanitized and on a machine that others use: four times as slow is normal.
SLOWER = float(os.environ.get("PILLARBOX_SLOWER", "4"))
ANSWER_SECONDS = 1.0

CASES = []


class Late(Exception):
    pass


def case(seconds=20):
    def add(function):
        CASES.append((function, seconds))
        return function
    return add


# --- clients -------------------------------------------------------------------


class Wire:
    """A connection that says whatever it is told to."""

    def __init__(self, box, listener, tls=None, timeout=15, source=None):
        self.box = box
        self.sock = socket.create_connection(
            ("127.0.0.1", box.port[listener]), timeout=timeout,
            source_address=(source, 0) if source else None)
        if tls is None:
            tls = listener in ("submissions", "imaps", "pop3s")
        self.buffer = b""
        if tls:
            self.secure()

    def secure(self):
        self.sock = self.box.tls_context().wrap_socket(
            self.sock, server_hostname="localhost")

    def send(self, data):
        if isinstance(data, str):
            data = data.encode("latin-1")
        self.sock.sendall(data)

    def try_send(self, data):
        """False: the other side hung up."""
        try:
            self.send(data)
            return True
        except TimeoutError:
            raise
        except OSError:
            return False

    def more(self):
        try:
            data = self.sock.recv(65536)
        except TimeoutError:
            raise
        except OSError:
            data = b""
        self.buffer += data
        return data != b""

    def line(self):
        """With CR LF; what was left when the connection ended."""
        while b"\n" not in self.buffer:
            if not self.more():
                break
        line, lf, self.buffer = self.buffer.partition(b"\n")
        return line + lf

    def exactly(self, count):
        while len(self.buffer) < count and self.more():
            pass
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def rest(self):
        """All until the end of the connection."""
        while self.more():
            pass
        data, self.buffer = self.buffer, b""
        return data

    def quiet(self, seconds):
        """What comes within so many seconds."""
        timeout = self.sock.gettimeout()
        self.sock.settimeout(seconds)
        try:
            while self.more():
                pass
        except TimeoutError:
            pass
        self.sock.settimeout(timeout)
        data, self.buffer = self.buffer, b""
        return data

    def reset(self):
        """Hang up with RST."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                             struct.pack("ii", 1, 0))
        self.close()

    def close(self):
        self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *ignored):
        self.close()


class Smtp(Wire):
    def __init__(self, box, listener="smtp", hello="client.example", **more):
        super().__init__(box, listener, **more)
        self.greeting = self.reply()
        if hello:
            self.hello = self.say(f"EHLO {hello}")

    def reply(self):
        """(code, text); code 0: the connection ended."""
        text = b""
        while True:
            line = self.line()
            text += line
            if not re.match(rb"\d{3}-", line):
                break
        code = int(line[:3]) if re.match(rb"\d{3} ", line) else 0
        return code, text

    def say(self, command):
        if isinstance(command, str):
            command = command.encode("latin-1")
        if not self.try_send(command + b"\r\n"):
            return 0, b""
        return self.reply()

    def start(self, sender="carl@client.example", to="anna@example.org"):
        """To 354; the code that was not as it should be, else 354."""
        for command, wanted in ((f"MAIL FROM:<{sender}>", 250),
                                (f"RCPT TO:<{to}>", 250), ("DATA", 354)):
            code, _ = self.say(command)
            if code != wanted:
                return code
        return code

    def deliver(self, text, **more):
        """The answer to the message; text has its dots and CR LF already."""
        code = self.start(**more)
        if code != 354:
            return code, b""
        self.send(text + (b"" if text.endswith(b"\r\n") else b"\r\n") + b".\r\n")
        return self.reply()

    def log_in(self, user=ANNA):
        return self.say("AUTH PLAIN " + plain(*user))


class Imap(Wire):
    """user: log in. select: a mailbox."""

    def __init__(self, box, listener="imaps", user=None, select=None, **more):
        super().__init__(box, listener, **more)
        self.greeting = self.line()
        self.count = 0
        if user:
            self.must("LOGIN %s %s" % user)
        if select:
            self.must(f"SELECT {select}")

    def response(self):
        line = self.line()
        while (m := re.search(rb"\{(\d+)\}\r\n$", line)) is not None:
            line += self.exactly(int(m[1])) + self.line()
        return line

    def tag(self):
        self.count += 1
        return b"a%d" % self.count

    def answer(self, tag):
        """(untagged lines, the tagged one; b"" when the connection ended)."""
        lines = []
        while True:
            line = self.response()
            if not line or line.startswith(tag + b" "):
                return lines, line[len(tag) + 1:]
            lines.append(line)

    def command(self, text):
        tag = self.tag()
        if isinstance(text, str):
            text = text.encode("latin-1")
        self.try_send(tag + b" " + text + b"\r\n")
        return self.answer(tag)

    def must(self, text):
        lines, end = self.command(text)
        if not end.startswith(b"OK"):
            raise RuntimeError(f"{text!r:.80}: {end!r}")
        return lines

    def append(self, text, mailbox="INBOX"):
        return self.command(b"APPEND %s {%d+}\r\n%s" % (
            mailbox.encode(), len(text), text))[1]

    def exists(self):
        """How many messages the selected mailbox has."""
        for line in reversed(self.must("STATUS INBOX (MESSAGES)")):
            if m := re.search(rb"MESSAGES (\d+)", line):
                return int(m[1])
        return None


class Pop(Wire):
    def __init__(self, box, listener="pop3s", user=None, **more):
        super().__init__(box, listener, **more)
        self.greeting = self.line()
        if user:
            self.say(f"USER {user[0]}")
            answer = self.say(f"PASS {user[1]}")
            if not answer.startswith(b"+OK"):
                raise RuntimeError(answer)

    def say(self, command):
        if isinstance(command, str):
            command = command.encode("latin-1")
        if not self.try_send(command + b"\r\n"):
            return b""
        return self.line()

    def many(self, command):
        """The first line; then, after +OK, all up to the dot."""
        first, lines = self.say(command), []
        if first.startswith(b"+OK"):
            while (line := self.line()) not in (b".\r\n", b""):
                lines.append(line)
        return first, lines


def plain(user, password, authzid=""):
    from base64 import b64encode
    return b64encode(f"{authzid}\0{user}\0{password}".encode()).decode()


def insecure_context(**options):
    """That does not look at certificates."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    for name, value in options.items():
        setattr(context, name, value)
    return context


# --- what others see, and what it costs --------------------------------------------


class Bystander:
    """A session of somebody else in each protocol, from another address: the
    longest time that one of them waited for an answer."""

    def __init__(self, box, protocols=("imap", "pop3", "smtp")):
        self.worst, self.why, self.stop = 0.0, None, False
        self.answers = 0
        make = {"imap": lambda: Imap(box, user=BEN, select="INBOX",
                                     source="127.0.0.9"),
                "pop3": lambda: Pop(box, source="127.0.0.9"),
                "smtp": lambda: Smtp(box, source="127.0.0.9")}
        ask = {"imap": lambda c: c.must("NOOP"),
               "pop3": lambda c: c.say("CAPA"),
               "smtp": lambda c: c.say("RSET")}
        self.clients = [(make[p](), ask[p], p) for p in protocols]
        self.thread = threading.Thread(target=self.run, daemon=True)

    def once(self):
        for client, ask, name in self.clients:
            start = time.monotonic()
            ask(client)
            client.quiet(0.001)
            late = time.monotonic() - start
            self.answers += 1
            if late > self.worst:
                self.worst, self.why = late, name

    def run(self):
        try:
            while not self.stop:
                self.once()
                time.sleep(0.02)
        except (OSError, RuntimeError) as why:
            self.worst, self.why = float("inf"), str(why)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *ignored):
        self.stop = True
        self.thread.join(30)
        for client, _, _ in self.clients:
            client.close()

    def check(self, check, what):
        check.that(self.worst < ANSWER_SECONDS * SLOWER,
                   f"{what}: others waited {self.worst:.2f} s ({self.why})")
        check.that(self.answers > 0, f"{what}: others were not asked")


def memory(box, program):
    """Resident octets."""
    with open(f"/proc/{box.pid(program)}/status", encoding="ascii") as f:
        return int(re.search(r"VmRSS:\s+(\d+) kB", f.read())[1]) * 1024


def descriptors(box, program):
    return len(os.listdir(f"/proc/{box.pid(program)}/fd"))


def settled(what, wanted, seconds=10):
    """what() until it is at most wanted; the last value."""
    end = time.monotonic() + seconds
    while (value := what()) > wanted and time.monotonic() < end:
        time.sleep(0.1)
    return value


def inbox(box, user=ANNA):
    """All messages in it."""
    with Imap(box, user=user, select="INBOX") as c:
        lines = c.must("UID FETCH 1:* BODY.PEEK[]")
        return [line for line in lines if b"BODY[]" in line]


def empty(box, user=ANNA):
    with Imap(box, user=user, select="INBOX") as c:
        c.command("STORE 1:* +FLAGS.SILENT (\\Deleted)")
        c.must("EXPUNGE")


# --- the cases ----------------------------------------------------------------------


def on_alarm(number, frame):
    raise Late


def play_one(box, check, function, seconds):
    name = function.__name__
    pids = {p: box.pid(p) for p in PROGRAMS}
    log_size = len(box.log())
    failed = check.failed
    start = time.monotonic()
    signal.alarm(seconds)
    try:
        function(box, check)
    except Late:
        check.that(False, f"{name}: not done within {seconds} s")
        traceback.print_exc()
    except Exception as why:
        check.that(False, f"{name}: {type(why).__name__}: {why}")
        traceback.print_exc()
    finally:
        signal.alarm(0)
    ended = [p for p in PROGRAMS if box.pid(p) != pids[p]]
    check.that(not ended, f"{name}: ended: {ended}")
    new = box.log()[log_size:]
    report = REPORTS.search(new)
    check.that(report is None, f"{name}: a sanitizer spoke")
    if report is not None:
        print(new[report.start():][:3000], flush=True)
    state = "ok  " if check.failed == failed else "FAIL"
    print(f"{state} {name} ({time.monotonic() - start:.1f} s)", flush=True)


def play(settings=""):
    """Every case of the file, or those named on the command line; the status to
    end with."""
    check = Checks()
    signal.signal(signal.SIGALRM, on_alarm)
    with Appliance(settings) as box:
        for user in (ANNA, BEN):
            box.add_user(*user)
        for function, seconds in CASES:
            if len(sys.argv) < 2 or function.__name__ in sys.argv[1:]:
                play_one(box, check, function, seconds)
    return check.report()
