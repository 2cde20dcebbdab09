#!/usr/bin/env python3
"""kill -9 at random moments under mixed load.

  tests/crash/test_kill_random.py [ROUNDS [SEED]]

In each round one program (sometimes two) is killed while three senders by SMTP
and three IMAP clients are busy (load.py). The load goes on; senders come back
by themselves, a client stops with the first command whose outcome it does not
know. Then everything that was answered for, or shown, must be there, complete
and once, and "pillarbox index check --all" finds nothing. The seed is printed.
"""
import os
import random
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "../lib")]
from appliance import Appliance, Checks, REPORTS  # noqa: E402
from load import NET, Load, is_served, look, make_users, served_seconds  # noqa: E402

ROUNDS = 40
WRONG_SHOWN = 12
PROGRAMS = ("mailstored", "mailstored", "smtpd", "imapd-lite", "authd")


def kill(box, rng):
    """Two at once now and then."""
    programs = set(rng.choices(PROGRAMS, k=rng.choice((1, 1, 1, 2))))
    for program in programs:
        if box.pid(program) is not None:
            box.kill(program)
    return "+".join(sorted(programs))


def wait_until_served(box, users):
    start = time.time()
    while time.time() - start < 2 * served_seconds():
        try:
            if is_served(box, users):
                break
        except NET:
            pass
        time.sleep(0.02)
    return time.time() - start


def one_round(check, box, users, seed):
    rng = random.Random(seed)
    load = Load(box, users, seed)
    time.sleep(rng.uniform(0.1, 1.5))
    load.broken = True
    name = kill(box, rng)
    took = wait_until_served(box, users)
    check.that(took < served_seconds(), f"{seed} {name}: after {took:.1f} s")
    time.sleep(rng.uniform(0, 0.5))
    load.end()
    wrong = look(box, users)
    for sentence in wrong[:WRONG_SHOWN]:
        check.that(False, f"{seed} {name}: {sentence}")
    check.that(not wrong, f"{seed} {name}: what was answered for is there")
    check.that(not load.surprises, f"{seed}: refused {load.surprises}")
    print(f"{seed}: {name} back in {took:.2f} s; {load.count} answers",
          flush=True)


def main():
    check = Checks()
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else int(time.time())
    print(f"seed {seed}", flush=True)
    with Appliance() as box:
        users = make_users(box)
        look(box, users)
        for n in range(rounds):
            one_round(check, box, users, seed + n)
            if n % 10 == 9 or n == rounds - 1:
                done = box.cli("index", "check", "--all", check=False)
                check.that(done.returncode == 0, "index and files agree: "
                           + done.stdout.decode() + done.stderr.decode())
        check.that(REPORTS.search(box.log()) is None,
                   "a report:\n" + box.log()[-8000:])
    return check.report()


if __name__ == "__main__":
    sys.exit(main())
