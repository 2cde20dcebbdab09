#!/usr/bin/env python3
"""A wall clock that jumps: days ahead and back, and from 1970 to now, as that of
a machine whose clock has no battery.

  - sessions are not cut, mail and logins go on: time-outs are monotonic
  - a UIDVALIDITY is never given again and only grows; no two files want one
    name
  - nothing that is kept is let go early; when its time has really come, it goes
"""
import contextlib
import os
import struct
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../lib"))
from appliance import Appliance, Checks, bin_dir  # noqa: E402
from letters import NET, Post  # noqa: E402

DAY = 86400
LONG = 100 * DAY  # the certificate is not renewed for that
KEEP = 40         # seconds; the clock is trusted after a quarter of them
BACK_SECONDS = 15


class Clock:
    """LD_PRELOAD in the environment of what is started meanwhile."""

    def __init__(self, directory):
        self.path = os.path.join(directory, "offset")
        self.library = os.path.join(directory, "clock_shim.so")
        self.preload = self.library
        subprocess.run([os.environ.get("CC", "gcc"), "-shared", "-fPIC", "-O2",
                        "-D_GNU_SOURCE", "-o", self.library,
                        os.path.join(HERE, "clock_shim.c")], check=True)
        if "asan" in bin_dir():  # it wants to be the first one
            found = subprocess.run(["gcc", "-print-file-name=libasan.so"],
                                   check=True, capture_output=True, text=True)
            self.preload = found.stdout.strip() + " " + self.library
        with open(self.path, "wb") as f:
            f.write(struct.pack("q", 0))

    @contextlib.contextmanager
    def installed(self):
        os.environ.update(LD_PRELOAD=self.preload, CLOCK_SHIM=self.path)
        try:
            yield
        finally:
            del os.environ["LD_PRELOAD"], os.environ["CLOCK_SHIM"]

    def jump(self, seconds):
        """To so many seconds from the true time."""
        with open(self.path, "r+b") as f:
            f.write(struct.pack("q", int(seconds)))

    def begin_of_time(self):
        self.jump(-time.time() + 60)


class Test:
    def __init__(self, check, box, clock):
        self.check, self.box, self.clock = check, box, clock
        self.post = Post(box)
        self.validities, self.boxes = [], 0
        for user in ("anna", "ben"):
            self.post.add_user(user)
            self.post.send(user)

    def validity(self, name):
        c = self.post.log_in("anna")
        c.create(name)
        c.select(name)
        got = int(c.response("UIDVALIDITY")[1][0])
        c.logout()
        return got

    def look(self, what):
        """Served, all there, and what may only grow has grown."""
        took = self.post.wait(["anna", "ben"], BACK_SECONDS)
        self.check.that(took is not None, f"{what}: served")
        wrong = self.post.look()
        self.check.that(not wrong, f"{what}: {wrong[:5]}")
        self.boxes += 1
        got = self.validity(f"box{self.boxes}")
        self.check.that(all(got > v for v in self.validities),
                        f"{what}: UIDVALIDITY {got} after {self.validities}")
        self.validities.append(got)

    def expunge(self, name, mailbox="Trash"):
        c = self.post.log_in("anna")
        c.append(mailbox, None, None, self.post.text(name).encode())
        c.select(mailbox)
        c.store("1:*", "+FLAGS", "(\\Deleted)")
        c.expunge()
        c.logout()
        end = time.time() + BACK_SECONDS
        while time.time() < end and name not in self.kept():
            time.sleep(0.1)
        self.check.that(name in self.kept(), f"{name} is kept")

    def kept(self):
        """What stands in the files that are kept."""
        top = os.path.join(self.box.dir, "mail/example.org/anna/expunged")
        found = ""
        for where, _, files in os.walk(top):
            for file in files:
                try:
                    with open(os.path.join(where, file), encoding="utf-8") as f:
                        found += f.read()
                except OSError:
                    pass
        return found

    # --- cases ------------------------------------------------------------------

    def jumps(self):
        """Sessions of all kinds live through them."""
        c = self.post.log_in("anna")
        c.select("INBOX")
        idle = self.post.log_in("ben")
        idle.select("INBOX")
        idle.send(b"x IDLE\r\n")
        idle.readline()
        smtp = self.box.connect("smtp")
        smtp.recv(200)
        for seconds in (LONG, 0, -LONG, 0, 3 * DAY, -3 * DAY, 3600, 0):
            what = f"the clock is {seconds} s ahead"
            self.clock.jump(seconds)
            time.sleep(1.2)
            try:
                self.check.that(c.noop()[0] == "OK", f"{what}: a session lives")
            except NET as why:
                self.check.that(False, f"{what}: a session lives: {why!r}")
            self.look(what)
        smtp.send(b"NOOP\r\n")
        self.check.that(smtp.recv(200).startswith(b"250"), "SMTP's too")
        smtp.close()
        idle.send(b"DONE\r\n")
        line = idle.readline()
        while line.startswith(b"* "):
            line = idle.readline()
        self.check.that(line.startswith(b"x OK"), f"and one in IDLE: {line}")
        idle.shutdown()
        c.logout()

    def ahead_and_back(self):
        """Started with the wrong time, and put right."""
        self.expunge("kept-1")
        self.box.stop()
        self.clock.jump(LONG)
        self.box.start()
        time.sleep(3.5)  # the first look for what is old comes after two
        self.look("started far ahead")
        self.check.that("kept-1" in self.kept(), "far ahead: nothing is old")
        self.clock.jump(0)
        time.sleep(1.5)
        self.look("put right")
        self.check.that("kept-1" in self.kept(), "put right: it is still kept")

    def from_1970(self):
        time.sleep(KEEP / 4 + 3)  # the clock is trusted, and remembered
        self.box.stop()
        self.clock.begin_of_time()
        self.box.start()
        self.look("in 1970")
        self.expunge("kept-2")
        start = time.time()
        self.clock.jump(0)
        self.box.stop()
        self.box.start()
        time.sleep(KEEP / 4 + 4)  # trusted again, and a look for what is old
        self.look("set right")
        self.check.that("kept-2" in self.kept(),
                        "what was expunged in 1970 was so just now")
        end = start + 3 * KEEP
        while time.time() < end and "kept-2" in self.kept():
            time.sleep(1)
        self.check.that("kept-2" not in self.kept(), "its time comes, too")
        self.check.that(time.time() - start > KEEP * 0.6,
                        f"but not early: {time.time() - start:.0f} s")

    def agree(self):
        done = self.box.cli("index", "check", "--all", check=False)
        self.check.that(done.returncode == 0, "index and files agree: "
                        + done.stdout.decode() + done.stderr.decode())


def main():
    check = Checks()
    with tempfile.TemporaryDirectory() as place:
        clock = Clock(place)
        with clock.installed(), Appliance(
                f"mail {{\n  keep_deleted = {KEEP}s\n}}\n") as box:
            t = Test(check, box, clock)
            t.jumps()
            t.ahead_and_back()
            t.from_1970()
            t.agree()
    return check.report()


if __name__ == "__main__":
    sys.exit(main())
