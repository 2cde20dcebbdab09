"""A directory whose power can be cut: builds and drives powercut_fs.c.

    with Disk() as disk:
        disk.mount()            # disk.path is the directory
        ...
        disk.cut("drop")        # or "mix 17"; every call fails from now on
    disk.fail("fsync", errno.EIO, "/index/")   # these calls; disk.fine(): no more
        disk.unmount()          # when all users of it are dead
        disk.mount()            # what was durable
"""
import os
import shutil
import subprocess
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
SOURCES = [os.path.join(HERE, f"powercut_{part}.c")
           for part in ("fs", "file", "model", "cut", "fault")]
WARN = ["-Wall", "-Wextra", "-Wshadow", "-Wconversion", "-Wmissing-prototypes",
        "-Werror"]


def build():
    """The program's path; None and why where it cannot be used."""
    out = os.path.join(ROOT, "build/crash-tools/powercut_fs")
    if os.geteuid() != 0 or not os.path.exists("/dev/fuse"):
        return None, "needs root and /dev/fuse"
    found = subprocess.run(["pkg-config", "--cflags", "--libs", "fuse3"],
                           capture_output=True, check=False, text=True)
    if found.returncode != 0:
        return None, "needs libfuse3-dev"
    os.makedirs(os.path.dirname(out), exist_ok=True)
    if not os.path.exists(out) or any(
            os.path.getmtime(f) > os.path.getmtime(out) for f in SOURCES):
        subprocess.run(
            [os.environ.get("CC", "gcc"), "-std=c17", "-D_GNU_SOURCE", "-O2",
             "-D_FILE_OFFSET_BITS=64", *WARN, *SOURCES, "-o", out,
             *found.stdout.split(), "-lpthread"], check=True)
    return out, None


class Disk:
    def __init__(self, program):
        self.program = program
        self.state = tempfile.mkdtemp(prefix="pillarbox-disk-")
        self.path = os.path.join(self.state, "mnt")
        self.process = None
        for name in ("mnt", "live"):
            os.mkdir(os.path.join(self.state, name))

    def __enter__(self):
        return self

    def __exit__(self, *what):
        if self.process is not None:
            self.unmount()
        shutil.rmtree(self.state, ignore_errors=True)

    def mount(self, sync_microseconds=0):
        self.process = subprocess.Popen(
            [self.program, self.state, self.path, str(sync_microseconds)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if self.process.stdout.readline() != "ready\n":
            raise RuntimeError("powercut_fs did not mount")

    def cut(self, how):
        """(names, files) taken back, and names kept by chance."""
        self.process.stdin.write(f"cut {how}\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer.startswith("cut:"):
            raise RuntimeError("powercut_fs failed at the cut")
        return answer.strip()

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline()

    def fail(self, operation, number, part="/", times=0):
        """So many times (0: always) fails one of read write fsync open create
        unlink rmdir rename link mkdir opendir readdir fsyncdir lookup getattr
        setattr, where PART is in the path."""
        if self.ask(f"fail {operation} {number} {part} {times}") != "fails\n":
            raise RuntimeError("powercut_fs cannot do that")

    def fine(self):
        """How many calls have failed."""
        return int(self.ask("fine").split()[1])

    def unmount(self):
        self.process.stdin.close()
        self.process.wait(30)
        self.process = None
        lost = os.path.join(self.state, "lost")
        shutil.rmtree(lost, ignore_errors=True)
