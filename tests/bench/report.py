"""Results as a page: one table a subject, every line a ratio, every budget with
its verdict."""
import datetime
import os
import platform
import re
import subprocess

import rivals



def marks(name):
    return f"<!-- {name}: begin -->", f"<!-- {name}: end -->"


class Row:
    """what; unit; ours and rival: the two values, rival None where there is
    none; lower: less is better. budget: (number, kind): kind "times" asks for
    that ratio, "most" for that value of ours at most, "least" for at least."""

    def __init__(self, what, unit, ours, rival=None, lower=True, budget=None):
        self.what, self.unit = what, unit
        self.ours, self.rival, self.lower = ours, rival, lower
        self.budget = budget

    def ratio(self):
        """How many times better ours is."""
        if self.rival is None or not self.ours or not self.rival:
            return None
        return self.rival / self.ours if self.lower else self.ours / self.rival

    def met(self):
        if self.budget is None:
            return None
        number, kind = self.budget
        if kind == "most":
            return self.ours <= number
        if kind == "least":
            return self.ours >= number
        return self.ratio() is not None and self.ratio() >= number

    def budget_text(self):
        if self.budget is None:
            return ""
        number, kind = self.budget
        asked = {"most": f"≤ {number:g}", "least": f"≥ {number:g}",
                 "times": f"≥ {number:g} x"}[kind]
        return f"{asked} {'met' if self.met() else '**missed**'}"


def figure(value):
    """Three digits that mean something."""
    if value is None:
        return ""
    if value >= 100:
        return f"{value:,.0f}"
    if value >= 10:
        return f"{value:.1f}"
    return f"{value:.2f}"


class Table:
    """rival: its name, None where ours is alone."""

    def __init__(self, title, rival, intro=""):
        self.title, self.rival, self.intro = title, rival, intro
        self.rows = []

    def add(self, *args, **kwargs):
        self.rows.append(Row(*args, **kwargs))

    def lines(self):
        yield f"### {self.title}"
        yield ""
        if self.intro:
            yield self.intro
            yield ""
        yield from (self.alone() if self.rival is None else self.beside())
        yield ""

    def alone(self):
        yield "| | pillarbox | budget |"
        yield "|---|---:|---|"
        for row in self.rows:
            yield (f"| {row.what}, {row.unit} | {figure(row.ours)} | "
                   f"{row.budget_text()} |")

    def beside(self):
        yield f"| | pillarbox | {self.rival} | times better | budget |"
        yield "|---|---:|---:|---:|---|"
        for row in self.rows:
            ratio = "" if row.ratio() is None else f"{figure(row.ratio())} x"
            yield (f"| {row.what}, {row.unit} | {figure(row.ours)} | "
                   f"{figure(row.rival)} | {ratio} | {row.budget_text()} |")


class Growth:
    """One column for each size: rows are added a value at a time."""

    def __init__(self, title, sizes, intro=""):
        self.title, self.sizes, self.intro = title, sizes, intro
        self.rows = {}  # (what, unit): {size: value}
        self.most = {}  # (what, unit): {size: the most that is allowed}

    def add(self, what, unit, size, value, most=None):
        self.rows.setdefault((what, unit), {})[size] = value
        if most is not None:
            self.most.setdefault((what, unit), {})[size] = most

    def verdict(self, row):
        found = []
        for size, most in self.most.get(row, {}).items():
            met = "met" if self.rows[row][size] <= most else "**missed**"
            found.append(f"≤ {most:g} at {size:,} {met}")
        return "; ".join(found)

    def lines(self):
        yield f"### {self.title}"
        yield ""
        if self.intro:
            yield self.intro
            yield ""
        yield "| | " + " | ".join(f"{n:,}" for n in self.sizes) + " | budget |"
        yield "|---" + "|---:" * len(self.sizes) + "|---|"
        for row, values in self.rows.items():
            yield (f"| {', '.join(row)} | "
                   + " | ".join(figure(values.get(n)) for n in self.sizes)
                   + f" | {self.verdict(row)} |")
        yield ""


def processor():
    with open("/proc/cpuinfo", encoding="utf-8") as f:
        found = re.search(r"^model name\s*: (.*)$", f.read(), re.M)
    return found[1].strip() if found else platform.machine()


def file_system(path):
    done = subprocess.run(["df", "--output=fstype", path],
                          capture_output=True, text=True, check=True)
    return done.stdout.split()[-1]


def git_version(root):
    done = subprocess.run(["git", "-C", root, "describe", "--always",
                           "--dirty"], capture_output=True, text=True,
                          check=False)
    return done.stdout.strip() or "unknown"


def conditions(version, directory, others, command):
    packages = ", ".join(f"{k} {v}" for k, v in rivals.versions().items())
    with open("/proc/meminfo", encoding="ascii") as f:
        memory = int(re.search(r"MemTotal:\s+(\d+)", f.read())[1]) >> 20
    yield f"* {datetime.date.today().isoformat()}, pillarbox {version}"
    yield f"* {packages} (Debian 12)"
    yield (f"* {os.cpu_count()} x {processor()}, {memory} GiB, "
           f"{file_system(directory)}, Linux {platform.release()}")
    yield (f"* servers and clients share the machine; {others:.0%} of its "
           "processor time went to other work meanwhile")
    yield f"* `{command}`"
    yield ""


def page(tables, version, directory, others, command):
    """The text between two marks."""
    lines = ["", *conditions(version, directory, others, command)]
    for table in tables:
        lines += table.lines()
    return "\n".join(lines)


def write(path, name, text):
    """Between the two marks of that name; what people wrote around them
    stays."""
    begin, end = marks(name)
    with open(path, encoding="utf-8") as f:
        old = f.read()
    before, rest = old.split(begin, 1)
    after = rest.split(end, 1)[1]
    with open(path, "w", encoding="utf-8") as f:
        f.write(before + begin + "\n" + text + end + after)
