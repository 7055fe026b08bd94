#!/usr/bin/env python3
"""The programs of examples/ and of ftgate(3) are built by the commands there, with an installed libftgate, and do what is said:
usage: examples_test.py PREFIX [COMPILER-FLAG...], where PKG_CONFIG_PATH leads to the library of the prefix."""

import contextlib
import os
import random
import re
import resource
import select
import shlex
import socket
import struct
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

PREFIX, *FLAGS = sys.argv[1:]
EXAMPLES = Path(PREFIX) / "share/doc/ftgate/examples"
STRICT = ["-Wall", "-Wextra", "-pedantic", "-Werror"]
SECONDS = 60  # for what takes no time on a machine that works
WORK = tempfile.TemporaryDirectory()


def config(*words):
    return subprocess.run(["pkg-config", *words, "ftgate"], check=True, capture_output=True, text=True).stdout.strip()


ENVIRONMENT = {**os.environ, "LD_LIBRARY_PATH": config("--variable=libdir")}


def command(name, number):
    """The command of that number in the first lines of an example."""
    lines = (EXAMPLES / name).read_text(encoding="ascii").split("*/")[0].split('"""\n\nimport')[0].splitlines()
    return [line.removeprefix(" * ") for line in lines if re.match(r"( \* )?(cc|c\+\+|\./\S+|python3) .", line)][number]


def compile_example(name, **changes):
    """Compiles an example as its first lines say, in a folder of its own, which it returns; changes replace words of the source."""
    folder = Path(tempfile.mkdtemp(dir=WORK.name))
    text = (EXAMPLES / name).read_text(encoding="ascii")
    for old, new in changes.items():
        text, count = re.subn(rf"\b{old} = \w+", f"{old} = {new}", text)
        assert count == 1, old
    (folder / name).write_text(text, encoding="ascii")
    compiler, options = command(name, 0).split(" ", 1)
    line = f"{compiler} {shlex.join([*FLAGS, *STRICT])} {options}"
    done = subprocess.run(["bash", "-c", line], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise AssertionError(f"{line}\n{done.stderr}")
    return folder


class Server(contextlib.ExitStack):
    def __init__(self, folder):
        super().__init__()
        self.process = self.enter_context(subprocess.Popen(["./smtp-server", "0"], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT))
        self.callback(self.process.kill)
        self.port = int(self.process.stdout.readline().split(b":")[1])

    def connect(self):
        return self.enter_context(socket.create_connection(("127.0.0.1", self.port), timeout=SECONDS))

    def has_failed(self):
        """What it printed, if it has ended."""
        return self.process.poll() is not None and self.process.stderr.read()


def read_all(client):
    octets = b""
    while more := client.recv(65536):
        octets += more
    return octets


def talk(server, *pieces):
    """What the server answers to all pieces, which end with QUIT."""
    client = server.connect()
    for piece in pieces:
        client.sendall(piece)
    return read_all(client)


GREETING = b"220 mail.example.org ESMTP (#3.01)\r\n"
BYE = b"221 2.0.0 mail.example.org Service closing transmission channel (#3.08)\r\n"
NOOP = b"250 2.0.0 Ok (#3.07)\r\n"
LINE = re.compile(rb"\d{3}[ -][ -~]*\(#\d\.\d\d\)\r\n|250-mail\.example\.org\r\n250-ENHANCEDSTATUSCODES\r\n250 XLANG\r\n")
CONVERSATION = (
    (b"EHLO client.example.org", b"250-mail.example.org\r\n250-ENHANCEDSTATUSCODES\r\n250 XLANG"),
    (b"XLANG xx de-AT", b"250 2.0.0 Sprache der Antworten: de (#6.08)"),
    (b"MAIL FROM:<anna@example.net> SIZE=1", b"250 2.1.0 Absender <anna@example.net> angenommen (#3.02)"),
    (b"MAIL anna", b"501 5.5.2 Unbekannter oder fehlerhafter Parameter: anna (#4.22)"),
    (b"rcpt to:<nobody@example.org>", b"550 5.1.1 Postfach nobody@example.org existiert nicht (#4.28)"),
    (b"RCPT nobody", b"501 5.1.3 Syntaxfehler in der Empfaengeradresse: nobody (#4.30)"),
    (b"DATA", b"503 5.5.1 Falsche Reihenfolge der Befehle (#4.32)"),
    (b"VRFY anna", b"252 2.5.0 Postfach kann nicht ueberprueft werden; die Zustellung einer Nachricht wird versucht (#6.02)"),
    (b"HELP", b"500 5.5.1 Unbekannter Befehl (#4.23)"),
    (b"A" * 600, b"500 5.5.2 Syntaxfehler in der Befehlszeile (#4.21)"),
    (b"XLANG xx", b"504 5.3.3 Keine dieser Sprachen ist hier verfuegbar (#6.09)"),
    (b"XLANG pl", b"250 2.0.0 Jezyk odpowiedzi: pl (#6.08)"),
    (b"RCPT TO:<nobody@example.org>", b"550 5.1.1 Skrzynka nobody@example.org nie istnieje (#4.28)"),
    (b"XLANG ja", b"250 2.0.0 Language of the replies: en (#6.08)"),
    (b"XLANG *", b"250 2.0.0 Language of replies: en (#6.08)"),
    (b"NOOP", b"250 2.0.0 Ok (#3.07)"),
    (b"QUIT", BYE.removesuffix(b"\r\n")),
)


class SmtpServer(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = compile_example("smtp-server.c")

    def setUp(self):
        self.server = self.enterContext(Server(self.folder))

    def tearDown(self):
        self.assertFalse(self.server.has_failed())

    def test_each_command_is_answered_in_the_language_of_the_client(self):
        client = self.server.connect()
        answers = client.makefile("rb")
        self.assertEqual(answers.readline(), GREETING)
        for said, answer in CONVERSATION:
            client.sendall(said + b"\r\n")
            self.assertEqual(b"".join(answers.readline() for _ in range(answer.count(b"\r\n") + 1)), answer + b"\r\n")
        self.assertEqual(answers.read(), b"")

    def test_answers_are_the_same_however_the_octets_are_split(self):
        octets = b"".join(said + b"\r\n" for said, _ in CONVERSATION)
        answers = GREETING + b"".join(answer + b"\r\n" for _, answer in CONVERSATION)
        self.assertEqual(talk(self.server, octets), answers)
        self.assertEqual(talk(self.server, *(octets[at : at + 1] for at in range(len(octets)))), answers)
        for size in (2, 511, 512, 513):
            self.assertEqual(talk(self.server, *(octets[at : at + size] for at in range(0, len(octets), size))), answers, size)

    def test_line_that_does_not_fit_is_one_command(self):
        for length in (510, 511, 512, 513, 1000000):
            answers = talk(self.server, b"A" * length + b"\r\nNOOP\r\nQUIT\r\n")
            bad = b"500 5.5.1 Bad command (#4.23)\r\n" if length <= 510 else b"500 5.5.2 Syntax Error (#4.21)\r\n"
            self.assertEqual(answers, GREETING + bad + NOOP + BYE, length)
        self.assertEqual(talk(self.server, b"A" * 511, b"\r", b"\nNOOP\r\nQUIT\r\n").count(b"\r\n"), 4)

    def test_argument_cannot_end_a_line(self):
        for octet in (b"\n", b"\r", b"\0", b"\x1b", b"\x80", b"\xff", b"\xe2\x80\xae"):
            answers = talk(self.server, b"RCPT TO:<a" + octet + b"250 2.0.0 yes (#3.07)>\r\nQUIT\r\n")
            self.assertEqual([LINE.fullmatch(line) is not None for line in answers.splitlines(True)], [True] * 3, answers)
            self.assertRegex(answers.splitlines()[1], rb"^5\d\d 5\.\d\.\d .*\(#4\.(28|21)\)$")

    def test_garbage_gets_nothing_but_replies(self):
        garbage = random.Random(1).randbytes(200000).replace(b"QUIT", b"quit") + b"\r\nQUIT\r\n"
        answers = talk(self.server, *(garbage[at : at + 5000] for at in range(0, len(garbage), 5000)))
        self.assertEqual(LINE.sub(b"", answers), b"")
        self.assertEqual(len(answers.splitlines()), 1 + garbage.count(b"\r\n"))

    def test_client_that_does_not_read_is_not_read_from_and_delays_nobody(self):
        deaf = self.server.connect()
        deaf.setblocking(False)
        sent = 0
        while select.select([], [deaf], [], 0.3)[1]:
            sent += deaf.send(b"VRFY\r\n" * 10000) // 6
            self.assertLess(sent, 10**7)
        self.assertEqual(talk(self.server, b"NOOP\r\nQUIT\r\n"), GREETING + NOOP + BYE)
        usage = int(re.search(r"VmData:\s*(\d+)", Path(f"/proc/{self.server.process.pid}/status").read_text())[1])
        if not FLAGS:
            self.assertLess(usage, 20000, "KiB of memory")

    def test_clients_that_leave_in_the_middle_leave_nothing(self):
        for _ in range(300):
            with socket.create_connection(("127.0.0.1", self.server.port), timeout=SECONDS) as client:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                client.sendall(b"NOOP\r\nMAIL FROM:<")
        self.assertEqual(talk(self.server, b"QUIT\r\n"), GREETING + BYE)
        descriptors = f"/proc/{self.server.process.pid}/fd"
        end = time.monotonic() + SECONDS
        while len(os.listdir(descriptors)) > 8 and time.monotonic() < end:
            time.sleep(0.01)
        self.assertLessEqual(len(os.listdir(descriptors)), 8)

    def test_client_that_has_said_all_and_reads_nothing_does_not_end_the_server(self):
        with socket.socket() as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.connect(("127.0.0.1", self.server.port))
            client.setblocking(False)
            octets = b"VRFY\r\n" * 14000
            while octets and select.select([], [client], [], 0.3)[1]:
                octets = octets[client.send(octets) :]
            client.shutdown(socket.SHUT_WR)
            self.assertEqual(talk(self.server, b"QUIT\r\n"), GREETING + BYE)
        self.assertEqual(talk(self.server, b"NOOP\r\nQUIT\r\n"), GREETING + NOOP + BYE)

    def test_hundred_and_first_client_waits_until_one_has_left(self):
        clients = [self.server.connect() for _ in range(100)]
        for client in clients:
            self.assertEqual(client.recv(1000), GREETING)
        waiting = self.server.connect()
        clients[50].sendall(b"NOOP\r\n")
        self.assertEqual(clients[50].recv(1000), NOOP)
        self.assertEqual(select.select([waiting], [], [], 0)[0], [])
        clients[7].sendall(b"QUIT\r\n")
        self.assertEqual(read_all(clients[7]), BYE)
        self.assertEqual(waiting.recv(1000), GREETING)
        for client in clients[:7] + clients[8:] + [waiting]:
            client.sendall(b"QUIT\r\n")
            self.assertEqual(read_all(client), BYE)

    def test_server_without_free_descriptors_serves_on(self):
        resource.prlimit(self.server.process.pid, resource.RLIMIT_NOFILE, (10, 10))
        clients = [self.server.connect() for _ in range(20)]
        self.assertEqual(clients[0].recv(1000, socket.MSG_PEEK), GREETING)
        self.assertLess(sum(len(select.select([client], [], [], 0)[0]) for client in clients), 10)
        for client in clients:  # each that leaves makes room for the next
            client.sendall(b"NOOP\r\nQUIT\r\n")
            self.assertEqual(read_all(client), GREETING + NOOP + BYE)

    def test_what_is_no_port_is_refused(self):
        for arguments in [], ["abc"], [""], ["25x"], ["65536"], ["2525", "2526"]:
            done = subprocess.run(["./smtp-server", *arguments], cwd=self.folder, env=ENVIRONMENT, capture_output=True, check=False, timeout=SECONDS)
            self.assertEqual((done.returncode, done.stdout, done.stderr), (2, b"", b"usage: smtp-server PORT\n"), arguments)

    def test_client_that_says_no_command_is_told_and_closed(self):
        late = b"421 4.4.2 No command for too long, closing (#6.03)\r\n"
        with Server(compile_example("smtp-server.c", SECONDS_MAX=1)) as server:
            silent, slow = server.connect(), server.connect()
            slow.sendall(b"NO")
            for client in (silent, slow):
                answers = read_all(client)
                self.assertEqual(answers[: len(GREETING)], GREETING)
                self.assertRegex(answers[len(GREETING) :], rb"^421 4\.4\.2 [ -~]*\(#6\.03\)\r\n$", late)
            self.assertEqual(talk(server, b"QUIT\r\n"), GREETING + BYE)


class Refusal(unittest.TestCase):
    def test_refusal_is_in_each_language(self):
        folder = compile_example("refusal.cc")
        done = subprocess.run(["bash", "-c", command("refusal.cc", 1)], cwd=folder, env=ENVIRONMENT, capture_output=True, check=True)
        lines = done.stdout.decode().split("\r\n")
        self.assertEqual(lines[0], "550 5.1.1 Postfach nobody@example.org existiert nicht (#4.28)")
        self.assertRegex(lines[1], "^550 5.1.1 メールボックス")
        self.assertEqual([line[:9] for line in lines[:-1]], ["550 5.1.1"] * 3)
        self.assertEqual(done.stderr, b"")
        for arguments in [], ["nobody@example.org"]:
            done = subprocess.run(["./refusal", *arguments], cwd=folder, env=ENVIRONMENT, capture_output=True, check=False)
            self.assertEqual((done.returncode, done.stdout, done.stderr), (2, b"", b"usage: refusal ADDRESS LANGUAGE...\n"))


class Reply(unittest.TestCase):
    def setUp(self):
        self.environment = dict(ENVIRONMENT)
        if any("address" in flag for flag in FLAGS):
            preload = subprocess.run(["cc", "-print-file-name=libasan.so"], check=True, capture_output=True, text=True).stdout.strip()
            self.environment |= {"LD_PRELOAD": preload, "ASAN_OPTIONS": "detect_leaks=0"}
        elif FLAGS:
            self.skipTest("Python has no part of this sanitizer")

    def run_python(self, *arguments):
        return subprocess.run([sys.executable, "-B", *arguments], cwd=EXAMPLES, env=self.environment, capture_output=True, check=False)

    def says(self, language, name, *values):
        done = self.run_python("reply.py", config("--variable=localedir"), language, name, *values)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        return done.stdout.decode()

    def fails(self, why, *arguments):
        done = self.run_python("reply.py", *arguments)
        self.assertEqual((done.returncode, done.stdout), (1, b""))
        self.assertIn(why, done.stderr)
        self.assertTrue(done.stderr.startswith(b"reply.py: "), done.stderr)

    def test_command_prints_a_reply(self):
        line = re.sub("^python3", f"{shlex.quote(sys.executable)} -B", command("reply.py", 0))
        done = subprocess.run(["bash", "-c", line.replace("$(pkg-config --variable=localedir ftgate)", config("--variable=localedir"))],
            cwd=EXAMPLES, env=self.environment, capture_output=True, check=True)
        self.assertEqual(done.stdout, b"550 5.1.1 Postfach nobody@example.org existiert nicht (#4.28)\r\n")

    def test_arguments_are_of_each_kind(self):
        self.assertEqual(self.says("pl", "ERR_POP_MESSAGECOUNT", "3"), "-ERR Nie ma takiej wiadomości, w skrzynce są 3 wiadomości (#5.13)\r\n")
        self.assertRegex(self.says("de", "FTG_SMTP_BLOCKED", "a@b.example", "ERR_SECPOL_RBL"), r"^450 4\.7\.1 .*<a@b\.example>.* \(#2\.03\) \(#6\.10\)\r\n$")
        self.assertEqual(self.says("xx", "ERR_SMTP_OK"), "250 2.5.0 Ok (#3.07)\r\n")
        self.assertEqual(self.says("de", "ERR_SMTP_ADDRESS_UNKNOWN", "a\r\n250 b").count("\n"), 1)

    def test_faults_are_exceptions(self):
        locale = config("--variable=localedir")
        self.fails(b"there is no reply 'ERR_NONE'; 'ftgate-msg list' prints the IDs\n", locale, "de", "ERR_NONE")
        self.fails(b"Not a directory", "/etc/passwd", "de", "ERR_SMTP_OK")
        self.fails(b"reply.py: the number of arguments of ERR_SMTP_ADDRESS_UNKNOWN is 1, not 0\n", locale, "de", "ERR_SMTP_ADDRESS_UNKNOWN")
        self.fails(b"reply.py: the number of arguments of ERR_SMTP_OK is 0, not 1\n", locale, "de", "ERR_SMTP_OK", "x")
        done = self.run_python("reply.py")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (1, b"", b"usage: reply.py LOCALEDIR LANGUAGE ID [ARGUMENT...]\n"))
        self.fails(b"invalid literal", locale, "de", "ERR_POP_MESSAGECOUNT", "three")

    def test_refused_texts_are_printed(self):
        with tempfile.TemporaryDirectory() as locale:
            folder = Path(locale) / "de/LC_MESSAGES"
            folder.mkdir(parents=True)
            (folder / "ftgate.mo").write_bytes(b"garbage")
            done = self.run_python("reply.py", locale, "de", "ERR_SMTP_OK")
            self.assertEqual(done.stdout, b"250 2.5.0 Ok (#3.07)\r\n")
            self.assertRegex(done.stderr, rb"^/.*/ftgate\.mo: file: ")

    def test_structs_have_the_layout_of_the_headers(self):
        """Sizes and offsets, by a C program that is made of the Python classes."""
        script = """if True:
            import ctypes, reply
            for kind in vars(reply).values():
                if isinstance(kind, type) and issubclass(kind, ctypes.Structure):
                    for name, *_ in kind._fields_:
                        print(f"{kind.__name__.lower()}.{name}", getattr(kind, name).offset, ctypes.sizeof(kind))
            """
        done = self.run_python("-c", script)
        members = re.findall(r"(\w+)\.(\w+) (\d+) (\d+)", done.stdout.decode())
        self.assertGreater(len(members), 30, done.stderr)
        constants = {"ARGS_MAX": "FTG_ARGS_MAX", "PROFILES": "FTG_PROFILES", "VARS": "FTG_VARS", "REPLY_MAX": "FTG_REPLY_MAX", "ARG_NONE": "FTG_ARG_NONE",
            "ARG_REASON": "FTG_ARG_REASON", "ARG_COUNT": "FTG_ARG_COUNT", "ASCII": "FTG_ASCII", "UTF8": "FTG_UTF8"}
        done = self.run_python("-c", f"import reply; print(*(getattr(reply, name) for name in {list(constants)}))")
        asserts = [f"offsetof(struct ftg_{name}, {member}) == {offset} && sizeof(struct ftg_{name}) == {size}" for name, member, offset, size in members]
        asserts += [f"{name} == {value}" for name, value in zip(constants.values(), done.stdout.decode().split(), strict=True)]
        source = "#include <ftgate/catalog.h>\n" + "".join(f'_Static_assert({what}, "");\n' for what in asserts)
        done = subprocess.run(["cc", "-std=c11", "-x", "c", *shlex.split(config("--cflags")), "-fsyntax-only", "-"], input=source, capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))


class Readme(unittest.TestCase):
    def test_commands_are_those_of_the_programs(self):
        text = (EXAMPLES / "README.md").read_text(encoding="ascii")
        found = [line for line in re.findall(r"(?m)^    (.*)$", text) if re.match(r"(cc|c\+\+|\./\S+|python3) ", line)]
        self.assertEqual(found, [command("smtp-server.c", 0), command("smtp-server.c", 1), command("refusal.cc", 0), command("refusal.cc", 1), command("reply.py", 0)])

    def test_conversation_is_what_the_server_says(self):
        text = (EXAMPLES / "README.md").read_text(encoding="ascii")
        said, answers = ("".join(f"{line}\r\n" for line in re.findall(rf"(?m)^    {who}: (.*)$", text)).encode() for who in "CS")
        with Server(compile_example("smtp-server.c")) as server:
            bye = talk(server, b"XLANG pl\r\nQUIT\r\n").splitlines(True)[-1]
            self.assertEqual(talk(server, said + b"QUIT\r\n"), GREETING + answers + bye)


class Manual(unittest.TestCase):
    def setUp(self):
        page = (Path(PREFIX) / "share/man/man3/ftgate.3").read_text(encoding="ascii")
        blocks = [block.replace("\\e", "\\") for block in re.findall(r"(?ms)^\.Bd -literal.*?\n(.*?)^\.Ed$", page)]
        self.program, self.compile, self.reload, self.gettext = blocks
        self.folder = Path(tempfile.mkdtemp(dir=WORK.name))

    def run_in_folder(self, line, **environment):
        done = subprocess.run(["bash", "-c", line], cwd=self.folder, env={**ENVIRONMENT, **environment}, capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""), line)
        return done.stdout

    def test_first_program_does_what_the_page_says(self):
        (self.folder / "refuse.c").write_text(self.program, encoding="ascii")
        self.run_in_folder(self.compile.replace("cc ", f"cc {shlex.join([*FLAGS, *STRICT])} ", 1))
        environment = {"LC_ALL": "", "LC_MESSAGES": "", "LANGUAGE": "", "LANG": "de_DE"}
        self.assertEqual(self.run_in_folder("./refuse", **environment), "550 5.1.1 Postfach nobody@example.org existiert nicht (#4.28)\n")

    def compile_with_main(self, block, main):
        """Compiles a block of the page with a main function behind it."""
        (self.folder / "program.c").write_text(f"{block}\n#include <stdio.h>\n{main}", encoding="ascii")
        flags = shlex.join([*FLAGS, *STRICT, *shlex.split(config("--cflags", "--libs"))])
        self.run_in_folder(f"cc -D_GNU_SOURCE -o program program.c {flags} -pthread")

    def test_reload_changes_the_language_and_keeps_it_if_it_fails(self):
        self.compile_with_main(self.reload, """
int
main(int argc, char **argv)
{
	char octets[FTG_REPLY_MAX];
	struct ftg_reply reply = ftg_reply(ERR_SMTP_RCPTOK);
	for (int i = 0; i < argc; i++) {
		if (i > 0)
			printf("%d ", reload(&(struct ftg_sources) { .locale = argv[i] }));
		printf("%.*s", (int)say(octets, "de", &reply), octets);
	}
	return reload(&(struct ftg_sources) { .locale = NULL });
}
""")
        locale = config("--variable=localedir")
        self.assertEqual(self.run_in_folder(f"./program {shlex.quote(locale)} /etc/passwd /nonexistent"), "250 2.5.0 Recipient OK (#3.04)\n"
            "0 250 2.5.0 Empfaenger angenommen (#3.04)\n-1 250 2.5.0 Empfaenger angenommen (#3.04)\n0 250 2.5.0 Recipient OK (#3.04)\n")

    def test_texts_of_gettext_are_spoken(self):
        self.compile_with_main(self.gettext, """
int
main(int argc, char **argv)
{
	char octets[FTG_REPLY_MAX];
	ftg_catalog *catalog = open_callers("ftgate", argv[argc - 1]);
	struct ftg_voice voice = { .catalog = catalog, .language = FTG_CALLERS };
	struct ftg_reply reply = ftg_reply(ERR_SMTP_RCPTOK);
	printf("%.*s", (int)ftg_render(octets, &voice, &reply), octets);
	ftg_catalog_free(catalog);
	return 0;
}
""")
        locale = shlex.quote(config("--variable=localedir"))
        self.run_in_folder("localedef --no-archive -i de_DE -f UTF-8 ./de_DE.UTF-8")
        said = self.run_in_folder(f"./program {locale}", LC_ALL="de_DE.UTF-8", LANGUAGE="", LOCPATH=".")
        self.assertEqual(said, "250 2.5.0 Empfaenger angenommen (#3.04)\n")


class Headers(unittest.TestCase):
    def test_each_header_alone_compiles_without_warning_in_each_standard(self):
        headers = sorted(path.name for path in (Path(PREFIX) / "include/ftgate").glob("*.h"))
        self.assertEqual(headers, ["catalog.h", "reply.h", "version.h"])
        for header in headers:
            for language, standards in (("c", ("c11", "c17", "gnu2x")), ("c++", ("c++17", "c++20"))):
                for standard in standards:
                    done = subprocess.run(["cc", "-x", language, f"-std={standard}", *STRICT, *shlex.split(config("--cflags")), "-fsyntax-only", "-"],
                        input=f"#include <ftgate/{header}>\n#include <ftgate/{header}>\nextern int something;\n", capture_output=True, text=True, check=False)
                    self.assertEqual((done.returncode, done.stderr), (0, ""), (header, standard))


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_NOFILE, (512, 512))
    sys.argv[1:] = []
    unittest.main()
