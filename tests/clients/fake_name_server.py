"""A fake name server on loopback that answers as a test says, well-formed or not. Use it in a with statement."""

import ipaddress
import socket
import struct
import threading
import time

TYPES = {"A": 1, "NS": 2, "MX": 15, "TXT": 16, "AAAA": 28, "PTR": 12}
OUTCOMES = {"no-data": 0, "failed": 2, "no-name": 3, "refused": 5}


def encode(name):
    """A name as it stands in messages; a bytes object is labels as they are."""
    if isinstance(name, bytes):
        return name
    labels = [label.encode() for label in name.split(".") if label]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def read_name(message, at):
    labels = []
    while message[at]:
        labels.append(message[at + 1:at + 1 + message[at]].decode("latin-1"))
        at += 1 + message[at]
    return ".".join(labels).lower(), at + 1


class FakeNameServer:
    def __init__(self, port=0):
        self.wanted = port
        self.answers = {}  # (name, number of a type): records as octets, or the code of an error
        self.heard = []  # names, in the order in which they were asked for
        self.silent = False
        self.delay = 0  # seconds before an answer
        self.twist = None  # makes another answer of one that is sound, from its octets

    def tell(self, text):
        """As in conversations: "A mx.example.org 192.0.2.1", "PTR 192.0.2.7 host.example.org", "MX a.example failed"."""
        kind, name, *records = text.split(" ")
        if kind == "PTR":
            name = self.reverse(name)
        if records[0] in OUTCOMES:
            self.answers[name.lower(), TYPES[kind]] = OUTCOMES[records[0]]
        else:
            self.put(kind, name, *(self.record(kind, record) for record in ([" ".join(records)] if kind == "TXT" else records)))

    def put(self, kind, name, *records):
        """Records as octets, which may be anything."""
        self.answers[name.lower(), TYPES[kind]] = list(records)

    @staticmethod
    def reverse(address):
        return ipaddress.ip_address(address).reverse_pointer

    @staticmethod
    def record(kind, text):
        if kind in ("A", "AAAA"):
            return ipaddress.ip_address(text).packed
        if kind == "TXT":
            return bytes([len(text)]) + text.encode()
        preference, _, name = text.rpartition(":")
        return (struct.pack(">H", int(preference)) if kind == "MX" else b"") + encode(name)

    def answer(self, question):
        """A type of a name that has others alone has no data; another name does not exist."""
        name, end = read_name(question, 12)
        number = struct.unpack_from(">H", question, end)[0]
        self.heard.append(name)
        records = self.answers.get((name, number))
        if records is None:
            records = 0 if any(known == name for known, _ in self.answers) else 3
        code, records = (records, []) if isinstance(records, int) else (0, records)
        message = question[:2] + struct.pack(">5H", 0x8180 | code, 1, len(records), 0, 0) + question[12:end + 4]
        for record in records:
            message += b"\xc0\x0c" + struct.pack(">HHIH", number, 1, 60, len(record)) + record
        return self.twist(message) if self.twist else message

    def serve(self):
        while True:
            question, client = self.udp.recvfrom(4096)
            if len(question) < 17:
                return
            answer = self.answer(question)
            time.sleep(self.delay)
            if not self.silent:
                self.udp.sendto(answer if len(answer) <= 512 else answer[:2] + b"\x83\x80\0\1\0\0\0\0\0\0" +
                                question[12:], client)

    def serve_tcp(self):
        while True:
            connection, _ = self.tcp.accept()
            with connection:
                head = connection.recv(2, socket.MSG_WAITALL)
                if len(head) < 2:
                    return
                answer = self.answer(connection.recv(struct.unpack(">H", head)[0], socket.MSG_WAITALL))
                connection.sendall(struct.pack(">H", len(answer)) + answer)

    def __enter__(self):
        while True:  # until a port is free for both
            self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.udp.bind(("127.0.0.1", self.wanted))
            self.port = self.udp.getsockname()[1]
            self.tcp = socket.socket()
            try:
                self.tcp.bind(("127.0.0.1", self.port))
                break
            except OSError:
                self.udp.close()
                self.tcp.close()
        self.tcp.listen()
        self.threads = [threading.Thread(target=target) for target in (self.serve, self.serve_tcp)]
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"end", ("127.0.0.1", self.port))
        socket.create_connection(("127.0.0.1", self.port)).close()
        for thread in self.threads:
            thread.join()
        self.udp.close()
        self.tcp.close()
