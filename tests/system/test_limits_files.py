#!/usr/bin/env python3
"""No more descriptors (EMFILE, as ENFILE): each program in turn gets a limit
that it has reached already. Clients come in a storm meanwhile.

  - nobody spins: little processor time is used, whatever waits at the door
  - answers are temporary ones, or come later; nothing is lost, and no password
    is called wrong
  - the program lives on, and serves again by itself when it has descriptors
"""
import imaplib
import os
import resource
import socket
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
from appliance import Appliance, Checks, bin_dir  # noqa: E402
from letters import NET, Post  # noqa: E402

PROGRAMS = ("smtpd", "imapd-lite", "pop3d", "authd", "mailstored")
LISTENERS = ("smtp", "submission", "imap", "pop3", "imaps", "pop3s")
STORM = 30           # connections to each listener, all kept open
WATCHED_SECONDS = 3
BUSY = 0.35          # of one processor
BACK_SECONDS = 20
SANITIZED = "asan" in bin_dir()


def open_files(pid):
    return sorted(int(n) for n in os.listdir(f"/proc/{pid}/fd"))


def limit_to(pid, spare):
    """A new descriptor needs a number below the limit: those that are free
    below the highest one count as spare ones, too."""
    used = open_files(pid)
    number, free = 0, -1
    while free < spare:
        if number not in used:
            free += 1
        number += 1
    before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (number - 1, before[1]))
    return before


def processor_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as f:
        words = f.read().rsplit(")", 1)[1].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def storm(box):
    sockets = []
    for _ in range(STORM):
        for name in LISTENERS:
            s = socket.socket()
            s.setblocking(False)
            try:
                s.connect(("127.0.0.1", box.port[name]))
            except OSError:
                pass
            sockets.append(s)
    return sockets


def try_to_log_in(box, out):
    try:
        c = imaplib.IMAP4_SSL("127.0.0.1", box.port["imaps"], timeout=15,
                              ssl_context=box.tls_context())
        c.login("anna@example.org", "anna-secret")
        c.logout()
        out.append("OK")
    except NET as why:
        out.append(str(why))


def watch(box, pids):
    before = {p: processor_seconds(pid) for p, pid in pids.items()}
    time.sleep(WATCHED_SECONDS)
    return {p: (processor_seconds(pid) - before[p]) / WATCHED_SECONDS
            for p, pid in pids.items()}


def one(check, post, program, spare):
    box = post.box
    what = f"{program} with {spare} descriptors left"
    pids = {p: box.pid(p) for p in PROGRAMS}
    was = limit_to(pids[program], spare)
    sockets = storm(box)
    time.sleep(0.5)
    load = watch(box, pids)
    check.that(all(busy < BUSY for busy in load.values()),
               f"{what}: nobody spins: {load}")
    for s in sockets:
        s.close()
    answers = []
    threads = [threading.Thread(target=post.send, args=("anna", 2000)),
               threading.Thread(target=post.append, args=("anna",)),
               threading.Thread(target=try_to_log_in, args=(box, answers))]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    codes = list(post.sent["anna"].values())[-2:]
    check.that(all(c in (0, 250) or 400 <= c < 500 for c in codes),
               f"{what}: mail was answered {codes}")
    check.that("AUTHENTICATIONFAILED" not in answers[0],
               f"{what}: nobody's password is wrong: {answers}")
    check.that(box.pid(program) == pids[program], f"{what}: it lives on")
    resource.prlimit(pids[program], resource.RLIMIT_NOFILE, was)
    took = post.wait(["anna", "ben"], BACK_SECONDS)
    check.that(took is not None, f"{what}: served again by itself")
    wrong = post.look()
    check.that(not wrong, f"{what}: {wrong[:5]}")
    print(f"{what}: busy {max(load.values()):.2f}; {codes} {answers}; "
          f"back in {took} s", flush=True)


def supervisor(check, post):
    """A child that ends while nothing can be started is started later."""
    box = post.box
    pid = box.process.pid
    was = limit_to(pid, 0)
    box.kill("smtpd")
    box.kill("mailstored")
    before = processor_seconds(pid)
    time.sleep(WATCHED_SECONDS)
    busy = (processor_seconds(pid) - before) / WATCHED_SECONDS
    check.that(busy < BUSY, f"pillarbox does not spin: {busy}")
    check.that(box.process.poll() is None, "pillarbox lives on")
    resource.prlimit(pid, resource.RLIMIT_NOFILE, was)
    took = post.wait(["anna", "ben"], BACK_SECONDS)
    check.that(took is not None, "what had ended is started again")
    print(f"pillarbox: busy {busy:.2f}; back in {took} s", flush=True)


def main():
    check = Checks()
    with Appliance() as box:
        post = Post(box)
        for user in ("anna", "ben"):
            post.add_user(user)
        check.that(post.wait(["anna", "ben"], BACK_SECONDS) is not None,
                   "served at first")
        for program in PROGRAMS:
            for spare in (0, 1, 3):
                one(check, post, program, spare)
        supervisor(check, post)
        wrong = post.look()
        check.that(not wrong, f"at the end: {wrong[:5]}")
        done = box.cli("index", "check", "--all", check=False)
        check.that(done.returncode == 0, "index and files agree: "
                   + done.stdout.decode() + done.stderr.decode())
    return check.report()


if __name__ == "__main__":
    sys.exit(main())
