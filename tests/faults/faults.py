"""A server whose system calls on the Maildirs fail as a test plans it, by the library of fault.c."""

import errno
import glob
import mmap
import os
import re
import struct
import tempfile

from server import BUILD, DOMAIN, SENDER, Server

LIBRARY = os.path.join(BUILD, "tests/faults/libfaults.so")
CALLS = {name: 1 << bit for bit, name in enumerate(
    ("openat", "write", "fsync", "close", "linkat", "renameat", "mkdirat", "unlinkat"))}
ANY = (1 << len(CALLS)) - 1
SHORT, KILL_BEFORE, KILL_AFTER = -1, -2, -3
ERRORS = {name: getattr(errno, name) for name in ("ENOSPC", "EDQUOT", "EIO", "EMFILE", "EINTR")}
NAMES = ("anna", "bob", "carol")  # of accounts


class FaultyServer(Server):
    """Has the accounts of NAMES. No fault is planned at first."""

    def __init__(self, *arguments, **options):
        self.scratch = tempfile.TemporaryDirectory(prefix="ftgate-plan-")
        path = os.path.join(self.scratch.name, "plan")
        with open(path, "w+b") as file:
            file.write(bytes(24))
            file.flush()
            self.plan = mmap.mmap(file.fileno(), 24)
        sanitizer = os.environ.get("ASAN_OPTIONS", "")
        super().__init__(*arguments, **options, LD_PRELOAD=LIBRARY, FAULTS_PLAN=path,
                         ASAN_OPTIONS=f"{sanitizer}:verify_asan_link_order=0")

    def __enter__(self):
        super().__enter__()
        try:
            for name in NAMES:
                self.control("account", "add", f"{name}@{DOMAIN}", "--password-stdin", input=b"correct horse\n")
        except BaseException:
            self.__exit__(AssertionError)
            raise
        return self

    def __exit__(self, *raised):
        super().__exit__(*raised)
        self.plan.close()
        self.scratch.cleanup()

    def start(self):
        self.environment["FAULTS_FOLDER"] = os.path.join(os.path.realpath(self.data), "mail")
        super().start()

    def fail(self, calls, before, what, lasts=False):
        """Has one of the calls fail after some that go well, or all from then on."""
        self.plan[:] = struct.pack("6i", 0, before, what, lasts, 0, 0)
        self.plan[:4] = struct.pack("i", calls)

    def mend(self):
        """Nothing fails any more. Returns how often something did."""
        self.plan[:4] = bytes(4)
        return struct.unpack("6i", self.plan[:])[4]

    def shown(self):
        """How many names in new/ files were given since the last fault was planned."""
        return struct.unpack("6i", self.plan[:])[5]

    def files(self, name, part):
        return glob.glob(os.path.join(self.data, "mail", DOMAIN, name, part, "*"))

    def inbox(self, name):
        """The messages of an account, as bytes."""
        found = []
        for path in self.files(name, "new"):
            with open(path, "rb") as file:
                found.append(file.read())
        return found

    def litter(self):
        return [path for name in NAMES for path in self.files(name, "tmp")]


def send(talk, names, message):
    """Sends a message, whose line ends are CRLF, and returns the reply to it."""
    for command in (f"MAIL FROM:<{SENDER}>", *(f"RCPT TO:<{name}@{DOMAIN}>" for name in names), "DATA"):
        said = talk.say(command.encode())
        if not re.match(rb"[23]", said):
            return said
    talk.socket.sendall(message + b".\r\n")
    return talk.reply()


def text_of(number, size=0):
    """A message that tells which one it is, and whether it is whole."""
    line = b"%063d\r\n" % number
    return b"Message-ID: <%d@example.org>\r\n\r\n" % number + line * (size // len(line)) + b"end of %d\r\n" % number


def is_whole(stored, sent):
    return stored.endswith(b"\n" + sent.replace(b"\r\n", b"\n")) and stored.startswith(b"Return-Path: <")
