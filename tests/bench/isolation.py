#!/usr/bin/env python3
"""Prints what an honest client waits while others attack or are in trouble, side by side: isolation.py BUILD [ROW...].

Each row runs a server of its own with a trouble beside it, and an honest client that does one thing again and again. The
figures are the client's median and worst delay in milliseconds, first without the trouble, then with it. A delay that has
not ended after LIMIT seconds counts as that. Asserts nothing.
"""

import contextlib
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time

os.environ["FTGATE_BUILD"] = os.path.realpath(sys.argv[1])
sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "../clients"))

from encrypted import Certificate, plain  # noqa: E402
from fake_next_hop import FakeNextHop  # noqa: E402
from pop3 import Pop3Server  # noqa: E402
from server import ACCOUNT, SENDER, Server, environment, program  # noqa: E402
from services import FakeService, free_port, http  # noqa: E402

CALM, TROUBLE, LIMIT = 2, 8, 60  # seconds without, with, and the longest delay that is waited for
PAUSE = 0.05  # of the honest client
SAMPLES_MIN = 3
PASSWORD = "correct horse"
LIMITS = """workers: 2
auth: PLAIN
auth-in-clear: yes
limits:
  max-sessions: 20000
  max-sessions-per-address: 0
  max-unknown-recipients: 0
  max-relay-attempts: 0
  max-errors: 1000000
  max-failed-logins: 0
  max-recipients-per-hour: 0
"""
# The server removes X-Spam of strangers, so that the header of each message is changed.
MESSAGE = b"X-Spam: No\r\nFrom: <sender@example.org>\r\nSubject: x\r\nMessage-ID: <%d@example.org>\r\n\r\ntext\r\n.\r\n"
EDITS = {  # what an rspamd answers about each message
    "action": "add header",
    "milter": {"add_headers": {f"X-Field-{i}": {"value": "x" * 500, "order": 0} for i in range(50)}, "remove_headers": {"X-Old": 0}},
}


def connect(port, address="127.0.0.1"):
    connection = socket.create_connection(("127.0.0.1", port), LIMIT, (address, 0))
    return connection, connection.makefile("rb")


def ask(connection, lines, command):
    """Sends a command and reads its reply."""
    connection.sendall(command + b"\r\n")
    while (line := lines.readline())[3:4] == b"-":
        pass
    if not line:
        raise ConnectionError
    return line


class Noop:
    """One session that says NOOP."""

    what = "NOOP"

    def __init__(self, server):
        self.connection, self.lines = connect(server.port)
        self.lines.readline()

    def __call__(self):
        ask(self.connection, self.lines, b"NOOP")


class Session:
    """A new session each time, up to EHLO and NOOP."""

    what = "session"

    def __init__(self, server):
        self.port = server.port

    def __call__(self):
        connection, lines = connect(self.port)
        with connection, lines:
            lines.readline()
            ask(connection, lines, b"EHLO honest.example")
            ask(connection, lines, b"NOOP")


class Login(Session):
    """A new session that logs in."""

    what = "login"

    def __call__(self):
        connection, lines = connect(self.port, "127.0.0.9")
        with connection, lines:
            lines.readline()
            ask(connection, lines, b"EHLO honest.example")
            ask(connection, lines, b"AUTH PLAIN " + plain(ACCOUNT, PASSWORD))


def send(port, recipients, number=0, sender=SENDER, user=False, text=MESSAGE):
    """Sends a message; waits for the reply to its end."""
    connection, lines = connect(port)
    with connection, lines:
        lines.readline()
        ask(connection, lines, b"EHLO honest.example")
        if user:
            ask(connection, lines, b"AUTH PLAIN " + plain(ACCOUNT, PASSWORD))
        ask(connection, lines, b"MAIL FROM:<%s>" % sender.encode())
        for recipient in recipients:
            ask(connection, lines, b"RCPT TO:<%s>" % recipient.encode())
        ask(connection, lines, b"DATA")
        connection.sendall(text % number if text is MESSAGE else text)
        return lines.readline()


class Message(Session):
    """A message to a mailbox, from its connection to the reply to its end."""

    what = "message"

    def __call__(self):
        send(self.port, [ACCOUNT])


class Relayed(Session):
    """A message of a user to a server that answers, from its submission to its arrival there."""

    what = "relayed message"

    def __init__(self, server):
        super().__init__(server)
        self.next_hop = server.good

    def __call__(self):
        count = len(self.next_hop.messages)
        send(self.port, ["someone@good.example"], sender=ACCOUNT, user=True)
        self.next_hop.wait(count + 1, LIMIT)


class Metrics(Session):
    """A request for the metrics."""

    what = "metrics"

    def __init__(self, server):
        self.port = int(server.wait_for_log(r"metrics at http://127\.0\.0\.1:(\d+)/").group(1))

    def __call__(self):
        connection, lines = connect(self.port)
        with connection, lines:
            connection.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
            if not lines.read():
                raise ConnectionError


def measure(client, seconds):
    """The delays of an honest client over so many seconds; an error counts as the longest delay."""
    delays = []
    end = time.monotonic() + seconds
    while time.monotonic() < end or len(delays) < SAMPLES_MIN:
        start = time.monotonic()
        try:
            client()
            delays.append(time.monotonic() - start)
        except (OSError, AssertionError):
            delays.append(LIMIT)
            break
        time.sleep(PAUSE)
    return delays


class Attack:
    """Runs functions in threads of their own until it ends; each gets a function that says whether it may continue."""

    def __init__(self, *functions):
        self.ended = threading.Event()
        self.threads = [threading.Thread(target=self.run, args=(function,), daemon=True) for function in functions]

    def run(self, function):
        while not self.ended.is_set():
            try:
                function()
            except OSError:
                time.sleep(PAUSE)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()


@contextlib.contextmanager
def held(connections):
    """Connections that stay open for the time of a row."""
    try:
        yield
    finally:
        for connection in connections:
            connection.close()


def members(count):
    return [f"member{i}@far.example" for i in range(count)]


@contextlib.contextmanager
def pipelined_lists(server, count, commands):
    server.control("list", "add", "club@example.test", *members(count))
    batch = b"EHLO x\r\nMAIL FROM:<a@example.org>\r\n" + commands * b"RCPT TO:<club@example.test>\r\nRSET\r\nMAIL FROM:<a@example.org>\r\n"

    def flood():
        connection, lines = connect(server.port)
        with connection, lines:
            connection.sendall(batch + b"QUIT\r\n")
            lines.read()

    with Attack(flood):
        yield


@contextlib.contextmanager
def silent_destinations(server):
    """25 messages to a server that takes connections and says nothing, and 5 to each of 4 others."""
    for number in range(25):
        send(server.port, [f"box{number}@silent0.example"], number, sender=ACCOUNT, user=True)
    for server_number in range(1, 5):
        for number in range(5):
            send(server.port, [f"box{number}@silent{server_number}.example"], number, sender=ACCOUNT, user=True)
    yield


@contextlib.contextmanager
def hung_deliveries(server, count):
    """Messages that wait for a filter or an LMTP server."""
    server.filter.hangs = True
    server.hop.answers[""] = "silence"

    def deliver():
        send(server.port, [ACCOUNT])

    with Attack(*[deliver] * count):
        time.sleep(1)
        yield


@contextlib.contextmanager
def edited_messages(server):
    """Messages of 1 MB whose header takes as many fields as it may, of which the server removes half."""
    fields = b"".join(b"X-%s: %d\r\n" % (b"Old" if i % 2 else b"Kept", i) for i in range(900))
    text = fields + MESSAGE % 0
    text = text.replace(b"\r\n\r\n", b"\r\n\r\n" + 1000 * (998 * b"x" + b"\r\n"))

    def deliver():
        send(server.port, [ACCOUNT], text=text)

    with Attack(*[deliver] * 8):
        yield


@contextlib.contextmanager
def abandoned_logins(server):
    """19 addresses open 50 sessions each, send AUTH, and leave."""
    def storm(address):
        connections = [socket.create_connection(("127.0.0.1", server.port), LIMIT, (address, 0)) for _ in range(50)]
        for connection in connections:
            connection.sendall(b"EHLO x\r\nAUTH PLAIN " + plain(ACCOUNT, "wrong") + b"\r\n")
        time.sleep(0.2)
        for connection in connections:
            connection.close()

    with Attack(*[lambda i=i: storm(f"127.0.1.{i}") for i in range(1, 20)]):
        yield


@contextlib.contextmanager
def stopped_reader(server):
    """The log is a pipe that nobody reads; refused commands fill it."""
    def refuse():
        connection, lines = connect(server.port)
        with connection, lines:
            connection.sendall(b"EHLO x\r\nMAIL FROM:<a@example.org>\r\n" + 2000 * b"RCPT TO:<nobody@example.test>\r\n" + b"QUIT\r\n")
            lines.read()

    with Attack(refuse):
        yield


@contextlib.contextmanager
def stopped_worker(server):
    """A worker that hangs."""
    worker = int(server.wait_for_log(r"event=worker-started [^\n]*pid=(\d+)").group(1))
    os.kill(worker, signal.SIGSTOP)
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(worker, signal.SIGCONT)


@contextlib.contextmanager
def silent_metrics(server):
    port = int(server.wait_for_log(r"metrics at http://127\.0\.0\.1:(\d+)/").group(1))
    with held([socket.create_connection(("127.0.0.1", port), LIMIT) for _ in range(20)]):
        yield


@contextlib.contextmanager
def hellos(server):
    """4,000 ClientHellos at once, again and again."""
    import ssl
    outgoing = ssl.MemoryBIO()
    context = ssl.create_default_context()
    tls = context.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="localhost")
    with contextlib.suppress(ssl.SSLWantReadError):
        tls.do_handshake()
    hello = outgoing.read()
    port = server.ports()[1]

    def storm():
        connections = [socket.create_connection(("127.0.0.1", port), LIMIT) for _ in range(400)]
        for connection in connections:
            connection.sendall(hello)
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.recv(1)
            connection.close()

    with Attack(*[storm] * 10):
        yield


@contextlib.contextmanager
def expansions(server):
    """EXPN of a long list by clients that do not read."""
    server.control("list", "add", "club@example.test", *members(1900))
    connections = []
    for _ in range(20):
        connection = socket.create_connection(("127.0.0.1", server.port), LIMIT)
        connection.setblocking(False)
        with contextlib.suppress(OSError):
            connection.send(b"EHLO x\r\n" + 2000 * b"EXPN club@example.test\r\n")
        connections.append(connection)
    with held(connections):
        yield


@contextlib.contextmanager
def slow_octets(server):
    """200 POP3 clients that send an octet now and then before they log in."""
    connections = [socket.create_connection(("127.0.0.1", server.port), LIMIT) for _ in range(200)]

    def drip():
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.send(b"X")
        time.sleep(0.5)

    with held(connections), Attack(drip):
        yield


class Pop3Login(Session):
    what = "POP3 login"

    def __call__(self):
        connection, lines = connect(self.port, "127.0.0.9")
        with connection, lines:
            lines.readline()
            for command in b"USER " + ACCOUNT.encode(), b"PASS " + PASSWORD.encode(), b"QUIT":
                connection.sendall(command + b"\r\n")
                if not lines.readline().startswith(b"+OK"):
                    raise ConnectionError


class Unread(Server):
    """A server whose log goes to a pipe; it is read until the server has started, and then no more."""

    def start(self):
        reads, writes = os.pipe()
        self.process = subprocess.Popen([self.smtpd, "-c", self.config, "--data", self.data, *self.arguments], cwd=self.folder,
                                        env=self.environment, stdin=subprocess.DEVNULL, stdout=writes, stderr=writes,
                                        start_new_session=True)
        os.close(writes)
        self.reads = reads
        said = b""
        while said.count(b"event=catalogue-loaded") < 2:
            said += os.read(reads, 65536)
        with open(self.log_path, "wb") as log:
            log.write(said)
        self.port = int(self.wait_for_log(r"listening on 127\.0\.0\.1:(\d+)").group(1))


@contextlib.contextmanager
def start(kind, settings=""):
    """A server with an account that can log in."""
    options = {"config": LIMITS + settings} if kind is not Pop3Server else {"config": "auth-in-clear: yes\nworkers: 2\n"}
    server = kind(**options)
    with server:
        server.control("account", "set", ACCOUNT, "--password-stdin", input=PASSWORD.encode() + b"\n")
        yield server


class HangingFilter(FakeService):
    """A clamd that finds everything clean, until it hangs."""

    def __init__(self):
        super().__init__(self.scan)
        self.hangs = False

    def scan(self, connection, _):
        octets = b""
        while self.hangs or not octets.endswith(b"\0\0\0\0"):
            received = connection.recv(65536)
            if not received:
                return
            octets = (octets + received)[-4:]
        connection.sendall(b"stream: OK\0")


@contextlib.contextmanager
def plain_server():
    with start(Server) as server:
        yield server


@contextlib.contextmanager
def relay_server():
    with contextlib.ExitStack() as stack:
        good = stack.enter_context(FakeNextHop())
        silent = [stack.enter_context(FakeNextHop(**{"": "silence"})) for _ in range(5)]
        routes = "".join(f"  - domain: silent{i}.example\n    to: 127.0.0.1:{hop.port}\n" for i, hop in enumerate(silent))
        server = stack.enter_context(start(Server, f"relay:\n  timeout: 20s\nroutes:\n{routes}"
                                                   f"  - domain: good.example\n    to: 127.0.0.1:{good.port}\n"))
        server.good = good
        yield server


@contextlib.contextmanager
def filtered_server(lmtp):
    with contextlib.ExitStack() as stack:
        filter_ = stack.enter_context(HangingFilter())
        hop = stack.enter_context(FakeNextHop(lmtp=True))
        settings = f"filters:\n  - kind: clamav\n    address: {filter_.address}\n    time-limit: 10s\n"
        if lmtp:
            settings += f"delivery:\n  lmtp: 127.0.0.1:{hop.port}\n  timeout: 10s\n"
        server = stack.enter_context(start(Server, settings))
        server.filter, server.hop = filter_, hop
        yield server


@contextlib.contextmanager
def edited_server():
    with FakeService(http(json.dumps(EDITS).encode())) as rspamd, \
            start(Server, f"filters:\n  - kind: rspamd\n    address: {rspamd.address}\n") as server:
        yield server


@contextlib.contextmanager
def tls_server():
    with Certificate() as certificate, start(Server, certificate.settings() + "listeners:\n  - address: 127.0.0.1:0\n"
                                             "  - address: 127.0.0.1:0\n    tls: implicit\n") as server:
        yield server


# The name of a row, the server, the trouble, and the honest client.
ROWS = {
    "lists-100": (plain_server, lambda s: pipelined_lists(s, 100, 1000), Noop),
    "lists-500": (plain_server, lambda s: pipelined_lists(s, 500, 1000), Noop),
    "lists-1900": (plain_server, lambda s: pipelined_lists(s, 1900, 400), Noop),
    "silent-destinations": (relay_server, silent_destinations, Relayed),
    "hung-filter-login": (lambda: filtered_server(True), lambda s: hung_deliveries(s, 8), Login),
    "hung-filter": (lambda: filtered_server(False), lambda s: hung_deliveries(s, 20), Message),
    "edited-messages": (edited_server, edited_messages, Noop),
    "edited-messages-own": (edited_server, edited_messages, Message),
    "abandoned-logins": (plain_server, abandoned_logins, Login),
    "log-unread": (lambda: start(Unread), stopped_reader, Noop),
    "worker-stopped": (plain_server, stopped_worker, Session),
    "metrics-silent": (lambda: start(Server, f"metrics: 127.0.0.1:{free_port()}\n"), silent_metrics, Metrics),
    "client-hellos": (tls_server, hellos, Noop),
    "expn-unread": (lambda: start(Server, "expn: anyone\n"), expansions, Noop),
    "pop3-slow-octets": (lambda: start(Pop3Server), slow_octets, Pop3Login),
}


def milliseconds(delays):
    return f"{1000 * statistics.median(delays):9.1f}{1000 * max(delays):10.1f}"


def run(name):
    serve, trouble, client = ROWS[name]
    with contextlib.suppress(AssertionError), serve() as server:  # a server that was stopped or killed may end badly
        calm = measure(client(server), CALM)
        with trouble(server):
            troubled = measure(client(server), TROUBLE)
        print(f"{name:22}{client.what:18}{milliseconds(calm)}{milliseconds(troubled)}", flush=True)


def main():
    names = sys.argv[2:] or list(ROWS)
    print(f"{'':40}{'calm: ms':>12}{'':7}{'with the trouble: ms':>20}")
    print(f"{'trouble':22}{'honest client':18}{'median':>9}{'worst':>10}{'median':>9}{'worst':>10}")
    for name in names:
        try:
            run(name)
        except (OSError, RuntimeError, subprocess.SubprocessError) as error:
            print(f"{name:22}not measured: {str(error)[-200:]}", flush=True)


if __name__ == "__main__":
    main()
