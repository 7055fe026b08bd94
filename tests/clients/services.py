"""Programs that the server asks before it takes mail: started for a test on loopback, and ended by their process ids."""

import atexit
import grp
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import urllib.request

from server import SECONDS, environment

PAUSE = 0.3  # seconds after which a peer that failed once is asked again: PEER_PAUSE_FIRST, and some more
SYSTEM_PYTHON = "/usr/bin/python3"  # Debian's, which has the modules of Debian's packages


def free_port(kind=socket.SOCK_STREAM):
    """A port of 127.0.0.1 that nobody has at the moment."""
    with socket.socket(socket.AF_INET, kind) as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def held_port():
    """A port of 127.0.0.1 that nobody else gets before this process ends. Programs that reuse addresses can listen there."""
    holder = socket.socket()
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holder.bind(("127.0.0.1", 0))
    atexit.register(holder.close)
    return holder.getsockname()[1]


class Program:
    """A program with a folder of its own. To be used in a with statement; is_ready() tells when it can be asked."""

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="ftgate-service-")
        self.log_path = os.path.join(self.folder, "log")
        self.process = None
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def path(self, name, content=None):
        """A file in its folder, written if there is a content."""
        path = os.path.join(self.folder, name)
        if content is not None:
            with open(path, "w", encoding="utf-8") as file:
                file.write(content)
        return path

    def start(self):
        """Once more where it ends at once: somebody else may have taken its port meanwhile."""
        for _ in range(5):
            with open(self.log_path, "wb") as log:
                self.process = subprocess.Popen(self.command(), cwd=self.folder, env=environment(), stdin=subprocess.DEVNULL,
                                                stdout=log, stderr=log, start_new_session=True)
            if self.becomes_ready():
                return
        raise AssertionError(f"{self.process.args[0]} did not start:\n{self.log()}")

    def becomes_ready(self):
        until = time.monotonic() + 4 * SECONDS
        while time.monotonic() < until and self.process.poll() is None:
            if self.is_ready():
                return True
            time.sleep(0.02)
        self.stop()
        return False

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="backslashreplace") as log:
            return log.read()

    def stop(self):
        """Ends it at once, with whatever it has started."""
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def answers(address):
    """Does anybody listen there?"""
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    with socket.socket(family) as probe:
        return probe.connect_ex(address) == 0


class Dnsmasq(Program):
    """dnsmasq with these records, options of its own: txt-record=..., host-record=... Knows all of .example and .test."""

    def __init__(self, *records):
        self.records = records

    def command(self):
        self.port = free_port(socket.SOCK_DGRAM)
        return ["dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", f"--port={self.port}", "--listen-address=127.0.0.1",
                "--bind-interfaces", "--no-resolv", "--no-hosts", "--pid-file=", "--log-facility=-", "--local=/example/",
                "--local=/test/", "--user=", *("--" + record for record in self.records)]

    def is_ready(self):
        return "started" in self.log()


class SignedZone:
    """A zone that is signed by DNSSEC, in a folder. text: its records, in the form of RFC 1035, without SOA and NS."""

    def __init__(self, folder, name, text, signed=True):
        self.name, self.file = name, os.path.join(folder, name)
        self.key = None
        with open(self.file, "w", encoding="ascii") as zone:
            zone.write(f"$ORIGIN {name}.\n$TTL 60\n@ SOA ns.{name}. root.{name}. 1 3600 600 86400 60\n@ NS ns\n"
                       f"ns A 127.0.0.1\n{text}\n")
        if signed:
            run = {"check": True, "cwd": folder, "timeout": SECONDS, "stdout": subprocess.PIPE}
            key = subprocess.run(["ldns-keygen", "-a", "ECDSAP256SHA256", "-k", name], **run).stdout.decode().strip()
            subprocess.run(["ldns-signzone", self.file, key], **run)
            self.key = os.path.join(folder, key + ".key")
            self.file += ".signed"

    def tamper(self, old, new):
        """Changes a record behind its signature."""
        with open(self.file, encoding="ascii") as zone:
            text = zone.read()
        assert old in text, text
        with open(self.file, "w", encoding="ascii") as zone:
            zone.write(text.replace(old, new))


class Nsd(Program):
    """The authoritative name server of zones, which zones(folder) makes."""

    def __init__(self, zones):
        self.make = zones

    def command(self):
        self.zones = self.make(self.folder)
        self.port = free_port()
        lines = [f"server:\n ip-address: 127.0.0.1@{self.port}\n username: \"\"\n chroot: \"\"\n zonesdir: {self.folder}\n"
                 f" pidfile: \"\"\n database: \"\"\n zonelistfile: {self.folder}/list\n xfrdfile: {self.folder}/xfrd\n"
                 f" xfrdir: {self.folder}\n do-ip6: no\nremote-control:\n control-enable: no\n"]
        lines += [f"zone:\n name: {zone.name}\n zonefile: {zone.file}\n" for zone in self.zones]
        return ["nsd", "-d", "-c", self.path("nsd.conf", "".join(lines))]

    def is_ready(self):
        return "nsd started" in self.log()


class Unbound(Program):
    """A resolver that validates the zones of an Nsd, and asks nobody else."""

    def __init__(self, nsd):
        self.nsd = nsd

    def command(self):
        self.port = free_port()
        lines = [f"server:\n interface: 127.0.0.1@{self.port}\n do-daemonize: no\n chroot: \"\"\n username: \"\"\n"
                 f" directory: {self.folder}\n pidfile: \"\"\n use-syslog: no\n logfile: \"\"\n do-ip6: no\n"
                 " do-not-query-localhost: no\n module-config: \"validator iterator\"\n log-time-ascii: no\n"]
        lines += [f" trust-anchor-file: {zone.key}\n" for zone in self.nsd.zones if zone.key]
        lines += [f"stub-zone:\n name: {zone.name}\n stub-addr: 127.0.0.1@{self.nsd.port}\n" for zone in self.nsd.zones]
        lines.append("remote-control:\n control-enable: no\n")
        return ["unbound", "-d", "-c", self.path("unbound.conf", "".join(lines))]

    def is_ready(self):
        return "start of service" in self.log()


class MtaSts(Program):
    """Debian's postfix-mta-sts-resolver, in a network where 127.0.0.1:53 answers, with an authority that it trusts."""

    def __init__(self, authority):
        self.authority = authority

    def command(self):
        self.port = free_port()
        resolv = self.path("resolv.conf", "nameserver 127.0.0.1\n")
        config = self.path("config.yml", f"host: 127.0.0.1\nport: {self.port}\nreuse_port: true\ncache:\n  type: internal\n"
                           "default_zone:\n  strict_testing: false\n  timeout: 4\nproactive_policy_fetching:\n  enabled: false\n")
        return ["unshare", "-m", "sh", "-c", f'mount --bind {resolv} /etc/resolv.conf && SSL_CERT_FILE={self.authority} exec '
                f"{SYSTEM_PYTHON} /usr/bin/mta-sts-daemon -c {config}"]

    def is_ready(self):
        return answers(("127.0.0.1", self.port))


class Postgrey(Program):
    """Greylisting for so many seconds."""

    def __init__(self, delay=1):
        self.delay = delay

    def command(self):
        self.address = self.path("socket")
        nobody = self.path("nobody", "")
        return ["postgrey", "--unix=" + self.address, f"--delay={self.delay}", "--dbdir=" + self.folder,
                "--user=" + pwd.getpwuid(os.getuid()).pw_name, "--group=" + grp.getgrgid(os.getgid()).gr_name, "--whitelist-clients=" + nobody,
                "--whitelist-recipients=" + nobody, "--hostname=mx.example.test"]

    def is_ready(self):
        return answers(self.address)


# Has pyspf ask the name server on loopback whose port is the first word. Without dnspython, which may be there, it uses pydns.
SPF_NAMES = """
import sys
sys.modules["dns"] = None
import spf
import DNS
DNS.defaults.update(server=["127.0.0.1"], port=int(sys.argv.pop(1)))
"""

POLICYD_SPF = SPF_NAMES + """
from spf_engine.policyd_spf import main
main()
"""


class PolicydSpf:
    """postfix-policyd-spf-python, one process a connection as Postfix has it, its questions to a name server of the test."""

    def __init__(self, name_server, settings=""):
        self.name_server, self.settings = name_server, settings

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="ftgate-spf-")
        self.config = os.path.join(self.folder, "policyd-spf.conf")
        with open(self.config, "w", encoding="ascii") as config:
            config.write("debugLevel = 0\nTestOnly = 1\nHELO_reject = Fail\nMail_From_reject = Fail\n" + self.settings)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.address = f"127.0.0.1:{self.port}"
        self.processes = []
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()
        return self

    def serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection:
                self.processes.append(subprocess.Popen(
                    [SYSTEM_PYTHON, "-c", POLICYD_SPF, str(self.name_server.port), self.config],
                    stdin=connection, stdout=connection, env=environment()))

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join()
        for process in self.processes:
            process.kill()
            process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


class FakeService:
    """A server that has speak(connection, number) for each connection, numbered from 1, in a thread of its own."""

    def __init__(self, speak):
        self.speak = speak

    def __enter__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.address = f"127.0.0.1:{self.port}"
        self.number = 0
        self.open = []
        self.threads = [threading.Thread(target=self.serve)]
        self.threads[0].start()
        return self

    def serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.number += 1
            self.open.append(connection)
            self.threads.append(threading.Thread(target=self.talk, args=(connection, self.number)))
            self.threads[-1].start()

    def talk(self, connection, number):
        with connection:
            try:
                self.speak(connection, number)
            except OSError:
                pass  # the other side has gone, or the test is over

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.threads[0].join()  # else it could add a connection to those that are shut down now
        for connection in self.open:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        for thread in self.threads:
            thread.join()


def read_request(connection):
    """Reads a request of HTTP with its body."""
    octets = b""
    while b"\r\n\r\n" not in octets:
        octets += connection.recv(65536) or b"\r\n\r\n"
    head, _, body = octets.partition(b"\r\n\r\n")
    length = next((int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
    while len(body) < length:
        more = connection.recv(65536)
        if not more:
            return
        body += more


def http(answer, status=b"200 OK"):
    """Answers a request on each connection."""
    def speak(connection, _):
        read_request(connection)
        connection.sendall(b"HTTP/1.1 %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (status, len(answer), answer))
    return speak


class Clamd(Program):
    """ClamAV's daemon, which knows one virus: Test.Signature, a text of ours."""

    VIRUS = b"this text is what the tests take for a virus"

    def __init__(self, *settings):
        self.settings = settings

    def command(self):
        self.address = self.path("clamd.sock")
        os.makedirs(self.path("database"), exist_ok=True)
        self.path("database/test.ndb", f"Test.Signature:0:*:{self.VIRUS.hex()}\n")
        config = self.path("clamd.conf", "\n".join((
            f"LocalSocket {self.address}", f"DatabaseDirectory {self.path('database')}", "Foreground yes",
            f"LogFile {self.path('clamd.log')}", "ConcurrentDatabaseReload no", *self.settings)) + "\n")
        return ["clamd", "--config-file=" + config]

    def is_ready(self):
        return answers(self.address)


class Rspamd(Program):
    """rspamd with its rules, and SPF by a name server of the test; it needs no network."""

    GTUBE = b"XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"  # what every spam filter refuses
    CONFIG = """
lua = "$RULESDIR/rspamd.lua"
options {{
    pidfile = "{folder}/pid";
    tempdir = "{folder}";
    cache_file = "{folder}/symbols.cache";
    hs_cache_dir = "{folder}";
    control_socket = "{folder}/control mode=0600";
    url_tld = "{tld}";
    filters = "{filters}";
    local_addrs = [];
    dns {{ nameserver = "127.0.0.1:{name_port}:1"; timeout = 1s; retransmits = 1; }}
}}
logging {{ type = "console"; level = "info"; }}
worker "normal" {{ bind_socket = "127.0.0.1:{port}"; count = 1; }}
actions {{ reject = 15; add_header = 6; }}
spf {{ }}
modules {{ path = "$PLUGINSDIR/spf.lua"; }}
{more}
"""

    def __init__(self, name_server, more="", filters=""):
        """more: further configuration; filters: the modules in C that it needs."""
        self.name_server, self.more, self.filters = name_server, more, filters

    def command(self):
        port = free_port()
        self.address = f"127.0.0.1:{port}"
        config = self.path("rspamd.conf", self.CONFIG.format(
            folder=self.folder, tld=self.path("tld", "com\norg\nexample\ntest\n"), port=port,
            name_port=self.name_server.port, more=self.more, filters=self.filters))
        return ["rspamd", "--no-fork", "--insecure", "--config=" + config,
                *(f"--var={name}={self.folder}" for name in ("DBDIR", "RUNDIR", "LOGDIR"))]

    def is_ready(self):
        """It listens before it answers."""
        try:
            with urllib.request.urlopen(f"http://{self.address}/ping", timeout=SECONDS) as ping:
                return ping.read().startswith(b"pong")
        except OSError:
            return False
