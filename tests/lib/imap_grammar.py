"""A strict parser of IMAP responses (RFC 3501 section 9): what a client that
trusts the grammar would see. Raises Wrong where the bytes are not grammatical.
"""


class Wrong(Exception):
    pass


class Parser:
    def __init__(self, data):
        self.data, self.at = data, 0

    def peek(self):
        return self.data[self.at:self.at + 1]

    def take(self, byte):
        if self.peek() != byte:
            raise Wrong(f"expected {byte!r} at {self.data[self.at:][:40]!r}")
        self.at += 1

    def value(self):
        """A list (as a list), string (bytes), number (int), NIL (None) or atom
        (str)."""
        ch = self.peek()
        if ch == b"(":
            return self.list()
        if ch == b'"':
            return self.quoted()
        if ch == b"{":
            return self.literal()
        return self.atom()

    def list(self):
        self.take(b"(")
        items = []
        while self.peek() != b")":
            # Multipart bodies and addresses follow each other without a space.
            if items and not (self.peek() == b"(" and isinstance(items[-1], list)):
                self.take(b" ")
            items.append(self.value())
        self.take(b")")
        return items

    def quoted(self):
        self.take(b'"')
        out = b""
        while self.peek() != b'"':
            ch = self.peek()
            if ch == b"\\":
                self.at += 1
                ch = self.peek()
                if ch not in (b'"', b"\\"):
                    raise Wrong(f"\\{ch!r} in a quoted string")
            if ch == b"" or ch in b"\r\n\0" or ch[0] > 0x7f:
                raise Wrong(f"{ch!r} in a quoted string")
            out += ch
            self.at += 1
        self.take(b'"')
        return out

    def literal(self):
        end = self.data.find(b"}\r\n", self.at)
        if end == -1 or not self.data[self.at + 1:end].isdigit():
            raise Wrong("a literal without its length")
        size = int(self.data[self.at + 1:end])
        start = end + 3
        text = self.data[start:start + size]
        if len(text) != size or b"\0" in text:
            raise Wrong("a literal that is too short, or holds a NUL")
        self.at = start + size
        return text

    def atom(self):
        start = self.at
        while self.peek() and self.peek() not in b' ()"{\r\n':
            if self.peek() == b"[":
                self.at = self.data.index(b"]", self.at)
            self.at += 1
        text = self.data[start:self.at].decode("ascii")
        if not text:
            raise Wrong(f"nothing at {self.data[self.at:][:40]!r}")
        if text.isdigit():
            return int(text)
        return None if text == "NIL" else text


def fetch_response(data):
    """{"UID": 1, "ENVELOPE": [...]} of "* 1 FETCH (...)" CR LF."""
    p = Parser(data)
    for word in ("*", None, "FETCH"):
        got = p.atom()
        if word is not None and got != word:
            raise Wrong(f"expected {word}, got {got}")
        p.take(b" ")
    items = p.list()
    if data[p.at:] != b"\r\n":
        raise Wrong(f"something behind the list: {data[p.at:][:40]!r}")
    return dict(zip(items[::2], items[1::2]))


def check_text(value, what):
    if value is not None and not isinstance(value, bytes):
        raise Wrong(f"{what} is not a string: {value!r}")


def check_envelope(e):
    if not isinstance(e, list) or len(e) != 10:
        raise Wrong(f"an envelope has ten parts: {e!r}")
    for i in (0, 1, 8, 9):
        check_text(e[i], "an envelope's text")
    for addresses in e[2:8]:
        if addresses is None:
            continue
        if not isinstance(addresses, list) or not addresses:
            raise Wrong(f"addresses: {addresses!r}")
        for a in addresses:
            if not isinstance(a, list) or len(a) != 4:
                raise Wrong(f"an address has four parts: {a!r}")
            for part in a:
                check_text(part, "an address's part")


def check_parameters(value):
    if value is None:
        return
    if not isinstance(value, list) or len(value) % 2:
        raise Wrong(f"parameters: {value!r}")
    for text in value:
        if not isinstance(text, bytes):
            raise Wrong(f"a parameter: {text!r}")


def check_extension(rest, first):
    """disposition, language, location (after MD5 or parameters)."""
    if not rest:
        return
    first(rest[0])
    if len(rest) > 1 and rest[1] is not None:
        if not isinstance(rest[1], list) or len(rest[1]) != 2:
            raise Wrong(f"a disposition: {rest[1]!r}")
        check_text(rest[1][0], "a disposition's type")
        check_parameters(rest[1][1])
    if len(rest) > 2 and isinstance(rest[2], list):
        for text in rest[2]:
            check_text(text, "a language")
    if len(rest) > 3:
        check_text(rest[3], "a location")
    if len(rest) > 4:
        raise Wrong(f"more than the extension data: {rest[4:]!r}")


def check_structure(b):
    if not isinstance(b, list) or not b:
        raise Wrong(f"a body: {b!r}")
    if isinstance(b[0], list):
        parts = [x for x in b if isinstance(x, list)]
        count = next(i for i, x in enumerate(b) if not isinstance(x, list))
        for part in parts[:count]:
            check_structure(part)
        if not isinstance(b[count], bytes):
            raise Wrong(f"a multipart's subtype: {b[count]!r}")
        check_extension(b[count + 1:], check_parameters)
        return
    if len(b) < 7 or not all(isinstance(x, bytes) for x in b[:2]):
        raise Wrong(f"a part: {b!r}")
    check_parameters(b[2])
    check_text(b[3], "an id")
    check_text(b[4], "a description")
    if not isinstance(b[5], bytes) or not isinstance(b[6], int):
        raise Wrong(f"encoding and size: {b[5:7]!r}")
    rest = b[7:]
    kind = b[0].lower()
    if kind == b"message" and b[1].lower() == b"rfc822":
        check_envelope(rest[0])
        check_structure(rest[1])
        rest = rest[2:]
    if kind == b"text" or (kind == b"message" and b[1].lower() == b"rfc822"):
        if not rest or not isinstance(rest[0], int):
            raise Wrong(f"lines: {rest!r}")
        rest = rest[1:]
    check_extension(rest, lambda md5: check_text(md5, "an MD5"))
