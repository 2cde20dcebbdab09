"""What the benchmarks share: arguments, the programs that are measured, the
directory that is removed again, and how much of the machine others had."""
import argparse
import contextlib
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import proc
import report
import rivals

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
OUT = "build/bench-release"
PASSWORD = "correct-horse-battery"
KIB = 1024
CFLAGS = ["-std=c17", "-O2", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror"]


def say(text):
    print(f"[{time.strftime('%H:%M:%S')}] {text}", flush=True)


def arguments(description):
    parser = argparse.ArgumentParser(
        description=description,
        formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--dir", default="/var/tmp",
                        help="where the temporary directory is made; the file "
                        "system that is measured")
    parser.add_argument("--page", default=os.path.join(ROOT,
                                                       "docs/performance.md"))
    parser.add_argument("--bin", metavar="DIR", help="measure the programs that "
                        "are there; otherwise make builds them (release)")
    parser.add_argument("--calm", type=int, default=0, metavar="SECONDS",
                        help="wait so long for a load average below 0.7")
    return parser.parse_args()


def build(directory, programs):
    """The version that is measured."""
    version = "from " + programs if programs else report.git_version(ROOT)
    if programs is None:
        subprocess.run(["make", "-s", f"OUT={OUT}"], cwd=ROOT, check=True)
        programs = os.path.join(ROOT, OUT, "bin")
    os.environ["PILLARBOX_BIN"] = programs
    for name in ("load", "disk"):
        subprocess.run(["cc", *CFLAGS, "-o", os.path.join(directory, name),
                        os.path.join(HERE, name + ".c"), "-lpthread"],
                       check=True)
    return version


class Others:
    """The processor time that everybody else had since this was made. What we
    started counts as ours once it was stopped."""

    def __init__(self):
        self.began, self.busy, self.own = (time.time(), proc.busy_seconds(),
                                           self.own_seconds())

    @staticmethod
    def own_seconds():
        usages = (resource.getrusage(who) for who in
                  (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        return sum(u.ru_utime + u.ru_stime for u in usages)

    def share(self):
        busy = proc.busy_seconds() - self.busy
        own = self.own_seconds() - self.own
        return max(0.0, busy - own) / (os.cpu_count() *
                                       (time.time() - self.began))


def wait_for_calm(seconds):
    end = time.time() + seconds
    while os.getloadavg()[0] > 0.7 and time.time() < end:
        time.sleep(5)


def end_in_order(number, frame):
    raise SystemExit(f"ended by signal {number}")


def prepare(limit_seconds):
    """Root, packages, descriptors, an end in good order after so long; False
    with a message where it cannot be."""
    if os.geteuid() != 0:
        print("bench: Postfix and Dovecot change users: run it as root",
              file=sys.stderr)
        return False
    subprocess.run([os.path.join(ROOT, "scripts/deps"), "build", "bench"],
                   check=True)
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGALRM):
        signal.signal(number, end_in_order)
    signal.alarm(limit_seconds)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 65536), hard))
    rivals.become_reaper()
    return True


@contextlib.contextmanager
def directory_below(path):
    directory = tempfile.mkdtemp(prefix="pillarbox-bench-", dir=path)
    try:
        os.chmod(directory, 0o755)
        yield directory
    finally:
        say("removing " + directory)
        shutil.rmtree(directory, ignore_errors=True)


def command_line(name, args):
    return f"tests/bench/{name}" + (" --quick" if args.quick else "")
