#!/usr/bin/env python3
"""The power is cut under load, on a disk that keeps only what was fsynced.

  tests/crash/test_power.py [ROUNDS [SEED]]

Mail, index and accounts are on powercut_fs. In each round: mixed load (three
senders by SMTP, three IMAP clients: APPEND, STORE, COPY, MOVE, EXPUNGE, CREATE,
RENAME, DELETE, SUBSCRIBE), the cut at a random moment, every process killed,
the disk mounted again with what was durable, and then:

  - served again within a few seconds
  - everything answered for, or shown to a client, is there, complete, once;
    what was expunged stays away; flags, mailboxes, subscriptions as answered
  - no UID means two messages, in all rounds together
  - "pillarbox index check --all" finds nothing

The first round that goes wrong is the last one, and shows the log.
Every other round some of what was not flushed survives (powercut_model.c). The
seed is printed; with it the commands and the cuts are the same, but not the
order in which threads run.
"""
import contextlib
import os
import random
import shutil
import signal
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "../lib")]
from appliance import Appliance, Checks, REPORTS  # noqa: E402
from load import Load, is_served, look, make_users, served_seconds  # noqa: E402
from powercut import Disk, build  # noqa: E402

ROUNDS = 30
WRONG_SHOWN = 12
LOG_SHOWN = 20000
SYNC_MICROSECONDS = (0, 300, 2000)


def put_on(box, disk):
    with open(box.conf, encoding="utf-8") as f:
        conf = f.read()
    for name in ("accounts", "mail", "index"):
        conf = conf.replace(f"dir = {name}\n", f"dir = {disk.path}/{name}\n")
        os.makedirs(os.path.join(disk.path, name), mode=0o700, exist_ok=True)
    with open(box.conf, "w", encoding="utf-8") as f:
        f.write(conf)


def kill_all(box):
    parent = box.process.pid
    with open(f"/proc/{parent}/task/{parent}/children", encoding="ascii") as f:
        children = [int(pid) for pid in f.read().split()]
    for pid in [parent, *children]:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    box.process.wait()
    while any(os.path.exists(f"/proc/{pid}") for pid in children):
        time.sleep(0.005)
    box.process = None


@contextlib.contextmanager
def tidy(box):
    """What Appliance does when it starts only once."""
    try:
        yield
    finally:
        if box.process is not None:
            kill_all(box)
        shutil.rmtree(box.dir, ignore_errors=True)


def one_round(check, box, disk, users, seed):
    rng = random.Random(seed)
    disk.mount(rng.choice(SYNC_MICROSECONDS))
    start = time.time()
    box.start()
    served = is_served(box, users)
    took = time.time() - start
    check.that(served and took < served_seconds(),
               f"{seed}: served after {took:.1f} s")
    wrong = look(box, users)
    for sentence in wrong[:WRONG_SHOWN]:
        check.that(False, f"{seed}: {sentence}")
    check.that(not wrong, f"{seed}: what was answered for is there")
    done = box.cli("index", "check", "--all", check=False)
    check.that(done.returncode == 0, f"{seed}: index and files agree: "
               + done.stdout.decode() + done.stderr.decode())
    if check.failed:
        print(box.log()[-LOG_SHOWN:])
        raise SystemExit(check.report())
    load = Load(box, users, seed)
    time.sleep(rng.uniform(0.2, 2.0))
    how = "drop" if rng.random() < 0.5 else f"mix {rng.getrandbits(32)}"
    load.broken = True
    answer = disk.cut(how)
    kill_all(box)
    load.end()
    disk.unmount()
    check.that(not load.surprises, f"{seed}: refused {load.surprises}")
    check.that(REPORTS.search(box.log()) is None, f"{seed}: a report:\n"
               + box.log()[-8000:])
    print(f"{seed}: back in {took:.1f} s; {load.count} answers; {how}: {answer}",
          flush=True)


def main():
    check = Checks()
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else int(time.time())
    program, why = build()
    if program is None:
        check.skip(why)
        return check.report()
    print(f"seed {seed}", flush=True)
    box = Appliance()
    with Disk(program) as disk, tidy(box):
        disk.mount()
        put_on(box, disk)
        box.start()
        users = make_users(box)
        look(box, users)
        box.stop()
        disk.unmount()
        for n in range(rounds):
            one_round(check, box, disk, users, seed + n)
        disk.mount()
        box.start()
        wrong = look(box, users)
        check.that(not wrong, f"after the last one: {wrong}")
        box.stop()
    return check.report()


if __name__ == "__main__":
    sys.exit(main())
