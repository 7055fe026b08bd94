"""A fake journal: receives entries of the native protocol, and writes them as systemd-journal-remote reads them."""

import os
import select
import socket
import struct

SECONDS = 30


def parse(datagram):
    """The fields of an entry, in order: lines KEY=value, or KEY, a length of 64 bits, and octets."""
    fields, at = [], 0
    while at < len(datagram):
        end = datagram.index(b"\n", at)
        key, equals, value = datagram[at:end].partition(b"=")
        if equals:
            at = end + 1
        else:
            (size,) = struct.unpack_from("<Q", datagram, end + 1)
            value = datagram[end + 9:end + 9 + size]
            at = end + 10 + size
        fields.append((key.decode("ascii"), value))
    return fields


class Journal:
    """The socket at a path. To be used in a with statement."""

    def __init__(self, path):
        self.path = path
        self.entries = []

    def __enter__(self):
        os.makedirs(os.path.dirname(self.path), exist_ok=True)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self.socket.bind(self.path)
        return self

    def __exit__(self, *_):
        self.socket.close()

    def read(self, seconds=0):
        """Reads what has come. False if nothing did."""
        if not select.select([self.socket], [], [], seconds)[0]:
            return False
        datagram, controls, _, _ = self.socket.recvmsg(1 << 17, 1024)
        (pid, _, _) = struct.unpack("3i", controls[0][2])
        self.entries.append(parse(datagram) + [("_PID", b"%d" % pid)])
        return True

    def drain(self):
        """Reads until nothing has come for a moment."""
        while self.read(0.3):
            pass

    def wait(self, event, **wanted):
        """The first entry of an event with these values, as text by key; waits for it."""
        at = 0
        while True:
            for at in range(at, len(self.entries)):
                entry = {key: value.decode("utf-8") for key, value in self.entries[at]}
                if entry["FTGATE_EVENT"] == event and all(entry.get(key) == value for key, value in wanted.items()):
                    return entry
            at = len(self.entries)
            if not self.read(SECONDS):
                raise AssertionError(f"the journal never got {event} {wanted}: {self.entries}")

    def export(self, start=1_767_225_600, trusted=b"_SYSTEMD_UNIT=ftgate-smtpd.service\n"):
        """All entries in the journal export format, a second apart, as if they had come to the journal of a machine.

        trusted: the fields that a journal adds itself."""
        out = b""
        for number, entry in enumerate(self.entries):
            out += b"__REALTIME_TIMESTAMP=%d\n__MONOTONIC_TIMESTAMP=%d\n_BOOT_ID=%s\n" % (
                (start + number) * 1_000_000, (1 + number) * 1_000_000, b"1" * 32)
            out += b"_HOSTNAME=mx\n" + trusted
            for key, value in entry:
                out += b"%s=%s\n" % (key.encode(), value) if b"\n" not in value else \
                    b"%s\n%s%s\n" % (key.encode(), struct.pack("<Q", len(value)), value)
            out += b"\n"
        return out
