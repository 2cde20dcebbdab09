"""An IMAP client that reads answers as fast as they come and times them."""
import os
import socket
import ssl
import time

BUFFER = 1 << 18
TAIL = 8192  # the longest last line of an answer
TIMEOUT_SECONDS = 120


def tls_context(ca):
    return ssl.create_default_context(cafile=ca)


class Answer:
    """Of one command: seconds until its last line, bytes, and the text where
    it was to be kept."""

    def __init__(self, seconds, size, text):
        self.seconds, self.size, self.text = seconds, size, text


class Imap:
    def __init__(self, port, user, word, context=None):
        self.sock = socket.create_connection(("127.0.0.1", port),
                                             TIMEOUT_SECONDS)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if context is not None:
            self.sock = context.wrap_socket(self.sock,
                                            server_hostname="localhost")
        self.buffer = memoryview(bytearray(BUFFER))
        self.number = 0
        self.read_until(b"* OK")
        self.say(f"LOGIN {user} {word}")

    def read_until(self, start, keep=False):
        """Reads until the last line that came begins with `start`."""
        size, tail, kept = 0, b"", []
        while True:
            n = self.sock.recv_into(self.buffer)
            if n == 0:
                raise RuntimeError(f"the server hung up after {tail[-200:]}")
            size += n
            if keep:
                kept.append(bytes(self.buffer[:n]))
            tail = (tail + bytes(self.buffer[max(0, n - TAIL):n]))[-TAIL:]
            if tail.endswith(b"\r\n"):
                last = tail[:-2].rsplit(b"\r\n", 1)[-1]
                if last.startswith(start):
                    return size, last, b"".join(kept)

    def say(self, command, keep=False):
        self.number += 1
        tag = b"a%d " % self.number
        began = time.perf_counter()
        self.sock.sendall(tag + command.encode() + b"\r\n")
        size, last, text = self.read_until(tag, keep)
        seconds = time.perf_counter() - began
        if not last.startswith(tag + b"OK"):
            raise RuntimeError(f"{command}: {last.decode(errors='replace')}")
        return Answer(seconds, size, text)

    def idle(self):
        self.sock.sendall(b"i IDLE\r\n")
        self.read_until(b"+")

    def close(self):
        self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self.close()


# --- what the machine gives to such a client ---------------------------------


def bare_rate(megabytes, certificate=None):
    """MB/s of a process that does nothing but send, to the client above;
    certificate: (file, key) for TLS."""
    listener = socket.create_server(("127.0.0.1", 0))
    pid = os.fork()
    if pid == 0:
        try:
            sock, _ = listener.accept()
            if certificate is not None:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(*certificate)
                sock = context.wrap_socket(sock, server_side=True)
            sock.sendall(b"* OK\r\n")
            sock.recv(100)
            sock.sendall(b"a1 OK\r\n")
            sock.recv(100)
            chunk = bytes(1 << 20)
            for _ in range(megabytes):
                sock.sendall(chunk)
            sock.sendall(b"\r\na2 OK\r\n")
            sock.recv(100)
        finally:
            os._exit(0)
    port = listener.getsockname()[1]
    listener.close()
    context = tls_context(certificate[0]) if certificate else None
    with Imap(port, "x", "y", context) as client:
        answer = client.say("GO")
    os.waitpid(pid, 0)
    return answer.size / 1e6 / answer.seconds
