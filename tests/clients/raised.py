"""Remembers which test raised which reply in a running server: by its log, and by the replies that it has counted.

What the last whole run of a test program raised stands in raised/NAME.tsv of the build folder, for scripts/coverage.
"""

import csv
import glob
import os
import re
import socket
import sys

SECONDS = 5  # for an answer: a server may have been stopped, or killed
servers = []  # that run
tests = {}  # the test that was the first to raise it, by ID
program = os.path.splitext(os.path.basename(sys.argv[0]))[0]


def reasons(source):
    """The IDs of the rows that are reasons, by reference."""
    with open(os.path.join(source, "tests/support/messages.tsv"), encoding="utf-8") as rows:
        return {"#" + row["ref"]: row["id"] for row in csv.DictReader(rows, delimiter="\t", quoting=csv.QUOTE_NONE)
                if row["service"] in ("mailbox", "secpol")}


class Raised:
    """What one server has raised since it was asked last."""

    def __init__(self, server, source):
        self.server = server
        self.reasons = reasons(source)
        self.read = 0
        self.counted = {}

    def logged(self):
        with open(self.server.log_path, encoding="utf-8", errors="backslashreplace") as log:
            log.seek(self.read)
            text = log.read()
            self.read = log.tell()
        for key, value in re.findall(r" (id|reason)=(\S+)", text):
            yield value if key == "id" else self.reasons.get(value)

    def said(self):
        """Replies that have been counted; not all of them are logged."""
        for path in glob.glob(os.path.join(self.server.data, "*.sock")):
            for reply_id, count in re.findall(r"^reply \S+ (\S+) (\d+)$", ask(path), re.MULTILINE):
                if self.counted.get((path, reply_id)) != count:
                    yield reply_id
                self.counted[path, reply_id] = count

    def note(self, test):
        for reply_id in [*self.logged(), *self.said()]:
            if reply_id:
                tests.setdefault(reply_id, test)


def ask(path):
    """The status of the server behind a socket; "" where it says none."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(SECONDS)
            connection.connect(path)
            connection.sendall(b"status\n")
            return b"".join(iter(lambda: connection.recv(65536), b"")).decode("ascii", "replace")
    except OSError:
        return ""


def note(test):
    """What has been raised by now was raised by this test."""
    for server in servers:
        server.raised.note(f"{program}.{test}")


def write(build):
    """Not after a part of the tests alone."""
    if len(sys.argv) > 1:
        return
    folder = os.path.join(build, "raised")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, program + ".tsv"), "w", encoding="ascii") as file:
        file.writelines(f"{reply_id}\t{test}\n" for reply_id, test in sorted(tests.items()))
