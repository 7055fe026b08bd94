#!/usr/bin/env python3
"""Plays the conversations of tests/talk/smtp against the real server, over loopback, under both sets of codes."""

import contextlib
import glob
import os
import re
import shutil
import socket
import sqlite3
import ssl
import tempfile
import threading

from encrypted import Certificate
from fake_name_server import FakeNameServer
from server import BUILD, SECONDS, SOURCE, Server, TestCase, main, program
from test_proxy import header

HOST = "mx.example.test"
ARGUMENTS = ("--hostname", HOST, "--workers", "1")
LIMITS = {"max-message-size": "1000000", "max-recipients": "100", "max-errors": "20", "max-unknown-recipients": "0",
          "max-relay-attempts": "0", "max-recipients-per-hour": "0", "max-messages-per-account-hour": "0",
          "max-recipients-per-account-day": "0", "max-failed-logins": "10", "tarpit-delay": "0",
          "max-hops": "100", "min-free": "0"}
BLOCKLISTS = {"blocklists": "zones", "blocklist-threshold": "threshold", "refuse-at": "refuse-at"}
MECHANISMS = "PLAIN LOGIN SCRAM-SHA-256 CRAM-MD5"
CANNOT = {"begin": "a delivery that cannot begin", "append": "a delivery that fails", "commit": "a delivery that fails",
          "spool": "a delivery that fails", "unreadable": "a disk that fails", "flush": "a delivery that fails", "disk": "a disk that is full",
          "room": "a mailbox without room", "queue": "a queue that takes no order", "end": "a session that is ended",
          "barred": "a client that is blacklisted beforehand", "service": "a service that answers by the script",
          "filter": "a filter that answers by the script",
          "pass": "time that passes"}
STRANGERS = ("ptr-check", "helo-check", "sender-domain-check", "recipient-domain-check")
POLICY = ("anti-spoofing", "hosted-senders", "own-senders", "permitted-only")
GREYLIST = {"enabled": "yes", "delay": "300s", "window": "1h", "lifetime": "1d", "passes": "2"}
LATER = {"greet", "handshake", "closed", "open", "blacklisted", "waited", "dropped", "flush-after", "client"}
PATIENCE = 1000  # milliseconds of a tarpit
MIN_RECIPIENTS = 100  # of the setting max-recipients (RFC 5321 section 4.5.3.1.8)
SMALL = 32768  # octets that can be sent before any answer is read; a TLS connection has one thread alone


def unescape(text):
    """The octets of a text of a conversation."""
    out, at = b"", 0
    for found in re.finditer(rb"\\(?:x([0-9a-f]{2})|\{([^}]*)\*(\d+)\}|([rnt\\]))", text):
        out += text[at:found.start()]
        octet, repeated, times, name = found.groups()
        if octet:
            out += bytes.fromhex(octet.decode())
        elif name:
            out += {b"r": b"\r", b"n": b"\n", b"t": b"\t", b"\\": b"\\"}[name]
        else:
            out += repeated * int(times)
        at = found.end()
    return out + text[at:]


class Conversation:
    """A file as one profile has it: its settings before the first word, and its steps."""

    def __init__(self, path, profile):
        self.settings, self.steps = [], []
        self.profiles = {"published", "strict"}
        with open(path, "rb") as file:
            for line in file.read().split(b"\n"):
                if line.startswith(b"@"):
                    self.set(line[1:].decode().strip())
                elif line and not line.startswith(b"#"):
                    self.add(line, profile)

    def set(self, text):
        name, _, value = text.partition(" ")
        if name == "profile":
            self.profiles = {value}
        elif name in LATER or any(kind == "C" for kind, *_ in self.steps):
            self.steps.append(("@", name, value))
        else:
            self.settings.append((name, value))

    def add(self, line, profile):
        kind, only, times, text = re.fullmatch(rb"([CRSDLQ]) ?(published|strict)? ?(\d*): ?(.*)", line, re.DOTALL).groups()
        if not only or only.decode() == profile:
            octets = unescape(text) + (b"" if kind == b"R" else b"\r\n")
            self.steps.append((kind.decode().replace("R", "C"), octets * int(times or 1), None))

    def needs(self):
        """What the server cannot be made to do; None: nothing."""
        changes = [(name, value) for kind, name, value in self.steps if kind == "@" and name not in LATER]
        for name, value in self.settings + changes:
            if name in CANNOT and value != "ok":
                return CANNOT[name]
            if (name, value) == ("greylist", "trouble"):
                return "greylisting in trouble"
            if name == "tarpit-delay" and int(value) > PATIENCE:
                return "patience"
            if name == "max-recipients" and int(value) < MIN_RECIPIENTS:
                return "a limit that no configuration may set"
        return f"a change of {changes[0][0]} midway" if changes else None

    def value(self, name):
        return dict(self.settings).get(name)

    def rules(self):
        return "".join(value + "\n" for name, value in self.settings if name == "content-rule")

    def client(self):
        return next((value for kind, name, value in self.steps if kind == "@" and name == "client"), "192.0.2.7")

    def sections(self, names):
        """What the security policy asks for, and of whom."""
        said = {name for name, _ in self.settings}
        yield "policy", {**{name: "yes" if name in said else "no" for name in POLICY},
                         **{name: self.value(name) for name in STRANGERS if name in said}}
        yield "blocklists", {to: self.value(name) for name, to in BLOCKLISTS.items() if self.value(name)}
        yield "dns", {"servers": f"127.0.0.1:{names.port}"}

    def configuration(self, certificate, names):
        said = {name for name, _ in self.settings}
        listener = ["  - address: 127.0.0.1:0", "    proxy: yes"]
        lines = ["auth: " + (MECHANISMS if "auth" in said else "''")]
        if "listener-language" in said:
            listener.append("    language: " + self.value("listener-language"))
        if "auth-required" in said:
            listener.append("    role: submission")
        if "tls-required" in said:
            listener.append("    tls: required")
        if self.value("certificate") == "yes":
            lines += ["tls-cert: " + certificate.file, "tls-key: " + certificate.key]
        if "plain-in-clear" in said:
            lines.append("auth-in-clear: yes")
        if "normalise" in said:
            lines.append("bare-octets: normalise")
        if "xlang" in said:
            lines.append("xlang: " + self.value("xlang").replace("ascii", "yes"))
        lines += [f"{name}: {self.value(name)}" for name in ("language", "bilingual", "vrfy", "expn", "etrn", "dsn") if name in said]
        content = ["  rules: content-rules"] if "content-rule" in said else []
        content += ["  header-check: " + (self.value("header-check") or "yes")] if "header-check" in said else []
        content += ["  remove-forged-results: " + ("yes" if "remove-forged-results" in said else "no")]
        content += ["  body-check: yes"] if "body-check" in said else []
        content += [f"  {name}: {self.value(name)}" for name in ("max-header-addresses",) if name in said]
        lines += ["content:"] + content if content else []
        limits = {name: self.value(name) or value for name, value in LIMITS.items()}
        if limits["tarpit-delay"] != "0":
            limits["tarpit-delay"] += "ms"
        lines += ["relay:", "  send: no"]
        if "no-mx" in said:
            lines += ["  mx: no", "routes:", "  - domain: routed.example", "    to: 192.0.2.99:25"]
        if "greylist" in said:
            lines += ["greylist:"] + [f"  {k}: {v}" for k, v in GREYLIST.items()]
        for section, settings in self.sections(names):
            if settings:
                lines += [section + ":"] + [f"  {name}: {value}" for name, value in settings.items()]
        return "\n".join(lines + ["listeners:"] + listener + ["limits:"] + [f"  {k}: {v}" for k, v in limits.items()]) + "\n"


class Stage(Server):
    """A server with the directory that the conversations know, and the few texts that they have."""

    original = None  # the folder with that directory
    languages = ()
    wishes = ()
    rules = ""

    def fill(self):
        if Stage.original is None:
            self.make()
            Stage.original = tempfile.mkdtemp(prefix="ftgate-talk-")
            shutil.copytree(self.data, Stage.original, dirs_exist_ok=True)
        else:
            shutil.copytree(Stage.original, self.data, dirs_exist_ok=True)
        for domain, language in self.languages:
            self.set_language(domain, language)
        for arguments in self.wishes:
            self.control(*arguments)
        with open(os.path.join(self.folder, "content-rules"), "w", encoding="utf-8") as file:
            file.write(self.rules)

    def make(self):
        for domain in "example.test", "example.org":
            self.control("domain", "add", domain)
        self.control("domain", "add", "relayed.test", "relay=yes")
        for local in ("alice", "bob", "carol", "twin", "j\u00f6rg"):
            self.control("account", "add", local + "@example.test", "--password-stdin", input=b"secret\n")
        for account in ('"two words"@example.test', "box0@example.test", "box1@example.test", "box2@example.test",
                        "box3@example.test", "dora@example.org", "twin@example.org"):
            self.control("account", "add", account, "--no-password")
        for local, setting in (("disabled", "disabled=yes"), ("silent", "receive=no"), ("trap", "spamtrap=yes"),
                               ("moved", "moved-to=new@example.net")):
            self.control("account", "add", local + "@example.test", "--no-password", setting)
        self.control("account", "set", "bob@example.test", "smtp=no")
        self.control("account", "set", "box3@example.test", "--password-stdin", "send=no", input=b"secret\n")
        self.control("domain", "set", "example.org", "greylist=no")
        self.control("account", "set", "carol@example.test", "quota-bytes=5000")
        self.control("alias", "add", "circle@example.test", "alice@example.test")
        self.control("list", "add", "crew@example.test", "alice@example.test", "post=accounts")
        self.control("list", "add", "club@example.test", "alice@example.test", "post=members")
        with sqlite3.connect(os.path.join(self.data, "ftgate.db")) as database:  # ftgatectl makes no circles
            database.execute("UPDATE targets SET local = 'circle' WHERE alias = (SELECT id FROM aliases WHERE local = 'circle')")
        database.close()
        self.control("alias", "add", "alice-sales@example.test", "alice@example.test")
        self.control("alias", "add", "away@example.test", "Far@other.example")
        self.control("alias", "add", "mixed@example.test", "Far@other.example", "alice@example.test")
        self.control("list", "add", "pair@example.test", "alice@example.test", "bob@example.test", "post=anyone")
        two = "alice@example.test", '"two words"@example.test'
        for local, members, who in (("team", two, "anyone"), ("staff", two[:1], "accounts"), ("board", two[:1], "nobody"),
                                    ("empty", (), "anyone"), ("abroad", (*two, "j\u00f6rg@example.test"), "anyone")):
            self.control("list", "add", local + "@example.test", *members, "expand=" + who)
        for kind, value in (("blacklist", "203.0.113.7"), ("blacklist", "spam.example"), ("refused", "203.0.113.9"), ("relay", "203.0.113.10"),
                            ("permitted", "203.0.113.11"), ("permitted", "friend.example")):
            self.control("access", "add", kind, value)


def wishes(conversation):
    """Who wishes for which language, and who may not log in, as commands of ftgatectl."""
    said = dict(conversation.settings)
    if "account-language" in said:
        yield "account", "set", "alice@example.test", "language=" + said["account-language"]
    if "auth" in said:
        yield "account", "set", "carol@example.test", "disabled=yes"


class Player:
    """Sends what stands together at once, and compares what comes back."""

    def __init__(self, test, server, conversation):
        self.test, self.server, self.conversation = test, server, conversation
        self.socket = socket.create_connection(("127.0.0.1", server.port), SECONDS)
        self.socket.sendall(header(conversation.client()))
        self.sent = self.expected = self.delivered = self.queued = b""
        self.seen = set()
        if not any(step[1] == "greet" for step in conversation.steps):
            self.read(b"220 %s ESMTP (#3.01)\r\n" % HOST.encode())

    def read(self, expected):
        got = b""
        while len(got) < len(expected):
            try:
                octets = self.socket.recv(min(65536, len(expected) - len(got)))
            except socket.timeout:
                break
            if not octets:
                break
            got += octets
        self.test.assertEqual(expected, got)

    def send(self, octets):
        try:
            self.socket.sendall(octets)
        except OSError:
            pass  # the server has ended the session; what it has said is compared

    def files(self, pattern):
        return glob.glob(os.path.join(self.server.data, pattern))

    def envelopes(self):
        """What is new in the queue, as the conversations have it; a message is as long as its session's token is."""
        text = b""
        for path in sorted(set(self.files("queue/*.envelope")) - self.seen):
            self.seen.add(path)
            with open(path, "rb") as file:
                text += file.read()
        text = re.sub(rb"(?m)^arrival \d+$", b"arrival 1893456000", text)
        text = re.sub(rb"(?m)^(message-id <)\d+\.\w+u(\d+@mx)", rb"\g<1>1893456000.s1u\2", text)
        return re.sub(rb"(?m)^session \w+$", b"session s1", text)

    def messages(self):
        """The messages that are new, each once, as the conversations have them."""
        found = {}
        for path in self.files("mail/*/*/new/*") + self.files("queue/*.message"):
            status = os.stat(path)
            if status.st_ino not in self.seen:
                found[status.st_ino] = (status.st_mtime_ns, path)
        self.seen |= found.keys()
        text = b""
        for _, path in sorted(found.values()):
            with open(path, "rb") as file:
                message = file.read().replace(b"\n", b"\r\n")
            message = re.sub(rb" id \S+;", b" id s1;", message, count=1)
            message = re.sub(rb"(?m)^(Date: )\w{3}, .* \+0000\r$", rb"\1Tue, 1 Jan 2030 00:00:00 +0000\r", message)
            message = re.sub(rb"(?m)^(Message-ID: <)\d+\.\w+u(\d+@mx)", rb"\g<1>1893456000.s1u\2", message)
            text += re.sub(rb"\r\n\t\w{3}, .*\r\n", b"\r\n\tTue, 1 Jan 2030 00:00:00 +0000\r\n", message, count=1)
        return text

    def settle(self):
        sent, expected, delivered, queued = self.sent, self.expected, self.delivered, self.queued
        self.sent = self.expected = self.delivered = self.queued = b""
        if b"(#3.22)" in expected:
            if sent.count(b"\r\n") > 1:
                raise Inapplicable
            print("left out, because the directory works here:", sent)
            return
        if len(sent) < SMALL:
            self.send(sent)
            self.read(expected)
        else:
            sender = threading.Thread(target=self.send, args=(sent,))
            sender.start()
            self.read(expected)
            sender.join(SECONDS)
        messages, envelopes = self.messages(), self.envelopes()
        if delivered:
            self.test.assertEqual(delivered, messages)
        if queued:
            # The sender that SRS makes holds a hash and a day; test_forwarding looks at it.
            changes = rb"(?m)^(?:size|account) \d+$|^as SRS\S+\n"
            self.test.assertEqual(*(re.sub(changes, b"", text) for text in (queued, envelopes)))
        if sent.upper().startswith(b"STARTTLS") or b"\r\nSTARTTLS" in sent.upper():
            self.encrypting = b"(#3.06)" in expected

    def do(self, name):
        if name == "handshake" and self.encrypting:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            self.socket = context.wrap_socket(self.socket)
        elif name == "closed":
            self.test.assertEqual(b"", self.socket.recv(1))

    def play(self):
        before = "C"
        for kind, what, _ in self.conversation.steps:
            if kind == "@" or (kind == "C" and before in "SDLQ"):
                self.settle()
            if kind == "@":
                self.do(what)
            elif kind == "C":
                self.sent += what
            elif kind == "S":
                self.expected += what
            elif kind == "D":
                self.delivered += what
            elif kind == "Q":
                self.queued += what.replace(b"\r\n", b"\n")
            before = kind
        self.settle()
        self.socket.settimeout(0.02)
        try:
            self.test.assertEqual(b"", self.socket.recv(1), "more is said than stands in the conversation")
        except (socket.timeout, ssl.SSLError, ConnectionResetError):
            pass

    encrypting = False


class Inapplicable(Exception):
    """The rest of a conversation is about a directory in trouble, which a real server does not have."""


class Talks(TestCase):
    @classmethod
    def setUpClass(cls):
        cls.certificate = cls.enterClassContext(Certificate())
        folder = tempfile.mkdtemp(prefix="ftgate-talk-")
        cls.addClassCleanup(shutil.rmtree, folder)
        cls.addClassCleanup(lambda: shutil.rmtree(Stage.original or "/nonexistent", ignore_errors=True))
        # Beside the program stand the texts that it speaks.
        cls.smtpd = shutil.copy(program("ftgate-smtpd"), folder)
        for path in glob.glob(os.path.join(BUILD, "tests/talk/*/LC_MESSAGES/ftgate.mo")):
            target = os.path.join(folder, "locale", os.path.relpath(path, os.path.join(BUILD, "tests/talk")))
            os.makedirs(os.path.dirname(target))
            shutil.copy(path, target)

    def converse(self, path, profile):
        conversation = Conversation(path, profile)
        names = self.enterContext(FakeNameServer())
        for name, value in conversation.settings:
            if name == "dns":
                names.tell(value)
        server = Stage(*ARGUMENTS, "--profile", profile, smtpd=self.smtpd,
                       config=conversation.configuration(self.certificate, names), LANG="C")
        server.languages = [value.split() for name, value in conversation.settings if name == "domain-language"]
        server.wishes = list(wishes(conversation))
        server.rules = conversation.rules()
        with server:
            player = Player(self, server, conversation)
            self.addCleanup(lambda: player.socket.close())
            with contextlib.suppress(Inapplicable):
                player.play()
            player.socket.close()


def add_tests():
    for path in sorted(glob.glob(os.path.join(SOURCE, "tests/talk/smtp/*.talk"))):
        name = os.path.basename(path).removesuffix(".talk")
        for profile in "published", "strict":
            conversation = Conversation(path, profile)
            if profile not in conversation.profiles or conversation.needs():
                continue  # test_smtp_talk has them all

            def test(self, path=path, profile=profile):
                self.converse(path, profile)
            setattr(Talks, f"test_{name}_{profile}", test)


add_tests()

if __name__ == "__main__":
    main()
