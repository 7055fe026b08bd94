#!/usr/bin/env python3
"""The snippets of docs/other-servers.md: Exim, OpenSMTPD, and Postfix with rspamd, refuse in the language of the recipient's domain."""

import contextlib
import os
import re
import socket
import tempfile
import threading
import time
import types
import unittest

import postfix
import services
from alone import has
from maps import URL, MapServer
from mo import mo
from server import SECONDS, SOURCE, Talk, TestCase, main
from services import Program, free_port, held_port
from test_readme import blocks
from unpacked import MISSING, USER_ID, Unpacked

PAGE = "docs/other-servers.md"
PORT = "2794"
CONFIG, LANGUAGES, INCLUDE, RCPT, DATA, SMTPD, SAID = range(7)  # the blocks of the page
LINK = "https://mail.example/replies/{}.html#{}"
OWN = "%s $domain $run{x}\n\\N}: Ok"


def read(name):
    with open(os.path.join(SOURCE, name), encoding="utf-8") as file:
        return file.read()


def ported(name, server):
    """A file of etc/ that asks this server."""
    text = read(name)
    assert text.count(PORT) == 1, name
    return text.replace(PORT, str(server.port))


def rows():
    """The messages of the table of the page."""
    return re.findall(r"(?m)^\| .* \| `(\d.*)` \|$", read(PAGE))


class Exim(Unpacked):
    """Exim with the ACLs of the page, and one for each message of its table, which is for a local part."""

    PACKAGE, USERS = "exim4-daemon-light", ("Debian-exim",)
    CONFIG = """
keep_environment =
primary_hostname = mx.exim.test
spool_directory = {folder}/spool
log_file_path = {folder}/spool/%slog
pid_file_path = {folder}/spool/pid
local_interfaces = 127.0.0.1
daemon_smtp_ports = {port}
tls_advertise_hosts =
acl_smtp_rcpt = check_table
acl_smtp_data = check_data
domainlist local_domains = bench.example : polish.example : japanese.example : own.example
begin acl
{acls}
check_table:
{table}
  accept
    acl = check_rcpt
begin routers
later:
  driver = redirect
  local_parts = later
  data = :defer: not now
  allow_defer
known:
  driver = accept
  local_parts = known
  transport = drop
begin transports
drop:
  driver = appendfile
  file = /dev/null
"""

    def program(self):
        os.makedirs(self.folder + "/spool", exist_ok=True)
        os.chown(self.folder + "/spool", USER_ID, USER_ID)
        acl = self.path("ftgate.acl", self.settings["acl"])
        table = "".join(f"  {'defer' if row[0] == '4' else 'deny'}\n    local_parts = row{n}\n    message = {row}\n" for n, row in enumerate(rows()))
        acls = "".join(blocks(PAGE)[INCLUDE:DATA + 1]).replace("/etc/exim4/ftgate.acl", acl)
        config = self.path("exim.conf", self.CONFIG.format(folder=self.folder, port=self.port, acls=acls, table=table))
        return [self.root + "/usr/sbin/exim4", "-bdf", "-C", config]

    def logged(self):
        """The causes of its refusals."""
        with open(self.folder + "/spool/rejectlog", encoding="utf-8", errors="backslashreplace") as log:
            return re.findall(r"(?m)rejected (?:RCPT|after DATA).*?: (.*)$", log.read())


class OpenSmtpd(Unpacked):
    """OpenSMTPD with the lines of the page."""

    PACKAGE, USERS, EMPTY = "opensmtpd", ("opensmtpd", "opensmtpq"), ("/var/spool", "/var/lib", "/usr/libexec", "/run")
    PREPARE = 'mkdir -p /var/lib/opensmtpd/empty && cp -r "$0/usr/libexec/opensmtpd" /usr/libexec && exec "$@"'

    def program(self):
        recipients = self.path("recipients", "".join(f"known@{name}.example\n" for name in ("bench", "polish", "japanese")))
        program = self.path("filter-ftgate", self.settings["filter"])
        os.chmod(program, 0o755)
        lines = blocks(PAGE)[SMTPD].replace("/etc/mail/recipients", recipients).replace("/usr/local/libexec/filter-ftgate", program)
        lines = lines.replace("listen on eth0", f"listen on 127.0.0.1 port {self.port}")
        config = self.path("smtpd.conf", 'action mailboxes relay host "smtp://127.0.0.1:9"\n' + lines)
        return ["sh", "-c", self.PREPARE, self.root, self.root + "/usr/sbin/smtpd", "-d", "-f", config]


class Rspamd(Program):
    """rspamd as a milter, with the rule of the page and one that finds spam by its subject."""

    CONFIG = """
lua = "$RULESDIR/rspamd.lua"
options {{
    pidfile = "{folder}/pid"; tempdir = "{folder}"; cache_file = "{folder}/cache"; hs_cache_dir = "{folder}"; url_tld = "{folder}/tld";
    control_socket = "{folder}/control mode=0600"; filters = ""; local_addrs = [];
    dns {{ nameserver = "127.0.0.1:{dead}:1"; timeout = 0.1s; retransmits = 1; }}
}}
logging {{ type = "console"; level = "info"; }}
worker "rspamd_proxy" {{
    bind_socket = "127.0.0.1:{port}"; milter = yes; count = 1; reject_message = "fixed";
    upstream "local" {{ default = yes; self_scan = yes; }}
}}
actions {{ reject = 15; }}
lua = "{folder}/spam.lua"
lua = "{folder}/ftgate.lua"
"""
    SPAM = """
rspamd_config:register_symbol { name = "SPAM", type = "normal", score = 20.0, callback = function(task) return task:get_subject() == "spam" end }
"""

    def __init__(self, rule):
        self.rule = rule

    def command(self):
        self.port = held_port()
        for name, text in (("tld", "example\n"), ("spam.lua", self.SPAM), ("ftgate.lua", self.rule)):
            self.path(name, text)
        config = self.path("rspamd.conf", self.CONFIG.format(folder=self.folder, port=self.port, dead=free_port()))
        return ["rspamd", "--no-fork", "--insecure", "--config=" + config, *(f"--var={name}={self.folder}" for name in ("DBDIR", "RUNDIR", "LOGDIR"))]

    def is_ready(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1):
                return True
        except OSError:
            return False


class Refusals(TestCase):
    """One server of texts, as the page has it, and one other server for the tests of a class."""

    @classmethod
    def setUpClass(cls):
        cls.stack = contextlib.ExitStack()
        cls.addClassCleanup(cls.stack.close)
        folder = cls.stack.enter_context(tempfile.TemporaryDirectory(prefix="ftgate-test-"))
        os.chmod(folder, 0o755)
        with open(folder + "/languages", "w", encoding="ascii") as file:
            file.write(blocks(PAGE)[LANGUAGES])
        os.chmod(file.name, 0o644)
        config = blocks(PAGE)[CONFIG].replace("/etc/ftgate/languages", file.name)
        assert config.count(URL.replace("mail.example/", "mail.example.org/")) == 1, config
        cls.texts = cls.stack.enter_context(MapServer(config=config.replace("mail.example.org", "mail.example")).hold_port())

    @contextlib.contextmanager
    def talk(self):
        with Talk(self.server) as talk:
            talk.mail()
            yield talk

    def refused(self, talk, address):
        octets = talk.say(b"RCPT TO:<%s>" % address.encode("latin-1"))
        self.assertWire(octets)
        return octets.decode("ascii")

    def bind_when_free(self, listener):
        """The workers end after their master."""
        until = time.monotonic() + SECONDS
        while True:
            try:
                return listener.bind(("127.0.0.1", self.texts.port))
            except OSError:
                self.assertLess(time.monotonic(), until)
            time.sleep(0.02)

    def without_answers(self):
        """In the place of the server of texts is one that accepts connections and says nothing; then there is none; then it is back."""
        self.texts.process.kill()
        self.texts.process.wait()
        with socket.socket() as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self.bind_when_free(listener)
            listener.listen()
            yield
        yield
        self.texts.start()


def lines(code, language, reference, words):
    """A refusal of two lines."""
    return f"{code[:3]}-{code[4:]} {words} (#{reference})\r\n{code} {LINK.format(language, reference)}\r\n"


class Page(TestCase):
    def test_each_block_is_run_here(self):
        begins = ["language: ", "polish.example ", ".include ", "check_rcpt:\n", "check_data:\n", "table recipients ", "554 5.7.1 "]
        self.assertEqual(begins, [text[:len(begin)] for begin, text in zip(begins, blocks(PAGE), strict=True)])
        self.assertEqual(13, len(rows()))


@unittest.skipIf(MISSING, MISSING)
class EximRefusals(Refusals):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with open(cls.texts.overlay("@own.example/de"), "wb") as file:
            file.write(mo({("ERR_SMTP_ADDRESS_UNKNOWN", "%s unknown mailbox"): OWN}))
        cls.texts.reload()
        cls.server = cls.stack.enter_context(Exim(acl=ported("etc/exim/ftgate.acl", cls.texts)))

    def test_1_are_in_german_polish_and_japanese_with_a_link(self):
        with self.talk() as talk:
            self.assertEqual(lines("550 5.1.1", "de", "4.28", "Postfach nobody@bench.example existiert nicht"),
                             self.refused(talk, "nobody@bench.example"))
            self.assertEqual(lines("550 5.1.1", "pl", "4.28", "Skrzynka nobody@polish.example nie istnieje"),
                             self.refused(talk, "nobody@polish.example"))
            self.assertEqual(lines("550 5.1.1", "ja", "4.28", "Mailbox nobody@japanese.example does not exist"),
                             self.refused(talk, "nobody@japanese.example"))
            self.assertEqual(lines("550 5.7.1", "de", "4.63", "Weiterleitung (Relay) an <a@elsewhere.example> abgelehnt"),
                             self.refused(talk, "a@elsewhere.example"))
            self.assertEqual("250 Accepted\r\n", self.refused(talk, "known@polish.example"))
            self.assertTrue(talk.say(b"DATA").startswith(b"354"))
            self.assertEqual(lines("550 5.7.1", "pl", "4.41", "Wiadomosc odrzucona z powodu niedozwolonej tresci").encode(),
                             talk.say(b"Subject: a lottery\r\n\r\nx\r\n."))
        self.assertEqual(["unknown user: Unrouteable address"] * 3 + ["relay not permitted", "content rejected"], self.server.logged())

    def test_2_have_the_codes_of_exim_and_the_texts_of_the_table(self):
        with self.talk() as talk:
            for n, row in enumerate(rows()):
                code, reference = re.match(r"(\d{3} [\d.]+) \$\{acl \{ftgate\}\{(\d\.\d\d)\}", row).groups()
                refused = self.refused(talk, f"row{n}@polish.example").splitlines()
                for line in refused[:-1]:
                    self.assertTrue(line.startswith(code.replace(" ", "-", 1) + " "), refused)
                if "$acl_m_recipient" in row:  # no warn of the page has set it here: the server's language
                    self.assertEqual(f"{code} {LINK.format('de', reference)}", refused[-1])
                else:
                    self.assertEqual(f"{code} {LINK.format('pl', reference)}", refused[-1])
                self.assertIn(f"(#{reference})", refused[-2])
                fallback = re.search(r"\{([^{}$]+)[^{}]*\}\}$", row)[1]
                self.assertNotIn(fallback, "".join(refused))
                if "{$sender_host_address}" in row:
                    self.assertIn("127.0.0.1", "".join(refused))
                if "{$sender_address}" in row:
                    self.assertIn("sender@example.org", "".join(refused))

    def test_3_hold_whatever_the_client_names(self):
        said = "Postfach {} existiert nicht"
        for address, shown in (
                ('"a}:b{$domain}"@bench.example', "a}:b{$domain}@bench.example"),
                ('"}}{x}${run{/a}}"@bench.example', "}}{x}${run{/a}}@bench.example"),
                ('"9:text 3.02,"@bench.example', "9:text 3.02,@bench.example"),
                ('"a\\nb\\r\\0"@bench.example', "anbr0@bench.example"),
                ('"x@polish.example"@bench.example', "x@polish.example@bench.example"),
                ("a\\N%25$1@bench.example", "an%25$1@bench.example")):
            with self.talk() as talk:
                self.assertEqual(lines("550 5.1.1", "de", "4.28", said.format(shown)), self.refused(talk, address))
        with self.talk() as talk:
            refused = self.refused(talk, '"a\nMAIL"@bench.example')
            self.assertTrue(refused.startswith("501 "), refused)

    def test_4_keep_the_code_whatever_the_text_is(self):
        with self.talk() as talk:
            self.assertEqual("550-5.1.1 250 2.0.0 a@own.example $domain $run{x}\r\n"
                             "550-5.1.1 \\N}: Ok (#4.28)\r\n"
                             f"550 5.1.1 {LINK.format('de', '4.28')}\r\n", self.refused(talk, '"250 2.0.0 a"@own.example'))

    def test_5_defer_in_the_words_of_exim_if_a_recipient_cannot_be_verified(self):
        with self.talk() as talk:
            refused = self.refused(talk, "later@bench.example")
            self.assertTrue(refused.startswith("451 "), refused)
            self.assertNotIn("#4.28", refused)

    def test_6_have_their_own_text_while_no_server_answers(self):
        for _ in self.without_answers():
            with self.talk() as talk:
                self.assertEqual("550 5.1.1 Unknown user\r\n", self.refused(talk, "nobody@bench.example"))
        with self.talk() as talk:
            self.assertIn("(#4.28)", self.refused(talk, "nobody@bench.example"))


@unittest.skipIf(MISSING, MISSING)
class OpenSmtpdRefusals(Refusals):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        program = ported("etc/opensmtpd/filter-ftgate", cls.texts)
        assert program.count("WAIT, PAUSE = 1, 10 ") == 1
        cls.server = cls.stack.enter_context(OpenSmtpd(filter=program.replace("WAIT, PAUSE = 1, 10 ", "WAIT, PAUSE = 1, 0 ")))

    def line(self, language, words):
        return f"550 5.1.1 {words} (#4.28) {LINK.format(language, '4.28')}\r\n"

    def test_1_are_in_german_polish_and_japanese_with_a_link(self):
        with self.talk() as talk:
            self.assertEqual(self.line("de", "Postfach nobody@bench.example existiert nicht"), self.refused(talk, "nobody@bench.example"))
            self.assertEqual(self.line("pl", "Skrzynka nobody@polish.example nie istnieje"), self.refused(talk, "nobody@polish.example"))
            self.assertEqual(self.line("ja", "Mailbox nobody@japanese.example does not exist"),
                             self.refused(talk, "nobody@japanese.example"))
            self.assertEqual("550 Invalid recipient: <a@elsewhere.example>\r\n", self.refused(talk, "a@elsewhere.example"))
            self.assertTrue(self.refused(talk, "Known@Bench.example").startswith("250 "))

    def test_2_hold_whatever_the_client_names(self):
        with self.talk() as talk:
            for local in "a|reject|250", "a{}$%s", "filter-result|x|y|proceed":
                self.assertEqual(self.line("de", f"Postfach {local}@bench.example existiert nicht"), self.refused(talk, local + "@bench.example"))
            self.assertRegex(self.refused(talk, "\xff@bench.example"), r"\A5\d\d ")
            self.assertTrue(self.refused(talk, "known@bench.example").startswith("250 "))

    def test_3_have_their_own_text_while_no_server_answers(self):
        for _ in self.without_answers():
            with self.talk() as talk:
                self.assertEqual("550 5.1.1 Unknown user\r\n", self.refused(talk, "nobody@bench.example"))
        with self.talk() as talk:
            self.assertIn("(#4.28)", self.refused(talk, "nobody@bench.example"))


class FilterTexts(TestCase):
    """How the filter of OpenSMTPD asks."""

    def setUp(self):
        self.filter = types.ModuleType("filter")
        exec(compile(read("etc/opensmtpd/filter-ftgate"), "filter-ftgate", "exec"), vars(self.filter))
        self.texts = self.filter.Texts()

    def test_are_not_asked_for_some_time_after_a_failure(self):
        self.filter.SERVER = "127.0.0.1", held_port()
        self.assertIsNone(self.texts.ask("4.28", "a@bench.example"))
        with MapServer("--language", "de") as server:
            self.filter.SERVER = "127.0.0.1", server.port
            self.texts.silent_until += 3600
            self.assertIsNone(self.texts.ask("4.28", "a@bench.example"))
            self.texts.silent_until = 0
            self.assertEqual("Postfach a@bench.example existiert nicht (#4.28)", self.texts.ask("4.28", "a@bench.example"))

    def test_are_given_up_also_if_they_come_octet_by_octet(self):
        self.filter.WAIT = 0.1
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.filter.SERVER = listener.getsockname()
            asking = threading.Thread(target=self.texts.ask, args=("4.28", "a@bench.example"))
            asking.start()
            self.addCleanup(asking.join)
            with listener.accept()[0] as client, self.assertRaises(ConnectionError):
                for _ in range(int(SECONDS / 0.01)):
                    client.sendall(b"x")
                    time.sleep(0.01)
        asking.join()
        self.assertGreater(self.texts.silent_until, 0)


@unittest.skipIf(postfix.MISSING, postfix.MISSING)
@unittest.skipUnless(has("rspamd"), "this machine lacks rspamd")
class RspamdRefusals(Refusals):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rspamd = cls.stack.enter_context(Rspamd(ported("etc/rspamd/ftgate.lua", cls.texts)))
        domains = "bench.example", "polish.example", "japanese.example"
        cls.server = cls.stack.enter_context(postfix.Postfix(
            virtual_mailbox_domains=" ".join(domains), virtual_mailbox_maps="inline:{" + "".join(f" known@{name}=known/" for name in domains) + " }",
            smtpd_milters=f"inet:127.0.0.1:{cls.rspamd.port}"))

    def answered(self, domain, subject=b"spam", body=b"x"):
        with self.talk() as talk:
            self.assertTrue(self.refused(talk, f"known@{domain}").startswith("250 "))
            talk.say(b"DATA")
            octets = talk.say(b"From: a@example.org\r\nSubject: %s\r\n\r\n%s\r\n." % (subject, body))
            self.assertWire(octets)
            return octets.decode("ascii")

    def test_1_are_in_german_polish_and_japanese_with_a_link(self):
        self.assertEqual(blocks(PAGE)[SAID].replace("mail.example.org", "mail.example").replace("\n", "\r\n"), self.answered("polish.example"))
        self.assertEqual(f"554 5.7.1 Nachricht vom Inhaltsfilter abgelehnt: spam (#4.42) {LINK.format('de', '4.42')}\r\n",
                         self.answered("bench.example"))
        self.assertRegex(self.answered("japanese.example"), rf"\A554 5\.7\.1 [ -~]+ \(#4\.42\) {re.escape(LINK.format('ja', '4.42'))}\r\n\Z")
        self.assertTrue(self.answered("bench.example", b"hello").startswith("250 "))
        self.assertEqual("554 5.7.1 Gtube pattern\r\n", self.answered("bench.example", b"hello", services.Rspamd.GTUBE))

    def test_2_have_the_fixed_text_while_no_server_answers(self):
        for _ in self.without_answers():
            self.assertEqual("554 5.7.1 fixed\r\n", self.answered("bench.example"))
        self.assertIn("(#4.42)", self.answered("bench.example"))


if __name__ == "__main__":
    main()
