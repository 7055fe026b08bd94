"""A proxy of TCP for tests, which holds back, delays or cuts what a server answers."""

import select
import socket
import threading


class Proxy:
    """Passes connections to 127.0.0.1 on to an address, a path or a pair. To be used in a with statement."""

    def __init__(self, address):
        self.address = address
        self.holds = False  # answers wait, also to connections that begin
        self.delay = 0  # seconds before each answer
        self.asked = None  # if it is a dictionary, it gets what each client has sent from then on
        self.cuts = 0  # so many answers are not passed on: their connections end
        self.ending = threading.Event()
        self.threads, self.open = [], set()

    def __enter__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.accept)
        self.thread.start()
        return self

    def accept(self):
        while True:
            try:
                client = self.listener.accept()[0]
            except OSError:
                return
            thread = threading.Thread(target=self.serve, args=(client,))
            self.threads.append(thread)
            thread.start()

    def serve(self, client):
        server = socket.socket(socket.AF_UNIX if isinstance(self.address, str) else socket.AF_INET)
        self.open |= {client, server}
        try:
            server.connect(self.address)
            while not self.ending.is_set() and self.turn(client, server):
                pass
        except OSError:
            pass  # a side has left
        finally:
            self.open -= {client, server}
            client.close()
            server.close()

    def turn(self, client, server):
        """Passes on what is there. False: a side has ended."""
        for readable in select.select([client] if self.holds else [client, server], [], [], 0.05)[0]:
            octets = readable.recv(65536)
            if not octets:
                return False
            if readable is server and self.cuts > 0:
                self.cuts -= 1
                return False
            if readable is client and self.asked is not None:
                self.asked[client] = self.asked.get(client, b"") + octets
            if readable is server and self.delay:
                self.ending.wait(self.delay)
            (server if readable is client else client).sendall(octets)
        return True

    def end_connections(self):
        for one in list(self.open):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # it has ended

    def __exit__(self, *_):
        self.ending.set()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join()
        self.end_connections()
        for thread in self.threads:
            thread.join()
