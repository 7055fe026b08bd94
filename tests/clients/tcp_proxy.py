"""A proxy of TCP for tests, which holds back, delays or cuts the answers of a server."""

import select
import socket
import threading

from services import FakeService


class Proxy(FakeService):
    """Passes connections to 127.0.0.1 on to a target, a path or a pair. To be used in a with statement."""

    def __init__(self, target):
        super().__init__(self.pass_on)
        self.target = target
        self.holds = False  # answers wait, also to connections that begin
        self.delay = 0  # seconds before each answer
        self.asked = None  # if it is a dictionary, it gets what each client has sent from then on
        self.cuts = 0  # so many answers are not passed on: their connections end
        self.ending = threading.Event()

    def pass_on(self, client, _):
        with socket.socket(socket.AF_UNIX if isinstance(self.target, str) else socket.AF_INET) as server:
            server.connect(self.target)
            while not self.ending.is_set() and self.turn(client, server):
                pass

    def from_client(self, _, octets):
        """What the server gets of what a client sends."""
        return octets

    def turn(self, client, server):
        """Passes on the data that have arrived. False: a side has ended."""
        for readable in select.select([client] if self.holds else [client, server], [], [], 0.05)[0]:
            octets = readable.recv(65536)
            if not octets:
                return False
            if readable is server and self.cuts > 0:
                self.cuts -= 1
                return False
            if readable is client:
                octets = self.from_client(client, octets)
            if readable is client and self.asked is not None:
                self.asked[client] = self.asked.get(client, b"") + octets
            if readable is server and self.delay:
                self.ending.wait(self.delay)
            (server if readable is client else client).sendall(octets)
        return True

    def __exit__(self, *_):
        self.ending.set()
        super().__exit__()
