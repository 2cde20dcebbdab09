"""Letters that are counted: what was answered for must be there once, and what
was refused for the time being, not at all.

    post = Post(box)
    post.add_user("anna")
    post.send("anna")             # the SMTP reply's code; 0: no answer
    post.append("anna")           # "OK", "NO", "": no answer
    wrong = post.look()           # sentences
"""
import imaplib
import re
import smtplib
import threading
import time

NET = (OSError, EOFError, imaplib.IMAP4.error, smtplib.SMTPException)
TIMEOUT = 20


class Post:
    def __init__(self, box):
        self.box = box
        self.sent = {}      # user: {id: code}
        self.count = 0
        self.settled = set()  # what was looked at before
        self.lock = threading.Lock()

    def add_user(self, user):
        self.box.add_user(f"{user}@example.org", f"{user}-secret")
        self.sent[user] = {}

    def next_id(self):
        with self.lock:
            self.count += 1
            return f"letter-{self.count}"

    @staticmethod
    def text(name, size=0):
        return (f"Message-ID: <{name}@example.com>\r\nSubject: {name}\r\n\r\n"
                + ("x" * 70 + "\r\n") * (size // 72) + f"end of {name}\r\n")

    # --- ways in ---------------------------------------------------------------

    def send(self, user, size=0):
        name = self.next_id()
        code = self.smtp(f"{user}@example.org", self.text(name, size))
        self.sent[user][name] = code
        return code

    def smtp(self, to, text):
        try:
            with smtplib.SMTP("127.0.0.1", self.box.port["smtp"],
                              timeout=TIMEOUT) as s:
                s.sendmail("bob@example.com", [to], text)
            return 250
        except smtplib.SMTPRecipientsRefused as why:
            return next(iter(why.recipients.values()))[0]
        except smtplib.SMTPResponseException as why:
            return why.smtp_code
        except NET:
            return 0

    def append(self, user, mailbox="INBOX", size=0):
        name = self.next_id()
        try:
            c = self.log_in(user)
        except imaplib.IMAP4.error as why:
            kind = "NO" if "[UNAVAILABLE]" in str(why) else ""
        except NET:
            kind = ""
        else:
            kind = self.append_to(c, mailbox, self.text(name, size))
        if mailbox == "INBOX":
            self.sent[user][name] = {"OK": 250, "": 0}.get(kind, 451)
        return kind

    @staticmethod
    def append_to(c, mailbox, text):
        try:
            kind = c.append(mailbox, None, None, text.encode())[0]
            c.logout()
            return kind
        except NET:
            return ""

    # --- looking ---------------------------------------------------------------

    def log_in(self, user):
        c = imaplib.IMAP4_SSL("127.0.0.1", self.box.port["imaps"],
                              timeout=TIMEOUT,
                              ssl_context=self.box.tls_context())
        c.login(f"{user}@example.org", f"{user}-secret")
        return c

    def read(self, user, mailbox="INBOX"):
        """{uid: id} of what is there, whole; raises NET."""
        c = self.log_in(user)
        kind, _ = c.select(f'"{mailbox}"', readonly=True)
        if kind != "OK":
            raise imaplib.IMAP4.error(f"SELECT: {kind}")
        found = {}
        kind, rows = c.uid("FETCH", "1:*", "(BODY.PEEK[])")
        if kind != "OK":
            raise imaplib.IMAP4.error(f"FETCH: {kind}")
        for row in rows:
            if isinstance(row, tuple):
                uid = int(re.search(rb"UID (\d+)", row[0])[1])
                name = re.search(rb"Subject: (\S+)", row[1])
                whole = name and row[1].endswith(b"end of " + name[1] + b"\r\n")
                found[uid] = name[1].decode() if whole else "torn"
        c.logout()
        return found

    def doubt(self):
        """A program has ended: what got a 4xx just now may have arrived."""
        for sent in self.sent.values():
            for name, code in sent.items():
                if code != 250 and name not in self.settled:
                    sent[name] = 0

    def look(self):
        wrong = []
        for user, sent in self.sent.items():
            there = list(self.read(user).values())
            wrong += [f"{user}: {name} is there {there.count(name)} times, "
                      f"answered {code}" for name, code in sent.items()
                      if not self.fits(there.count(name), code)]
            wrong += [f"{user}: {name} came from nowhere"
                      for name in set(there) - set(sent)]
        for sent in self.sent.values():
            self.settled.update(sent)
        return wrong

    @staticmethod
    def fits(count, code):
        if code == 250:
            return count == 1
        return count == 0 or (code == 0 and count == 1)

    def wait(self, users, seconds):
        """How long it took until all of them could write and read; None."""
        start = time.time()
        while time.time() - start < seconds:
            try:
                if all(self.send(user) == 250 and self.read(user) is not None
                       for user in users):
                    return time.time() - start
            except NET:
                pass
            time.sleep(0.1)
        return None
