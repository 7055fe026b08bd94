"""Starts ftgate-mapd and asks it as Postfix does: by netstrings over TCP or a Unix domain socket."""

import os
import re
import socket
import time

from server import SECONDS, Server, program
from services import held_port

UNKNOWN = "550 5.1.1 <{}>: Recipient address rejected: User unknown in virtual mailbox table"
URL = "https://mail.example/replies/{lang}.html#{ref}"


class MapServer(Server):
    """A running ftgate-mapd, without accounts. To be used in a with statement."""

    def __init__(self, *arguments, config="", **options):
        super().__init__(*arguments, smtpd=program("ftgate-mapd"), config=config, **options)

    def hold_port(self):
        """Before the start: it has a port of its own also while it does not run."""
        self.arguments[1] = f"127.0.0.1:{held_port()}"
        return self

    def fill(self):
        os.mkdir(os.path.join(self.data, "locale"), 0o700)

    def workers(self):
        return 2 if "--workers" not in self.arguments and super().workers() < 2 else super().workers()


def frame(octets):
    return b"%d:%s," % (len(octets), octets)


class Map:
    """A connection on which replies are looked up. To be used in a with statement."""

    def __init__(self, where):
        if isinstance(where, str):
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.settimeout(SECONDS)
            self.socket.connect(where)
        else:
            self.socket = socket.create_connection(("127.0.0.1", where), SECONDS)
        self.input = self.socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.input.close()
        self.socket.close()

    def send(self, octets):
        self.socket.sendall(octets)

    def answer(self):
        """The text of the next netstring; None if the connection has ended before it."""
        digits = b""
        while (octet := self.input.read(1)) not in (b":", b""):
            digits += octet
        if not octet:
            return None
        text = self.input.read(int(digits) + 1)
        assert text.endswith(b","), text
        return text[:-1]

    def look_up(self, key, name="footer"):
        self.send(frame(f"{name} {key}".encode()))
        return self.answer()

    def ended(self):
        """Has the server closed the connection, in silence?"""
        try:
            return self.input.read(1) == b""
        except ConnectionResetError:
            return True


def wait_until_refused(port):
    """Waits until nobody listens at a port. A connection can be reset while its listener closes."""
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        try:
            Map(port).__exit__()
        except ConnectionRefusedError:
            return
        except ConnectionResetError:
            pass
    raise AssertionError(f"somebody listens at port {port}")


def worker_processes(server):
    """The process IDs of the workers, once they have loaded what they need."""
    server.wait_for_log("event=languages-loaded", times=server.workers())
    return [int(pid) for pid in re.findall(r"event=worker-started worker=\d+ pid=(\d+)", server.log())]


def german(recipient):
    return f"OK Postfach {recipient} existiert nicht (#4.28)".encode()
