"""A fake PostgreSQL, which speaks its protocol as far as libpq needs it, and answers as a test says."""

import struct

from services import FakeService

READY = b"Z\0\0\0\5I"


def message(kind, octets=b""):
    return kind + struct.pack("!I", len(octets) + 4) + octets


class FakePostgres(FakeService):
    """answer(sql) returns the values of one row, texts. To be used in a with statement."""

    def __init__(self, answer):
        super().__init__(self.serve_client)
        self.answer = answer

    def url(self, name="postgres", *_):
        return f"postgresql://user@127.0.0.1:{self.port}/{name}?gssencmode=disable&sslmode=disable"

    def serve_client(self, client, _):
        with client.makefile("rb") as octets:
            octets.read(struct.unpack("!I", octets.read(4))[0] - 4)
            client.sendall(message(b"R", b"\0\0\0\0") + message(b"S", b"server_version\00015.0\0") + READY)
            statements, portal = {}, ""
            while kind := octets.read(1):
                body = octets.read(struct.unpack("!I", octets.read(4))[0] - 4)
                words = body.split(b"\0")
                if kind == b"P":
                    statements[words[0]] = words[1].decode()
                elif kind == b"B":
                    portal = statements[words[1]]
                client.sendall(self.reply(kind, words[0].decode() if kind == b"Q" else portal))

    def reply(self, kind, sql):
        values = [value.encode() for value in self.answer(sql)] if kind in b"DEQ" else []
        columns = message(b"T", struct.pack("!H", len(values)) + b"".join(
            b"c%d\0" % i + struct.pack("!IHIHIH", 0, 0, 25, 0xFFFF, 0xFFFFFFFF, 0) for i in range(len(values))))
        row = message(b"D", struct.pack("!H", len(values)) + b"".join(struct.pack("!I", len(v)) + v for v in values))
        done = row + message(b"C", b"SELECT 1\0")
        return {b"P": message(b"1"), b"B": message(b"2"), b"D": columns, b"E": done, b"S": READY,
                b"Q": columns + done + READY}.get(kind, b"")
