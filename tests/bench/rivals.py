"""Debian's Postfix and Dovecot, run privately: own configuration, queue, mail
and ports below one directory, nothing of /etc/postfix or /etc/dovecot read.

Set up as their manuals advise for many users on one machine, nothing switched
off that they do by default, nothing left on that would only slow them down.
"""
import ctypes
import grp
import os
import pwd
import re
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "../lib"))
from appliance import free_ports  # noqa: E402
import proc  # noqa: E402

POSTFIX_DAEMONS = "/usr/lib/postfix/sbin"
QUEUES = ("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold",
          "incoming", "private", "saved", "trace")
MAIL_USER = "mail"
PR_SET_CHILD_SUBREAPER = 36
START_SECONDS = 20
STOP_SECONDS = 10

MAIN_CF = """\
compatibility_level = 3.6
queue_directory = {dir}/queue
data_directory = {dir}/data
daemon_directory = {daemons}
mail_owner = postfix
setgid_group = postdrop
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
myhostname = mail.example.org
mydestination =
alias_maps =
local_recipient_maps =
virtual_mailbox_domains = example.org
virtual_mailbox_maps = hash:{dir}/mailboxes
virtual_mailbox_base = {dir}/mail
virtual_mailbox_limit = 0
virtual_minimum_uid = 1
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_transport = {transport}
smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination
smtpd_tls_security_level = may
smtpd_tls_cert_file = {cert}
smtpd_tls_key_file = {key}
# Takes mail at full speed, without its second of delay for each message that
# arrives while the queue is growing.
in_flow_delay = 0
{extra}
"""

MASTER_CF = """\
127.0.0.1:{port} inet n - n - - smtpd
cleanup   unix  n - n - 0 cleanup
qmgr      unix  n - n 300 1 qmgr
tlsmgr    unix  - - n 1000? 1 tlsmgr
rewrite   unix  - - n - - trivial-rewrite
bounce    unix  - - n - 0 bounce
defer     unix  - - n - 0 bounce
trace     unix  - - n - 0 bounce
verify    unix  - - n - 1 verify
flush     unix  n - n 1000? 0 flush
proxymap  unix  - - n - - proxymap
proxywrite unix - - n - 1 proxymap
showq     unix  n - n - - showq
error     unix  - - n - - error
retry     unix  - - n - - error
discard   unix  - - n - - discard
virtual   unix  - n n - - virtual
lmtp      unix  - - n - - lmtp
anvil     unix  - - n - 1 anvil
scache    unix  - - n - 1 scache
postlog   unix-dgram n - n - 1 postlogd
"""

DOVECOT_CONF = """\
protocols = imap lmtp
listen = 127.0.0.1
base_dir = {dir}/run
state_dir = {dir}/state
log_path = {dir}/log
ssl = yes
ssl_cert = <{cert}
ssl_key = <{key}
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_cache_size = 10M
passdb {{
  driver = passwd-file
  args = scheme=PLAIN {dir}/users
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={dir}/mail/%d/%n
}}
first_valid_uid = 1
first_valid_gid = 1
mail_location = maildir:~/Maildir
mail_max_userip_connections = 0
default_client_limit = 10000
default_vsz_limit = 2G
protocol lmtp {{
  mail_fsync = always
}}
service imap-login {{
  # "High-performance mode" of its documentation: one process, many logins.
  service_count = 0
  process_min_avail = 2
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service imap {{
  process_limit = 2000
}}
service lmtp {{
  process_limit = 100
  process_min_avail = 8
  unix_listener bench-lmtp {{
    user = postfix
    group = postfix
    mode = 0600
  }}
}}
"""


def become_reaper():
    """Grandchildren whose parent ended become our children, so that none is
    left behind."""
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


def write(path, text):
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


def mail_ids():
    entry = pwd.getpwnam(MAIL_USER)
    return entry.pw_uid, entry.pw_gid


class Server:
    """One program in the foreground, the leader of its own session."""

    def __init__(self, argv, log):
        with open(log, "ab") as out:
            self.process = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                start_new_session=True)

    @property
    def pid(self):
        return self.process.pid

    def wait_for(self, ready, what):
        end = time.time() + START_SECONDS
        while not ready():
            if self.process.poll() is not None:
                raise RuntimeError(f"{what} ended with {self.process.returncode}")
            if time.time() > end:
                raise RuntimeError(f"{what} did not start")
            time.sleep(0.05)

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.stop_rest()

    def stop_rest(self):
        """What it started is ours now (become_reaper) and ends with it."""
        end = time.time() + STOP_SECONDS
        while rest := proc.children_in_session(self.process.pid):
            for pid in rest:
                if time.time() > end:
                    os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, os.WNOHANG)
            time.sleep(0.02)


def is_listening(port):
    """Told by the kernel: connecting would be a session in the logs."""
    wanted = f":{port:04X} "
    with open("/proc/net/tcp", encoding="ascii") as f:
        return any(wanted in line and " 0A " in line for line in f)


def make_certificate(directory):
    """EC P-256, as our own CA's; (certificate, key)."""
    cert, key = (os.path.join(directory, f"rival.{n}") for n in ("pem", "key"))
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj",
         "/CN=mail.example.org", "-addext",
         "subjectAltName=DNS:mail.example.org,DNS:localhost",
         "-keyout", key, "-out", cert], check=True, capture_output=True)
    return cert, key


class Dovecot:
    def __init__(self, directory, users, certificate):
        self.dir = directory
        self.imap, self.imaps = free_ports(2)
        self.lmtp = os.path.join(directory, "run/bench-lmtp")
        os.makedirs(os.path.join(directory, "mail"))
        uid, gid = mail_ids()
        os.chown(os.path.join(directory, "mail"), uid, gid)
        write(os.path.join(directory, "users"),
              "".join(f"{name}:{{PLAIN}}{word}\n"
                      for name, word in users.items()))
        self.conf = os.path.join(directory, "dovecot.conf")
        write(self.conf, DOVECOT_CONF.format(
            dir=directory, cert=certificate[0], key=certificate[1], uid=uid,
            gid=gid, imap=self.imap, imaps=self.imaps))
        self.server = None

    def maildir(self, user):
        name, domain = user.split("@")
        return os.path.join(self.dir, "mail", domain, name, "Maildir")

    def own(self, user):
        """The directories above a Maildir that was placed there."""
        maildir = self.maildir(user)
        for path in (os.path.dirname(os.path.dirname(maildir)),
                     os.path.dirname(maildir)):
            os.chown(path, *mail_ids())

    def start(self):
        self.server = Server(["dovecot", "-F", "-c", self.conf],
                             os.path.join(self.dir, "start.log"))
        self.server.wait_for(lambda: is_listening(self.imaps)
                             and os.path.exists(self.lmtp), "dovecot")

    def stop(self):
        if self.server is not None:
            self.server.stop()
            self.server = None


class Postfix:
    """transport: "virtual", or "lmtp:unix:PATH"."""

    def __init__(self, directory, users, certificate, transport):
        self.dir = directory
        self.smtp = free_ports(1)[0]
        self.lay_out()
        uid, gid = mail_ids()
        extra = ""
        if transport.startswith("lmtp:"):
            extra = "lmtp_destination_recipient_limit = 1"
        write(os.path.join(directory, "mailboxes"),
              "".join("{0} {2}/{1}/\n".format(name, *name.split("@"))
                      for name in users))
        write(os.path.join(directory, "main.cf"), MAIN_CF.format(
            dir=directory, daemons=POSTFIX_DAEMONS, transport=transport,
            cert=certificate[0], key=certificate[1], uid=uid, gid=gid,
            extra=extra))
        write(os.path.join(directory, "master.cf"),
              MASTER_CF.format(port=self.smtp))
        subprocess.run(["postmap", "-c", directory,
                        "hash:" + os.path.join(directory, "mailboxes")],
                       check=True)
        self.server = None

    def lay_out(self):
        owner = pwd.getpwnam("postfix").pw_uid
        drop = grp.getgrnam("postdrop").gr_gid
        queue = os.path.join(self.dir, "queue")
        os.makedirs(os.path.join(queue, "pid"))
        for name in QUEUES:
            os.mkdir(os.path.join(queue, name), 0o700)
            os.chown(os.path.join(queue, name), owner, 0)
        for name, mode in (("maildrop", 0o730), ("public", 0o710)):
            os.mkdir(os.path.join(queue, name))
            os.chown(os.path.join(queue, name), owner, drop)
            os.chmod(os.path.join(queue, name), mode)
        for name, who in (("data", (owner, 0)), ("mail", mail_ids())):
            os.mkdir(os.path.join(self.dir, name))
            os.chown(os.path.join(self.dir, name), *who)

    def start(self):
        self.server = Server([os.path.join(POSTFIX_DAEMONS, "master"), "-d",
                              "-c", self.dir],
                             os.path.join(self.dir, "start.log"))
        self.server.wait_for(lambda: is_listening(self.smtp), "postfix")

    def stop(self):
        if self.server is not None:
            self.server.stop()
            self.server = None

    def queued(self):
        """Messages that were answered for and are not delivered yet."""
        count = 0
        for name in ("incoming", "active", "deferred", "maildrop"):
            for _, _, files in os.walk(os.path.join(self.dir, "queue", name)):
                count += len(files)
        return count


def versions():
    """Of the packages, as dpkg knows them."""
    done = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Package} ${Version}\n", "postfix",
         "dovecot-core"], capture_output=True, text=True, check=True)
    return dict(re.findall(r"^(\S+) (\S+)$", done.stdout, re.M))
