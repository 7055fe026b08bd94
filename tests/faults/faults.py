"""A server whose system calls on Maildirs and queue fail as a test plans it, by the library of fault.c."""

import errno
import fcntl
import glob
import mmap
import os
import re
import struct
import tempfile

from server import BUILD, DOMAIN, LIMITS, SENDER, Server

LIBRARY = os.path.join(BUILD, "tests/faults/libfaults.so")
CALLS = {name: 1 << bit for bit, name in enumerate(
    ("openat", "write", "fsync", "close", "linkat", "renameat", "mkdirat", "unlinkat"))}
ANY = (1 << len(CALLS)) - 1
ENCRYPT = 1 << len(CALLS)  # SSL_write_ex() of OpenSSL
SHORT, KILL_BEFORE, KILL_AFTER = -1, -2, -3
ERRORS = {name: getattr(errno, name) for name in ("ENOSPC", "EDQUOT", "EIO", "EMFILE", "EINTR")}
NAMES = ("anna", "bob", "carol")  # of accounts
FAR = "far"  # an alias, whose mail waits in the queue for a server that never answers
FURTHER = "further"  # at another server, as FAR is
LIST = "list"  # of the second account, and of FURTHER
RELAYING = LIMITS + "relay:\n  smarthost: 127.0.0.1:1\n"
CONFIG = RELAYING + "  send: no\n"
PLAN = "7i"  # struct plan


class FaultyServer(Server):
    """Has the accounts of NAMES, and FAR. No fault is planned at first."""

    def __init__(self, *arguments, config=CONFIG, **options):
        self.scratch = tempfile.TemporaryDirectory(prefix="ftgate-plan-")
        path = os.path.join(self.scratch.name, "plan")
        with open(path, "w+b") as file:
            file.write(bytes(struct.calcsize(PLAN)))
            file.flush()
            self.plan = mmap.mmap(file.fileno(), struct.calcsize(PLAN))
        sanitizer = os.environ.get("ASAN_OPTIONS", "")
        super().__init__(*arguments, config=config, **options, LD_PRELOAD=LIBRARY, FAULTS_PLAN=path,
                         ASAN_OPTIONS=f"{sanitizer}:verify_asan_link_order=0")

    def __enter__(self):
        super().__enter__()
        try:
            for name in NAMES:
                self.control("account", "add", f"{name}@{DOMAIN}", "--password-stdin", input=b"correct horse\n")
            self.control("alias", "add", f"{FAR}@{DOMAIN}", "far@elsewhere.example")
            self.control("list", "add", f"{LIST}@{DOMAIN}", f"{NAMES[1]}@{DOMAIN}", "further@elsewhere.example", "post=anyone")
        except BaseException:
            self.__exit__(AssertionError)
            raise
        return self

    def __exit__(self, *raised):
        super().__exit__(*raised)
        self.plan.close()
        self.scratch.cleanup()

    def start(self):
        data = os.path.realpath(self.data)
        self.environment["FAULTS_FOLDERS"] = f"{data}/mail:{data}/queue"
        super().start()
        logged = self.log().rindex("listening on ")
        self.worker = int(self.wait_for_log(r"event=worker-started [^\n]*pid=(\d+)", logged).group(1))

    def fail(self, calls, before, what, lasts=False, process=0):
        """Has one of the calls, of one process alone or of any, fail after some that go well, or all from then on."""
        self.plan[:] = struct.pack(PLAN, 0, before, what, lasts, 0, 0, process)
        self.plan[:4] = struct.pack("i", calls)

    def mend(self):
        """Nothing fails any more. Returns how often something did."""
        self.plan[:4] = bytes(4)
        return struct.unpack(PLAN, self.plan[:])[4]

    def shown(self):
        """How often a message has been shown in a mailbox or the queue since the last fault was planned."""
        return struct.unpack(PLAN, self.plan[:])[5]

    def queued(self, name=""):
        """The IDs in the queue, of all entries or of those for a name at another server."""
        found = []
        for path in glob.glob(os.path.join(self.data, "queue/*.envelope")):
            with open(path, encoding="ascii") as file:
                if f"\nto {name}" in file.read():
                    found.append(os.path.basename(path).split(".")[0])
        return found

    def queue_file(self, entry, end):
        return os.path.join(self.data, "queue", entry + end)

    def relayed(self, entry):
        """What of a message in the queue would be sent."""
        with open(self.queue_file(entry, ".envelope"), "rb") as file:
            skip = re.search(rb"(?m)^skip (\d+)$", file.read())
        with open(self.queue_file(entry, ".message"), "rb") as file:
            return file.read()[int(skip.group(1)) if skip else 0:]

    def empty(self, name):
        """Takes the messages of an account, or those in the queue, away."""
        if name in (FAR, FURTHER):
            self.control("queue", "remove", *self.queued(name))
        for path in self.files(name, "new"):
            os.unlink(path)

    def files(self, name, part):
        return glob.glob(os.path.join(self.data, "mail", DOMAIN, name, part, "*"))

    def inbox(self, name):
        """The messages of an account, or those in the queue, as bytes."""
        if name in (FAR, FURTHER):
            return [self.relayed(entry) for entry in self.queued(name)]
        found = []
        for path in self.files(name, "new"):
            with open(path, "rb") as file:
                found.append(file.read())
        return found

    def litter(self):
        halves = {os.path.basename(path).split(".")[0] for path in glob.glob(os.path.join(self.data, "queue/*.message"))}
        return ([path for name in NAMES for path in self.files(name, "tmp")] +
                [path for path in glob.glob(os.path.join(self.data, "queue/tmp/*")) if is_left(path)] +
                [self.queue_file(entry, ".message") for entry in halves - set(self.queued())])


def is_left(path):
    """Is a file in the queue's tmp/ nobody's any more? Who writes an envelope there has locked it."""
    try:
        with open(path, "rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return os.path.exists(path)
    except (FileNotFoundError, BlockingIOError):
        return False


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
    begins = b"Return-Path: <", b"Received: ", b"Delivered-To: list@"
    return stored.endswith(b"\n" + sent.replace(b"\r\n", b"\n")) and stored.startswith(begins)
