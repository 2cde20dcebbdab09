"""What a server costs: CPU time and memory of a process and all below it."""
import os

TICK = os.sysconf("SC_CLK_TCK")


def stat_fields(pid):
    """Fields of /proc/PID/stat from the third one (state) on."""
    with open(f"/proc/{pid}/stat", encoding="latin-1") as f:
        return f.read().rsplit(")", 1)[1].split()


def all_stats():
    stats = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                stats[int(name)] = stat_fields(int(name))
            except OSError:
                continue
    return stats


def tree(roots, stats=None):
    """The pids of `roots` and everything that descends from them."""
    stats = stats or all_stats()
    below = {}
    for pid, fields in stats.items():
        below.setdefault(int(fields[1]), []).append(pid)
    found, todo = set(), [pid for pid in roots if pid in stats]
    while todo:
        pid = todo.pop()
        if pid not in found:
            found.add(pid)
            todo += below.get(pid, [])
    return found


def children_in_session(session):
    """Our own children of that session."""
    return [pid for pid, fields in all_stats().items()
            if int(fields[1]) == os.getpid() and int(fields[3]) == session]


def cpu_seconds(roots):
    """User and system time, with that of children that ended."""
    stats = all_stats()
    return sum(int(stats[pid][n]) for pid in tree(roots, stats)
               for n in (11, 12, 13, 14)) / TICK


class Running:
    """The processor time of threads since this was made, to the nanosecond:
    for what is too short for a clock tick. A thread that ended meanwhile takes
    its time along."""

    def __init__(self, roots):
        self.roots = roots
        self.before = self.threads()

    def threads(self):
        found = {}
        for pid in tree(self.roots):
            try:
                for thread in os.listdir(f"/proc/{pid}/task"):
                    with open(f"/proc/{pid}/task/{thread}/schedstat",
                              encoding="ascii") as f:
                        found[thread] = int(f.read().split()[0])
            except OSError:
                continue
        return found

    def seconds(self):
        return sum(now - self.before.get(thread, 0)
                   for thread, now in self.threads().items()) / 1e9


def busy_seconds():
    """Of all processors, whoever kept them busy."""
    with open("/proc/stat", encoding="ascii") as f:
        user, nice, system, _, _, irq, softirq = map(
            int, f.readline().split()[1:8])
    return (user + nice + system + irq + softirq) / TICK


def memory_kib(roots):
    """(PSS, RSS) in KiB; PSS counts a page shared by n processes as 1/n."""
    pss = rss = 0
    for pid in tree(roots):
        try:
            with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as f:
                for line in f:
                    if line.startswith("Pss:"):
                        pss += int(line.split()[1])
                    elif line.startswith("Rss:"):
                        rss += int(line.split()[1])
        except OSError:
            continue
    return pss, rss


def own_kib(pid):
    """Resident pages of one process, and its memory files once each, whether
    it has them mapped or not."""
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        fields = dict(line.split(":", 1) for line in f)
    resident = sum(int(fields[n].split()[0]) for n in ("RssAnon", "RssFile"))
    files = {}
    for fd in os.listdir(f"/proc/{pid}/fd"):
        path = f"/proc/{pid}/fd/{fd}"
        try:
            if os.readlink(path).startswith("/memfd:"):
                found = os.stat(path)
                files[found.st_ino] = found.st_blocks // 2
        except OSError:
            continue
    return resident + sum(files.values())
