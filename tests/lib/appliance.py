"""A pillarbox of our own, in a temporary directory, on free loopback ports.

    with Appliance() as box:
        box.add_user("anna@example.org", "anna-secret")
        box.port["imaps"] ...

Leaving the block stops it with SIGTERM and raises when it did not end well or
a sanitizer had something to say.
"""
import os
import random
import re
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LISTENERS = ("smtp", "submission", "submissions", "imap", "imaps", "pop3",
             "pop3s")
START_SECONDS = 30
STOP_SECONDS = 30
PORTS = (10240, 32768)
REPORTS = re.compile(r"AddressSanitizer|LeakSanitizer|runtime error:|"
                     r"pillarbox: bug:|ThreadSanitizer")


def bin_dir():
    return os.path.abspath(os.environ.get(
        "PILLARBOX_BIN", os.path.join(ROOT, "build/gcc-asan/bin")))


def free_ports(count):
    """Below those that the system gives to clients: else any connection may
    take one before its listener does."""
    ports = []
    while len(ports) < count:
        port = random.SystemRandom().randrange(*PORTS)
        with socket.socket() as s:
            try:
                s.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port not in ports:
            ports.append(port)
    return ports


class Appliance:
    def __init__(self, settings="", directory=None, domain="example.org",
                 host="mail.example.org"):
        self.dir = directory or tempfile.mkdtemp(prefix="pillarbox-")
        self.keep = directory is not None
        self.conf = os.path.join(self.dir, "pillarbox.conf")
        self.log_path = os.path.join(self.dir, "log")
        self.port = dict(zip(LISTENERS, free_ports(len(LISTENERS))))
        self.process = None
        ports = "\n".join(f"  {name} = 127.0.0.1:{port}"
                          for name, port in self.port.items())
        with open(self.conf, "w", encoding="utf-8") as f:
            f.write(f"domain = {domain}\nhostname = {host}\n"
                    f"listen {{\n{ports}\n  sockets = sock\n}}\n"
                    "tls {\n  dir = tls\n}\n"
                    "auth {\n  dir = accounts\n  failure_delay = 0\n"
                    "  iterations = 4096\n}\n"
                    "mail {\n  dir = mail\n  index_dir = index\n}\n"
                    "limits {\n  min_free_disk = 0\n}\n" + settings)

    # --- life ----------------------------------------------------------------

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, kind, value, trace):
        try:
            if self.process is not None:
                self.stop(check=kind is None)
        finally:
            if kind is not None:
                print(self.log()[-6000:])
            if not self.keep:
                shutil.rmtree(self.dir, ignore_errors=True)

    def start(self):
        reading, writing = os.pipe()
        os.set_inheritable(writing, True)
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [os.path.join(bin_dir(), "pillarbox"), "run", "-c", self.conf],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                pass_fds=(writing,),
                env=dict(os.environ, PILLARBOX_READY_FD=str(writing)))
        os.close(writing)
        os.set_blocking(reading, False)
        end = time.time() + START_SECONDS
        try:
            while time.time() < end:
                try:
                    if os.read(reading, 64):
                        return
                    break
                except BlockingIOError:
                    time.sleep(0.02)
        finally:
            os.close(reading)
        self.stop(check=False)
        raise RuntimeError("it did not start:\n" + self.log()[-4000:])

    def stop(self, check=True):
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        self.process = None
        if check and (code != 0 or REPORTS.search(self.log())):
            raise RuntimeError(f"it ended with {code}:\n" + self.log()[-8000:])

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as f:
            return f.read()

    # --- processes -------------------------------------------------------------

    def pid(self, program):
        """Of the running child called so; None when it is away."""
        parent = self.process.pid
        children = f"/proc/{parent}/task/{parent}/children"
        with open(children, encoding="ascii") as f:
            pids = f.read().split()
        for pid in pids:
            try:
                with open(f"/proc/{pid}/cmdline", "rb") as f:
                    name = f.read().split(b"\0")[0].decode()
                with open(f"/proc/{pid}/stat", encoding="ascii") as f:
                    state = f.read().rsplit(")", 1)[1].split()[0]
            except OSError:
                continue
            if os.path.basename(name) == program and state != "Z":
                return int(pid)
        return None

    def kill(self, program, number=signal.SIGKILL):
        os.kill(self.pid(program), number)

    # --- the command line ----------------------------------------------------------

    def cli(self, *words, stdin="", check=True):
        done = subprocess.run(
            [os.path.join(bin_dir(), "pillarbox"), *words, "-c", self.conf],
            input=stdin.encode() if isinstance(stdin, str) else stdin,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        if check and done.returncode != 0:
            raise RuntimeError(f"pillarbox {' '.join(words)}: "
                               f"{done.returncode}\n{done.stderr.decode()}")
        return done

    def add_user(self, user, password):
        self.cli("user", "add", user, "--stdin", stdin=password + "\n")

    # --- clients ---------------------------------------------------------------------

    def ca(self):
        return os.path.join(self.dir, "tls/ca.pem")

    def tls_context(self):
        return ssl.create_default_context(cafile=self.ca())

    def connect(self, listener, tls=None, timeout=15):
        s = socket.create_connection(("127.0.0.1", self.port[listener]),
                                     timeout=timeout)
        if tls is None:
            tls = listener in ("submissions", "imaps", "pop3s")
        if tls:
            s = self.tls_context().wrap_socket(s, server_hostname="localhost")
        return s


class Checks:
    """CHECK() for scripts: counts, says what is wrong, ends with the line."""

    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def that(self, ok, what):
        if ok:
            self.passed += 1
        else:
            self.failed += 1
            print("not so:", what, flush=True)
        return ok

    def skip(self, why):
        self.skipped += 1
        print("skipped:", why, flush=True)

    def report(self):
        tail = f", {self.skipped} skipped" if self.skipped else ""
        print(f"{self.passed} passed, {self.failed} failed{tail}")
        return 0 if self.failed == 0 else 1
