"""Starts ftgate-smtpd for a test in a folder of its own, talks to it, and ends it by its own process id."""

import atexit
import concurrent.futures
import functools
import itertools
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest

import raised

BUILD = os.path.realpath(os.environ.get("FTGATE_BUILD", os.path.join(os.path.dirname(__file__), "../../build/dev")))
SOURCE = os.path.realpath(os.path.join(os.path.dirname(__file__), "../.."))
SANITIZED = os.path.basename(BUILD) in ("asan", "tsan")
SECONDS = 30  # longest wait for anything; a sanitizer's build on a busy machine is slow

DOMAIN = "example.test"
ACCOUNT = "erika@" + DOMAIN
STRANGER = "nobody@" + DOMAIN
LIMITS = "limits:\n  max-unknown-recipients: 0\n  max-relay-attempts: 0\n  max-errors: 1000000\n"  # tests are refused a lot
SENDER = "sender@example.org"


def program(name):
    return os.path.join(BUILD, name)


def environment(**language):
    """The environment of the test with no language but the one that is given, and no locale that the host may have."""
    kept = {k: v for k, v in os.environ.items() if k not in ("LANG", "LANGUAGE") and not k.startswith("LC_")}
    if os.geteuid() != 0:  # else tests could not look into /proc of the servers
        kept["FTGATE_CORE_DUMPS"] = "yes"
    return {**kept, "LOCPATH": "/nonexistent", **language}


# For servers whose memory is measured: the address sanitizer keeps none of what they free.
NO_QUARANTINE = {"ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=0:thread_local_quarantine_size_kb=0"}


def some(items, number):
    """All items; under a sanitizer, one of each group of items that are alike to it."""
    return list(items)[::number if SANITIZED else 1]


def render(language, reply_id, *arguments, overlay=None, profile=None):
    """The bytes of a reply, as ftgate-msg renders them; language None is the published English."""
    # The operator's texts can change between two calls.
    return (render_now if overlay else render_once)(language, reply_id, *arguments, overlay=overlay, profile=profile)


def render_now(language, reply_id, *arguments, overlay, profile):
    command = [program("ftgate-msg"), "render"]
    if language:
        command += ["--lang", language]
    if profile:
        command += ["--profile", profile]
    if overlay:
        command += ["--overlay", overlay]
    command += [reply_id, *arguments]
    return subprocess.run(command, env=environment(), stdout=subprocess.PIPE, check=True, timeout=SECONDS).stdout


render_once = functools.cache(render_now)


def has_terminals():
    """Can a pseudo-terminal be made here?"""
    try:
        for descriptor in os.openpty():
            os.close(descriptor)
        return True
    except OSError:
        return False


def host(control):
    """Makes the records of a server, by ftgatectl."""
    control("domain", "add", DOMAIN)
    control("account", "add", ACCOUNT, "--password-stdin", input=b"correct horse\n")


@functools.cache
def hosted(ctl):
    """A data folder of which servers get copies: one for all of a suite that have the same ftgatectl."""
    folder = tempfile.TemporaryDirectory(prefix="ftgate-test-")
    atexit.register(folder.cleanup)
    host(lambda *arguments, **options: subprocess.run([ctl, "--data", folder.name, *arguments], check=True, timeout=SECONDS,
                                                      env=environment(), stdout=subprocess.DEVNULL, **options))
    return folder.name


class Server:
    """A running ftgate-smtpd with one hosted domain and one account. To be used in a with statement."""

    prepare = None  # runs in the server's process before the server does
    logs = True  # its events on standard error, unless the configuration has another place

    def __init__(self, *arguments, smtpd=None, ctl=None, config=LIMITS, beside=None, **language):
        self.arguments = arguments
        self.beside = beside  # another server, whose data folder it has
        self.settings = config
        if "listeners:" not in config:
            self.arguments = ["--listen", "127.0.0.1:0", *arguments]
        self.smtpd = smtpd or program("ftgate-smtpd")
        self.ctl = ctl or program("ftgatectl")
        self.environment = environment(**language)

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="ftgate-test-")
        self.data = self.beside.data if self.beside else os.path.join(self.folder, "data")
        self.log_path = os.path.join(self.folder, "log")
        self.process = None
        try:
            self.config = os.path.join(self.folder, "ftgate.conf")
            with open(self.config, "w", encoding="utf-8") as config:
                config.write(self.settings)
            if not self.beside:
                os.mkdir(self.data, 0o700)
                self.fill()
            self.start()
            self.raised = raised.Raised(self, SOURCE)
            raised.servers.append(self)
        except BaseException:
            self.kill()
            shutil.rmtree(self.folder, ignore_errors=True)
            raise
        return self

    def fill(self):
        """Makes what is hosted before the server starts."""
        if type(self).control is Server.control:
            shutil.copytree(hosted(self.ctl), self.data, dirs_exist_ok=True)
        else:
            host(self.control)

    def control(self, *arguments, **options):
        subprocess.run([self.ctl, "--data", self.data, *arguments], check=True, timeout=SECONDS,
                       env=self.environment, stdout=subprocess.DEVNULL, **options)

    def memory(self):
        """Octets that its workers have for themselves."""
        with open(f"/proc/{self.pid}/task/{self.pid}/children", encoding="ascii") as children:
            total = 0
            for worker in children.read().split():
                with open(f"/proc/{worker}/smaps_rollup", encoding="ascii") as file:
                    total += sum(int(kib) for kib in re.findall(r"(?m)^Private_\w+: +(\d+) kB", file.read())) * 1024
        return total

    def set_language(self, domain, language):
        """Sets the language of a domain, which need not have a catalogue, as after a catalogue was removed."""
        database = sqlite3.connect(os.path.join(self.data, "ftgate.db"))
        with database:
            database.execute("UPDATE domains SET language = ? WHERE name = ?", (language, domain))
        database.close()

    def start(self):
        with open(self.log_path, "ab") as log:
            logged = len(self.log())
            self.process = subprocess.Popen(
                [self.smtpd, "-c", self.config, "--data", self.data, *self.arguments],
                env=self.environment, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, preexec_fn=self.prepare)
        found = self.wait_for_log(r"listening on 127\.0\.0\.1:(\d+)", logged)
        self.port = int(found.group(1))
        if self.logs and not re.search("(?m)^log: ", self.settings):
            self.wait_for_log("event=worker-started ", logged, self.workers())

    def workers(self):
        """How many the server has: by its options, its configuration, or one a core."""
        if "--workers" in self.arguments:
            return int(self.arguments[list(self.arguments).index("--workers") + 1])
        setting = re.search(r"(?m)^workers: (\d+)$", self.settings)
        return int(setting.group(1)) if setting else min(len(os.sched_getaffinity(0)), 64)  # WORKERS_MAX

    def ports(self):
        """Those of all listeners, in the order of the configuration."""
        return [int(port) for port in re.findall(r"listening on 127\.0\.0\.1:(\d+)", self.log())]

    @property
    def pid(self):
        return self.process.pid

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="backslashreplace") as log:
            return log.read()

    def wait_for_log(self, pattern, start=0, times=1):
        """Waits until the log, from an offset on, holds a pattern so many times. Returns the match that was waited for."""
        until = time.monotonic() + SECONDS
        while True:
            found = list(itertools.islice(re.finditer(pattern, self.log()[start:]), times))
            if len(found) == times:
                return found[-1]
            if self.process.poll() is not None:
                raise AssertionError(f"the server ended with {self.process.returncode}:\n{self.log()}")
            if time.monotonic() > until:
                raise AssertionError(f"the log never said {pattern}:\n{self.log()}")
            time.sleep(0.01)

    def counted(self, words, number):
        """Waits until the log, which several processes write, holds some words so often. Returns how often it does."""
        self.wait_for_log(re.escape(words), times=number)
        return self.log().count(words)

    def reload(self):
        """Sends SIGHUP and waits until every worker has told what came of it. Returns what the log said meanwhile."""
        start = len(self.log())
        os.kill(self.pid, signal.SIGHUP)
        self.wait_for_log(r"event=reload", start)
        return self.log()[start:]

    def overlay(self, language):
        """The path of the operator's own catalogue of a language; its folder is made."""
        folder = os.path.join(self.data, "locale", language, "LC_MESSAGES")
        os.makedirs(folder, exist_ok=True)
        return os.path.join(folder, "ftgate-local.mo")

    def messages(self):
        """The delivered messages, as bytes."""
        found = []
        for folder, _, files in os.walk(self.data):
            if os.path.basename(folder) == "new":
                for name in sorted(files):
                    with open(os.path.join(folder, name), "rb") as message:
                        found.append(message.read())
        return found

    def kill(self):
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)  # its own session, made by start()
            self.process.wait()

    def __exit__(self, kind, *_):
        try:
            raised.note(TestCase.current)
            self.process.terminate()
            try:
                status = self.process.wait(SECONDS)
            except subprocess.TimeoutExpired:
                status = "no end after SIGTERM"
            raised.note(TestCase.current)  # what has been logged in the end, too
            if kind is None and (status != 0 or re.search(r"Sanitizer|runtime error:", self.log())):
                raise AssertionError(f"the server ended with {status}:\n{self.log()}")
        finally:
            raised.servers.remove(self)
            self.kill()
            shutil.rmtree(self.folder, ignore_errors=True)


class Talk:
    """A connection on which commands are sent and replies read whole. To be used in a with statement."""

    def __init__(self, server, address="127.0.0.1", first=b"", port=None):
        self.socket = socket.create_connection(("127.0.0.1", port or server.port), SECONDS, (address, 0))
        self.socket.sendall(first)
        self.input = self.socket.makefile("rb")

    def __enter__(self):
        self.greeting = self.reply()
        return self

    def __exit__(self, *_):
        self.input.close()
        self.socket.close()

    def reply(self):
        """One reply, all its lines, as bytes."""
        lines = b""
        while True:
            line = self.input.readline(4096)
            lines += line
            if not line or line[3:4] != b"-":
                return lines

    def say(self, command):
        self.socket.sendall(command + b"\r\n")
        return self.reply()

    def mail(self):
        """Goes up to where a recipient may be named."""
        self.say(b"EHLO client.example.org")
        return self.say(b"MAIL FROM:<%s>" % SENDER.encode())

    def refused(self):
        """The reply to a recipient that does not exist."""
        return self.say(b"RCPT TO:<%s>" % STRANGER.encode())


class Recorded(unittest.TestResult):
    """The outcome of a test, for another result."""

    def __init__(self):
        super().__init__()
        self.calls = []

    def addSuccess(self, *arguments):
        self.calls.append(("addSuccess", arguments))

    def addFailure(self, *arguments):
        self.calls.append(("addFailure", arguments))

    def addError(self, *arguments):
        self.calls.append(("addError", arguments))

    def addSkip(self, *arguments):
        self.calls.append(("addSkip", arguments))

    def addSubTest(self, *arguments):
        self.calls.append(("addSubTest", arguments))


class TestCase(unittest.TestCase):
    """Shows octets whole where they differ."""

    maxDiff = None
    current = None  # the name of the test that runs
    at_once = 0  # how many tests run beside each other, in threads: those that wait, and harm no other
    _neighbours, _outcomes = (), None  # the tests that run beside each other, and the outcome of each

    def _run_alone(self, result):
        name = TestCase.current = f"{type(self).__name__}.{self._testMethodName}"
        try:
            return super().run(result)
        finally:
            raised.note(name)

    def _record(self):
        recorded = Recorded()
        self._run_alone(recorded)
        return recorded

    def run(self, result=None):
        if self._outcomes is None:
            return self._run_alone(result)
        if not self._outcomes:
            pool = concurrent.futures.ThreadPoolExecutor(self.at_once)
            self._outcomes.update((test, pool.submit(test._record)) for test in self._neighbours)
            pool.shutdown(wait=False)
        result.startTest(self)
        for name, arguments in self._outcomes[self].result().calls:
            getattr(result, name)(*arguments)
        result.stopTest(self)
        return result

    def assertWire(self, octets):
        """Nothing but printable ASCII in lines of at most 512 octets, each with its CRLF."""
        self.assertRegex(octets, rb"\A(?:[ -~]{0,510}\r\n)+\Z")


class Suite(unittest.TestSuite):
    """Lets tests run beside each other, of the classes that have at_once from the same class. The first setUpClass is for all."""

    def tests(self):
        for part in self:
            yield from part.tests() if isinstance(part, Suite) else [part]

    def run(self, result, debug=False):
        groups = {}
        for test in self.tests():
            if getattr(test, "at_once", 0) and test._outcomes is None:
                owner = next(kind for kind in type(test).__mro__ if "at_once" in vars(kind))
                test._neighbours, test._outcomes = groups.setdefault(owner, ([], {}))
                test._neighbours.append(test)
        return super().run(result, debug)


class Result(unittest.TextTestResult):
    """Counts the tests that were run to their end."""

    succeeded = 0

    def addSuccess(self, test):
        super().addSuccess(test)
        self.succeeded += 1


def main():
    """Runs the tests of a program, under the reaper. Exits with 77 if all of them were skipped."""
    reaper = program("tests/reaper")
    if "FTGATE_REAPER" not in os.environ:
        os.execv(reaper, [reaper, sys.executable, *sys.orig_argv[1:]])
    try:
        runner = unittest.TextTestRunner(verbosity=2, resultclass=Result)
        loader = unittest.TestLoader()
        loader.suiteClass = Suite
        result = unittest.main(testRunner=runner, testLoader=loader, exit=False).result
    finally:
        raised.write(BUILD)
    skipped = result.skipped and not result.succeeded
    sys.exit(1 if not result.wasSuccessful() else 77 if skipped else 0)
