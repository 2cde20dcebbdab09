"""What a user of the appliance may expect: kept by the load (load.py), and
compared with what is there after a crash.

Every message has an id that makes its text. Whatever was answered OK, or shown
to a client, is certain; of one command per client the answer may be missing
(`pending`), and either outcome is right, as far as the standards say so.
"""
import hashlib
import random
import re
import threading

RECENT = "\\Recent"


def text_of(name):
    """The message called so: small ones often, large ones now and then."""
    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")
    rng = random.Random(seed)
    lines = [f"Subject: id {name}", ""]
    for _ in range(int(2 ** rng.uniform(0, 9))):
        lines.append(f"{rng.getrandbits(240):060x}"[:rng.randint(1, 60)])
    return ("\r\n".join(lines) + "\r\n").encode()


def id_of(header):
    found = re.search(rb"Subject: id (\S+)", header)
    return found[1].decode() if found else None


def numbers(text):
    """[3, 4, 5, 9] of "3:5,9"."""
    out = []
    for part in text.split(","):
        first, _, last = part.partition(":")
        out += range(int(first), int(last or first) + 1)
    return out


class Box:
    def __init__(self, validity=None):
        self.validity = validity
        self.messages = {}  # uid: (id, flags)
        self.top = 0        # the highest UID that a client was told of

    def add(self, uid, name, flags):
        self.messages[uid] = (name, frozenset(flags))
        self.top = max(self.top, uid)


class User:
    def __init__(self, name, password):
        self.name, self.password = name, password
        self.lock = threading.Lock()
        self.boxes = None     # unknown before the first look
        self.subscribed = set()
        self.tried, self.acked, self.located = set(), set(), set()
        self.given = {}       # (validity, uid): id, for ever
        self.pending = None
        self.wrong = []

    def complain(self, *words):
        said = [str(w) if len(str(w)) < 300 else str(w)[:300] + "..."
                for w in words]
        self.wrong.append(f"{self.name}: " + " ".join(said))

    def remember(self, validity, uid, name):
        before = self.given.setdefault((validity, uid), name)
        if before != name:
            self.complain("UID", uid, "of", validity, "meant", before,
                          "and means", name)

    # --- after a crash -------------------------------------------------------

    def compare(self, boxes, subscribed):
        """Complains, and takes what is there for the truth."""
        if self.boxes is not None:
            self.pending = self.pending or ("nothing",)
            self.compare_names(boxes)
            for name in sorted(set(self.boxes) & set(boxes)):
                self.compare_box(name, self.boxes[name], boxes[name])
            self.compare_transfer(boxes)
            self.compare_subscriptions(subscribed)
            lost = self.acked - self.located
            if lost:
                self.complain("acknowledged by SMTP, lost:", sorted(lost))
            self.located |= self.acked
        for box in boxes.values():
            for uid, (name, _) in box.messages.items():
                self.remember(box.validity, uid, name)
            box.top = max(box.messages, default=0)
        for name, box in boxes.items():
            if self.boxes and name in self.boxes:
                box.top = max(box.top, self.boxes[name].top)
        validities = [box.validity for box in boxes.values()]
        if len(set(validities)) != len(validities):
            self.complain("two mailboxes have one UIDVALIDITY", validities)
        self.boxes, self.subscribed = boxes, subscribed
        self.pending = None
        wrong, self.wrong = self.wrong, []
        return wrong

    def compare_names(self, boxes):
        kind, *words = self.pending
        if kind == "create" and words[0] in boxes:
            self.boxes.setdefault(words[0], Box())
        if kind == "delete" and words[0] not in boxes:
            self.boxes.pop(words[0], None)
        if kind == "rename":
            renamed = rename(self.boxes, *words)
            if set(renamed) == set(boxes):
                self.boxes = renamed
        if set(boxes) != set(self.boxes):
            self.complain("mailboxes missing", set(self.boxes) - set(boxes),
                          "unexpected", set(boxes) - set(self.boxes),
                          "pending", self.pending)

    def compare_box(self, name, old, new):
        if old.validity not in (None, new.validity):
            self.complain(name, "UIDVALIDITY", old.validity, "became",
                          new.validity)
            return
        kind, *words = self.pending
        missing = set(old.messages) - set(new.messages)
        if kind in ("expunge", "move") and words[0] == name:
            missing -= set(words[1])
        if missing:
            self.complain(name, "lost UIDs", {u: old.messages[u] for u in
                                              missing}, self.pending)
        for uid in set(old.messages) & set(new.messages):
            self.compare_message(name, uid, old.messages[uid],
                                 new.messages[uid])
        for uid in sorted(set(new.messages) - set(old.messages)):
            self.compare_extra(name, uid, new.messages[uid], old.top)

    def compare_message(self, box, uid, old, new):
        if old[0] != new[0]:
            self.complain(box, "UID", uid, "was", old[0], "is", new[0])
        allowed = {old[1]}
        if self.pending[0] == "store" and self.pending[1] == box and \
                uid in self.pending[2]:
            allowed.add(changed(old[1], *self.pending[3:]))
        if new[1] not in allowed:
            self.complain(box, "UID", uid, old[0], "flags", set(new[1]), "not",
                          [set(a) for a in allowed], self.pending)

    def compare_extra(self, box, uid, message, top):
        name, flags = message
        kind, *words = self.pending
        if uid <= top:
            self.complain(box, "UID", uid, name, "appeared below", top,
                          self.pending)
        if kind == "append" and words == [box, name, flags]:
            self.pending = ("nothing",)  # once
        elif kind in ("copy", "move") and words[2] == box and \
                name in words[1].values():
            return
        elif box == "INBOX" and name in self.tried - self.located:
            self.located.add(name)
        else:
            self.complain(box, "UID", uid, name, flags, "is not expected",
                          self.pending)

    def compare_transfer(self, boxes):
        """COPY is done for all or none (RFC 3501 section 6.4.7), MOVE for each
        message (RFC 6851 section 3.3)."""
        kind, *words = self.pending
        if kind not in ("copy", "move"):
            return
        source, which, target = words
        old = self.boxes[target].messages
        came = sorted(m[0] for uid, m in boxes[target].messages.items()
                      if uid not in old and m[0] in which.values())
        went = sorted(name for uid, name in which.items()
                      if uid not in boxes[source].messages)
        if kind == "move" and came != went:
            self.complain("MOVE: left", went, "came", came)
        if kind == "copy" and came not in ([], sorted(which.values())):
            self.complain("COPY of", sorted(which.values()), "came", came)

    def compare_subscriptions(self, subscribed):
        kind, *words = self.pending
        allowed = {words[0]} if kind in ("subscribe", "unsubscribe") else set()
        if (subscribed ^ self.subscribed) - allowed:
            self.complain("subscriptions", subscribed ^ self.subscribed,
                          self.pending)


def rename(boxes, old, new):
    """The mailboxes after RENAME: with all that are below."""
    def to(name):
        if name == old or name.startswith(old + "/"):
            return new + name[len(old):]
        return name
    return {to(name): box for name, box in boxes.items()}


def changed(flags, sign, words):
    return flags | words if sign == "+" else flags - words
