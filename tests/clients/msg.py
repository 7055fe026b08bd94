"""What the tests of ftgate-msg share: running it, and making catalogues for it."""

import os
import subprocess
import tempfile
import unittest

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ROOT = os.path.dirname(TESTS)
BUILD = os.environ["FTGATE_BUILD"]
PROGRAM = os.path.join(BUILD, "ftgate-msg")

HEADER = r"""msgid ""
msgstr ""
"Project-Id-Version: test\n"
"PO-Revision-Date: 2026-01-01 00:00+0000\n"
"Last-Translator: Test <test@example.org>\n"
"Language-Team: German\n"
"Language: de\n"
"MIME-Version: 1.0\n"
"Content-Type: text/plain; charset=UTF-8\n"
"Content-Transfer-Encoding: 8bit\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\n"
"""


def run(*arguments, stdin=b"", **environment):
    """Runs ftgate-msg in an English environment; returns what subprocess.run() does, in octets."""
    env = {name: os.environ.get(name, "") for name in ("PATH", "ASAN_OPTIONS", "LSAN_OPTIONS")}
    env["LC_ALL"] = "C"
    if environment:
        del env["LC_ALL"]
    env.update(environment)
    return subprocess.run([PROGRAM, *arguments], input=stdin, capture_output=True, env=env, timeout=120)


def out(*arguments, **options):
    """Standard output of a run that must go well, in characters."""
    done = run(*arguments, **options)
    assert done.returncode == 0, (arguments, done)
    return done.stdout.decode()


def rows():
    """The published table, a dictionary a row."""
    with open(os.path.join(TESTS, "support/messages.tsv"), encoding="utf-8") as file:
        names, *lines = [line.rstrip("\n").split("\t") for line in file]
    return [dict(zip(names, line)) for line in lines]


class Folder(unittest.TestCase):
    """A test with a folder of its own."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def write(self, name, content):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(content if isinstance(content, bytes) else content.encode())
        return path

    def compile(self, name, content):
        """Writes a .po of this content, and compiles it without any check into the locale folder of the test."""
        po = self.write("compiled.po", content)
        mo = self.write(name, b"")
        subprocess.run(["msgfmt", "-o", mo, po], check=True, capture_output=True)
        return self.folder
