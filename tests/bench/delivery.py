"""Mail comes in: how many a second, and for how much CPU."""
import os
import re
import smtplib
import subprocess
import time

DRAIN_SECONDS = 60
LOAD_SECONDS = 90


def count_delivered(root):
    """Files in the new/ directories below `root`: nobody opens a mailbox
    meanwhile, and cur/ cannot be counted while files are renamed in it."""
    count = 0
    for path, _, files in os.walk(root):
        if os.path.basename(path) == "new":
            count += len(files)
    return count


def wait_until_delivered(system):
    end = time.time() + DRAIN_SECONDS
    while system.queued() > 0:
        if time.time() > end:
            raise RuntimeError(f"{system.name}: mail stays in the queue\n"
                               + system.tail())
        time.sleep(0.02)


class Measured:
    """One run: messages, seconds until the last one lay in a mailbox, server
    CPU seconds, and microseconds until the 250 where the tool tells them."""

    def __init__(self, messages, seconds, cpu, p50=None, p99=None):
        self.messages = messages
        self.rate = messages / seconds
        self.cpu_ms = cpu * 1000 / messages
        self.p50, self.p99 = p50, p99


def measure(system, argv):
    """Runs argv, waits for an empty queue, and counts the files: what was not
    delivered does not count as fast."""
    before = count_delivered(system.delivered_root())
    cpu, began = system.cpu(), time.time()
    done = subprocess.run(argv, capture_output=True, text=True, check=False,
                          timeout=LOAD_SECONDS)
    if done.returncode != 0:
        raise RuntimeError(f"{system.name}: {' '.join(argv)}\n{done.stderr}\n"
                           + system.tail())
    wait_until_delivered(system)
    seconds, cpu = time.time() - began, system.cpu() - cpu
    messages = count_delivered(system.delivered_root()) - before
    return messages, seconds, cpu, done.stdout


def with_load(tool, system, connections, size, seconds, users):
    messages, took, cpu, text = measure(
        system, [tool, str(system.smtp), str(connections), str(seconds),
                 str(size), str(users)])
    said = re.search(r"accepted (\d+) .* p50_us (\d+) p99_us (\d+)", text)
    accepted, p50, p99 = (int(n) for n in said.groups())
    if messages != accepted:
        raise RuntimeError(f"{system.name}: {accepted} messages were answered "
                           f"with 250, {messages} are there")
    return Measured(messages, took, cpu, p50, p99)


def with_smtp_source(system, connections, size, count,
                     user="user0@example.org"):
    """Postfix's own load generator; one mailbox, no pipelining."""
    messages, took, cpu, _ = measure(
        system, ["smtp-source", "-d", "-s", str(connections), "-m", str(count),
                 "-l", str(size), "-f", "bob@example.com", "-t", user,
                 f"127.0.0.1:{system.smtp}"])
    if messages != count:
        raise RuntimeError(f"{system.name}: {messages} of {count} delivered")
    return Measured(messages, took, cpu)


def from_the_dot(system, user, count, size):
    """Seconds from the last dot of each message until its 250."""
    line = b"x" * 76 + b"\r\n"
    text = b"Subject: growth\r\n\r\n" + line * (size // len(line)) + b".\r\n"
    delays = []
    with smtplib.SMTP("127.0.0.1", system.smtp) as smtp:
        smtp.ehlo("bench.example.com")
        for _ in range(count):
            smtp.mail("bob@example.com")
            smtp.rcpt(user)
            smtp.docmd("DATA")
            began = time.perf_counter()
            smtp.send(text)
            code, said = smtp.getreply()
            delays.append(time.perf_counter() - began)
            if code != 250:
                raise RuntimeError(f"{system.name}: {code} {said!r}\n"
                                   + system.tail())
    return delays


def disk_rate(tool, directory, threads, size, seconds):
    done = subprocess.run([tool, directory, str(threads), str(seconds),
                           str(size)], capture_output=True, text=True,
                          check=True, timeout=LOAD_SECONDS)
    files, took = re.search(r"files (\d+) seconds ([\d.]+)",
                            done.stdout).groups()
    return int(files) / float(took)
