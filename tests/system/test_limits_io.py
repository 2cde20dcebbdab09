#!/usr/bin/env python3
"""EIO: the disk fails single calls for a while (tests/crash/powercut_fault.c).

For mail, index and accounts in turn: meanwhile every answer is given, is a
temporary one or is kept (never 5xx, never lost), reading goes on where it can;
afterwards service resumes by itself. At the end the power is cut on a disk that
believes no second fsync after one that failed: what was answered for must have
been written anew.
"""
import errno
import imaplib
import os
import sys
import time

# A program that gives up (exit 75, to be started again) frees nothing first.
os.environ["ASAN_OPTIONS"] = "detect_leaks=0"

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "../lib"), os.path.join(HERE, "../crash")]
from appliance import Appliance, Checks, REPORTS, bin_dir  # noqa: E402
from letters import NET, Post  # noqa: E402
from powercut import Disk, build  # noqa: E402
from test_power import kill_all, put_on, tidy  # noqa: E402

BACK_SECONDS = 20 if "asan" in bin_dir() else 8
NAMES_SECONDS = 6  # until flags are in names

# What fails, where; and what must hold meanwhile.
READABLE = 1  # a message in INBOX can still be read
RESTARTS = 2  # mailstored is killed, and starts on such a disk
WRITING = (
    ("write", "/mail/tmp/", READABLE),
    ("fsync", "/mail/tmp/", READABLE),
    ("create", "/mail/tmp/", READABLE),
    ("link", "/new/", READABLE),
    ("fsyncdir", "/new", READABLE),
    ("fsyncdir", "/cur", READABLE),
    ("link", "/cur/", READABLE),
    ("unlink", "/mail/", READABLE),
    ("fsync", "/pillarbox-mailbox", READABLE),
    ("rename", "/pillarbox-mailbox", READABLE),
    ("write", "/index/log.", 0),
    ("fsync", "/index/log.", 0),
    ("write", "/index/", RESTARTS),
    ("fsync", "/index/", RESTARTS),
    ("fsyncdir", "/index", RESTARTS),
    ("read", "/index/", RESTARTS),
    ("open", "/index/", RESTARTS),
    ("rename", "/index/", RESTARTS),
    ("create", "/index/", RESTARTS),
)
READING = (
    ("read", "/new/"), ("open", "/new/"), ("readdir", "/new"),
    ("readdir", "/cur"), ("opendir", "/cur"), ("getattr", "/cur"),
    ("lookup", "/new"), ("readdir", "/anna"), ("readdir", "/mail"),
)


def try_to_read(post):
    try:
        return post.read("anna")
    except NET:
        return None


def change_names(post, number):
    """A new keyword is written to the control file; flags get into names."""
    try:
        c = post.log_in("anna")
        c.select("INBOX")
        c.store("1:3", "+FLAGS", f"(\\Seen word{number})")
        c.store("4", "-FLAGS" if number % 2 else "+FLAGS", "(\\Flagged)")
        c.logout()
    except NET:
        pass


def one_writing(check, post, disk, number, case):
    operation, part, how = case
    what = f"EIO from {operation} of {part}"
    before = set(post.read("anna").values())
    disk.fail(operation, errno.EIO, part)
    if how == RESTARTS:
        post.box.kill("mailstored")
    codes = [post.send("anna", 3000), post.send("anna", 200000)]
    kinds = [post.append("anna"), post.append("anna", size=100000)]
    change_names(post, number)
    check.that(all(c in (250, 0) or 400 <= c < 500 for c in codes),
               f"{what}: mail was answered {codes}")
    check.that(all(k in ("OK", "NO", "") for k in kinds),
               f"{what}: APPEND was answered {kinds}")
    if how == READABLE:
        check.that(0 not in codes and "" not in kinds,
                   f"{what}: an answer, always: {codes} {kinds}")
        there = try_to_read(post)
        check.that(there is not None and before <= set(there.values()),
                   f"{what}: reading goes on")
        time.sleep(NAMES_SECONDS)
    else:
        post.doubt()
    count = disk.fine()
    took = post.wait(["anna", "ben"], BACK_SECONDS)
    check.that(took is not None, f"{what}: served again by itself")
    wrong = post.look()
    check.that(not wrong, f"{what}: {wrong[:5]}")
    print(f"{what}: {count} calls failed; {codes} {kinds}; back in {took} s",
          flush=True)
    return count


# --- what was answered for lasts -----------------------------------------------


def flag(post, uids):
    """Those whose STORE was answered OK."""
    try:
        c = post.log_in("ben")
        c.select("INBOX")
        done = [uid for uid in uids if c.uid(
            "STORE", str(uid), "+FLAGS.SILENT", "(\\Flagged)")[0] == "OK"]
        c.logout()
        return set(done)
    except NET:
        return set()


def flagged(post):
    c = post.log_in("ben")
    c.select("INBOX")
    found = c.uid("SEARCH", "FLAGGED")[1][0].split()
    c.logout()
    return {int(uid) for uid in found}


def add_account(post, name):
    return post.box.cli("user", "add", f"{name}@example.org", "--stdin",
                        stdin="a-secret\n", check=False).returncode == 0


def lasting(check, post, disk, where, restart, times):
    """An fsync fails (Linux may say so only once), the disk is fine again, the
    power is cut."""
    what = f"EIO from {times or 'each'} fsync of {where}, then a power cut"
    start = int(time.time() * 1000)
    for _ in range(6):
        post.send("ben")
    uids = sorted(post.read("ben"))[-6:]
    done = flag(post, uids[:2])
    disk.fail("fsync", errno.EIO, where, times)
    if restart:
        post.box.kill("mailstored")
    post.send("ben")
    unsure = set(uids[2:4])
    flag(post, unsure)
    names = [f"z{start}"] if add_account(post, f"z{start}") else []
    time.sleep(1)
    post.doubt()
    count = disk.fine()
    check.that(post.wait(["ben"], BACK_SECONDS) is not None,
               f"{what}: served again by itself")
    done |= flag(post, uids[4:])
    check.that(set(uids[4:]) <= done, f"{what}: flags are stored again")
    if add_account(post, f"y{start}"):
        names.append(f"y{start}")
    check.that(names[-1:] == [f"y{start}"], f"{what}: accounts are made again")
    power_cut(check, post, disk, "drop")
    lost = done - flagged(post)
    check.that(not lost, f"{what}: flags lost of {lost} in {uids}")
    listed = post.box.cli("user", "list").stdout.decode()
    check.that(all(name in listed for name in names),
               f"{what}: accounts lost of {names}")
    print(f"{what}: {count} calls failed", flush=True)
    check.that(count > 0, f"{what}: was it called?")


# --- reading ---------------------------------------------------------------------


def touch_by_others(box, user):
    """Makes mailstored look through the directories."""
    for part in ("new", "cur"):
        name = os.path.join(box.maildir(user), part, "x.y.z")
        with open(name, "wb") as f:
            f.write(b"x")
        os.unlink(name)


def one_reading(check, post, disk, operation, part):
    what = f"EIO from {operation} of {part}"
    c = post.log_in("anna")
    c.select("INBOX")
    uids = post.read("anna")
    disk.fail(operation, errno.EIO, part)
    touch_by_others(post.box, "anna") if operation not in (
        "getattr", "lookup") else None
    time.sleep(1.5)
    kinds = []
    for command in (lambda: c.noop(), lambda: c.uid(
            "FETCH", str(min(uids)), "(BODY.PEEK[])"), lambda: c.list()):
        try:
            kinds.append(command()[0])
        except NET as why:
            kinds.append(repr(why))
    check.that(all(k in ("OK", "NO") for k in kinds), f"{what}: {kinds}")
    there = try_to_read(post)
    check.that(there is None or there == uids,
               f"{what}: nothing seems to be gone: {there} {uids}")
    code = post.send("ben")
    check.that(code == 250 or 400 <= code < 500, f"{what}: mail: {code}")
    count = disk.fine()
    took = post.wait(["anna", "ben"], BACK_SECONDS)
    check.that(took is not None, f"{what}: served again by itself")
    now = post.read("anna")
    check.that(uids.items() <= now.items(), f"{what}: all of it, with its UIDs")
    try:
        check.that(c.noop()[0] == "OK", f"{what}: the session goes on")
        c.logout()
    except NET as why:
        check.that(False, f"{what}: the session ended: {why!r}")
    print(f"{what}: {count} calls failed; {kinds}; back in {took} s", flush=True)
    return count


def accounts(check, post, disk):
    for operation in ("read", "open", "readdir"):
        disk.fail(operation, errno.EIO, "/accounts")
        code = post.send("anna")
        check.that(code == 250 or 400 <= code < 500,
                   f"EIO from {operation} of accounts: mail: {code}")
        try:
            c = imaplib.IMAP4_SSL("127.0.0.1", post.box.port["imaps"],
                                  ssl_context=post.box.tls_context())
            c.login("anna@example.org", "anna-secret")
            c.logout()
        except imaplib.IMAP4.error as why:
            check.that("AUTHENTICATIONFAILED" not in str(why),
                       f"EIO from {operation} of accounts is nobody's wrong "
                       f"password: {why}")
        disk.fine()
        check.that(post.wait(["anna"], BACK_SECONDS) is not None,
                   f"EIO from {operation} of accounts: served again")
    for operation in ("write", "fsync"):
        disk.fail(operation, errno.EIO, "/accounts")
        check.that(not add_account(post, f"x-{operation}"),
                   f"EIO from {operation}: no account")
        disk.fine()
        check.that(post.wait(["anna"], BACK_SECONDS) is not None,
                   f"EIO from {operation} of accounts: served again")
        check.that(add_account(post, f"y-{operation}"),
                   f"after EIO from {operation}: one")


def power_cut(check, post, disk, how):
    disk.cut(how)
    kill_all(post.box)
    disk.unmount()
    disk.mount()
    post.box.start()
    check.that(post.wait(["anna", "ben"], BACK_SECONDS) is not None,
               "served after the power cut")
    wrong = post.look()
    check.that(not wrong, f"after the power cut: {wrong[:8]}")


class DiskBox(Appliance):
    def maildir(self, user):
        with open(self.conf, encoding="utf-8") as f:
            mail = [line.split("=")[1].strip() for line in f
                    if line.strip().startswith("dir =") and
                    line.strip().endswith("/mail")][0]
        return os.path.join(mail, "example.org", user)


def run(check, box, disk):
    post = Post(box)
    for user in ("anna", "ben"):
        post.add_user(user)
    for _ in range(5):
        post.send("anna")
    hits = {}
    for number, case in enumerate(WRITING):
        hits[case[:2]] = one_writing(check, post, disk, number, case)
    power_cut(check, post, disk, "drop")
    for times in (1, 0):
        for where, restart in (("/index/log.", False), ("/index/", True),
                               ("/accounts/", False)):
            lasting(check, post, disk, where, restart, times)
    for case in READING:
        hits[case] = one_reading(check, post, disk, *case)
    accounts(check, post, disk)
    power_cut(check, post, disk, "drop")
    done = box.cli("index", "check", "--all", check=False)
    check.that(done.returncode == 0, "index and files agree: "
               + done.stdout.decode() + done.stderr.decode())
    for case, count in hits.items():
        check.that(count > 0, f"{case} was never called")
    check.that(REPORTS.search(box.log()) is None, "a report")


def main():
    check = Checks()
    program, why = build()
    if program is None:
        check.skip(why)
        return check.report()
    box = DiskBox()
    with Disk(program) as disk, tidy(box):
        disk.mount()
        put_on(box, disk)
        box.start()
        try:
            run(check, box, disk)
        finally:
            if check.failed or sys.exc_info()[0] is not None:
                print(box.log()[-20000:])
        box.stop()
    return check.report()


if __name__ == "__main__":
    sys.exit(main())
