"""Debian's Postfix with the settings of its package, in a folder of its own, on a port of 127.0.0.1."""

import os
import pwd
import re
import shutil
import signal
import socket
import subprocess

from server import SECONDS, environment
from services import Program, held_port

PROGRAMS = "/usr/lib/postfix/sbin"
PACKAGE = "/usr/share/postfix"  # main.cf.debian and master.cf.dist
HOST = "mx.postfix.test"
MISSING = None
if not os.path.exists(os.path.join(PROGRAMS, "master")):
    MISSING = "there is no Postfix"
elif os.geteuid() != 0:
    MISSING = "Postfix starts as root alone"


def make_queue(folder):
    """The folders that the package makes: folder/data and folder/queue."""
    os.mkdir(folder + "/data", 0o700)
    shutil.chown(folder + "/data", "postfix")
    os.makedirs(folder + "/queue/pid")
    for name in "active bounce corrupt defer deferred flush hold incoming private saved trace".split():
        os.mkdir(f"{folder}/queue/{name}", 0o700)
        shutil.chown(f"{folder}/queue/{name}", "postfix")
    for name, mode in ("maildrop", 0o730), ("public", 0o710):
        os.mkdir(f"{folder}/queue/{name}")
        shutil.chown(f"{folder}/queue/{name}", "postfix", "postdrop")
        os.chmod(f"{folder}/queue/{name}", mode)


class Postfix(Program):
    """
    A server with the master.cf of the package, so that smtpd is chrooted; only its port differs. It asks no name server and
    delivers to mailboxes in its folder. settings are lines of main.cf, beside those of the package; screened has postscreen
    in front of smtpd, as master.cf suggests it.
    """

    def __init__(self, screened=False, **settings):
        self.settings, self.screened = settings, screened

    def path(self, name, content=None):
        """Postfix waits until a file that it reads was last changed more than a second ago: this one was."""
        path = super().path(name, content)
        if content is not None:
            os.utime(path, (1, 1))
        return path

    def command(self):
        """Its configuration, with a port of its own."""
        os.chmod(self.folder, 0o755)
        self.port = held_port()
        if not os.path.exists(self.folder + "/queue"):
            make_queue(self.folder)
            os.mkdir(self.folder + "/mail", 0o700)
            shutil.chown(self.folder + "/mail", "postfix")
            self.path("main.cf", self.main())
            shutil.copy("/etc/postfix/dynamicmaps.cf", self.folder)
        self.path("master.cf", self.master())
        return [PROGRAMS + "/master", "-c", self.folder, "-d"]

    def main(self):
        with open(PACKAGE + "/main.cf.debian", encoding="utf-8") as file:
            package = file.read()
        user = pwd.getpwnam("postfix")
        own = {
            "queue_directory": self.folder + "/queue", "data_directory": self.folder + "/data",
            "meta_directory": self.folder, "maillog_file": self.folder + "/maillog", "maillog_file_prefixes": self.folder,
            "myhostname": HOST, "mydestination": "", "alias_maps": "", "inet_protocols": "ipv4",
            "smtpd_peername_lookup": "no", "disable_dns_lookups": "yes", "notify_classes": "",
            "virtual_mailbox_domains": "postfix.test", "virtual_mailbox_base": self.folder + "/mail",
            "virtual_mailbox_maps": "inline:{ erika@postfix.test=erika/ }",
            "virtual_uid_maps": f"static:{user.pw_uid}", "virtual_gid_maps": f"static:{user.pw_gid}", **self.settings}
        return package + "".join(f"{name} = {value}\n" for name, value in own.items())

    def master(self):
        with open(PACKAGE + "/master.cf.dist", encoding="utf-8") as file:
            text = file.read()
        smtpd = r"(?m)^smtp( +inet .* smtpd)$"
        if self.screened:
            text = re.sub(smtpd, r"#smtp\1", text)
            text = re.sub(r"(?m)^#(smtp +inet .* postscreen|smtpd +pass |dnsblog +unix |tlsproxy +unix )", r"\1", text)
            smtpd = r"(?m)^smtp( +inet .* postscreen)$"
        text, found = re.subn(smtpd, rf"127.0.0.1:{self.port}\1", text)
        assert found == 1, text
        return text

    def is_ready(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), SECONDS) as client:
                return client.recv(3) == b"220"
        except OSError:
            return False

    def run(self, *command, **options):
        """Runs a program of Postfix for this server."""
        env = {**environment(), "MAIL_CONFIG": self.folder}
        return subprocess.run(command, env=env, capture_output=True, timeout=SECONDS, **options)

    def send(self, sender, recipient, text):
        done = self.run("/usr/sbin/sendmail", "-i", "-f", sender, recipient, input=text)
        assert done.returncode == 0, done

    def mail(self):
        """The messages of erika."""
        folder = self.folder + "/mail/erika/new"
        messages = []
        for name in os.listdir(folder) if os.path.isdir(folder) else []:
            with open(os.path.join(folder, name), "rb") as file:
                messages.append(file.read())
        return messages

    def maillog(self):
        try:
            with open(self.folder + "/maillog", encoding="utf-8", errors="backslashreplace") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    def stop(self):
        """master ends all that it has started, if it is told to end."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(SECONDS)
