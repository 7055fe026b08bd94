"""Mail programs of other people that fetch by POP3; each returns whether it worked, what it said, and the messages."""

import os
import poplib
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass

from server import SECONDS, SOURCE


@dataclass
class Box:
    """From where messages are fetched, encrypted how ("clear", "stls", "implicit"), by whom."""

    port: int
    way: str
    certificate: object
    user: str
    password: str


def run(command, env=None, **rights):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=SECONDS, **rights)
    return done.returncode == 0, done.stdout


def there(name, arguments=("--version",)):
    return None if shutil.which(name) and run([name, *arguments])[0] else f"there is no {name}"


def read_maildir(folder):
    messages = []
    for name in sorted(os.listdir(os.path.join(folder, "new"))):
        with open(os.path.join(folder, "new", name), "rb") as file:
            messages.append(file.read())
    return messages


def make_maildir(folder, name):
    path = os.path.join(folder, name)
    for part in ("cur", "new", "tmp"):
        os.makedirs(os.path.join(path, part))
    return path


class Curl:
    ways = ["clear", "apop", "stls", "implicit"]
    missing = there("curl")

    def ask(self, box, path, *more):
        scheme = "pop3s" if box.way == "implicit" else "pop3"
        secure = [] if box.way in ("clear", "apop") else ["--ssl-reqd", "--cacert", box.certificate.file]
        if box.way == "apop":  # curl takes it if the greeting ends in a timestamp, and fails otherwise
            secure = ["--login-options", "AUTH=+APOP"]
        return run(["curl", "-sS", *secure, "--user", f"{box.user}:{box.password}", *more,
                    f"{scheme}://127.0.0.1:{box.port}/{path}"])

    def fetch(self, box, keep):
        done, listing = self.ask(box, "")
        messages = []
        for number in re.findall(r"(?m)^(\d+) ", listing.decode()):
            if done:
                done, message = self.ask(box, number)
                messages.append(message)
        for number in range(len(messages), 0, -1) if not keep else ():
            done = done and self.ask(box, str(number), "--request", "DELE", "--list-only")[0]
        return done, listing, messages


class Mpop:
    ways = ["clear", "stls", "implicit"]
    missing = there("mpop")

    def fetch(self, box, keep):
        with tempfile.TemporaryDirectory() as folder:
            password = os.path.join(folder, "password")
            with open(password, "w", encoding="utf-8") as file:
                file.write(box.password + "\n")
            path = make_maildir(folder, "mail")
            tls = ["--tls=off"] if box.way == "clear" else [
                "--tls=on", f"--tls-starttls={'on' if box.way == 'stls' else 'off'}",
                "--tls-trust-file=" + box.certificate.file]
            done, said = run(["mpop", "--file=/dev/null", "--host=127.0.0.1", f"--port={box.port}", *tls,
                              "--auth=user" if box.way == "clear" else "--auth=on", "--user=" + box.user,
                              "--passwordeval=cat " + password, f"--keep={'on' if keep else 'off'}",
                              "--uidls-file=" + folder + "/uidls", "--received-header=off",
                              "--delivery=maildir," + path])
            return done, said, read_maildir(path)


class Fetchmail:
    ways = ["clear", "stls", "implicit"]
    missing = there("fetchmail", ["-V", "-f", "/dev/null"])

    def fetch(self, box, keep):
        with tempfile.TemporaryDirectory() as folder:
            out, script, config = (os.path.join(folder, name) for name in ("out", "mda", "fetchmailrc"))
            os.mkdir(out)
            with open(script, "w", encoding="ascii") as file:
                file.write(f"#!/bin/sh\nexec cat >'{out}'/$(ls '{out}' | wc -l)\n")
            # It compares the certificate with names only.
            tls = {"clear": "sslproto ''", "stls": "sslproto 'TLS1.2+' sslcommonname localhost",
                   "implicit": "ssl sslcommonname localhost"}[box.way]
            with open(config, "w", encoding="ascii") as file:
                file.write(f"poll 127.0.0.1 protocol POP3 port {box.port} user '{box.user}' password '{box.password}' "
                           f"{tls} sslcertck sslcertfile '{box.certificate.file}' {'keep' if keep else 'nokeep'} "
                           f"fetchall no rewrite mda '/bin/sh {script}'\n")
            os.chmod(config, 0o600)
            done, said = run(["fetchmail", "-f", config, "--invisible", "--pidfile", folder + "/pid"],
                             {**os.environ, "HOME": folder, "FETCHMAILHOME": folder})
            messages = []
            for name in sorted(os.listdir(out), key=int):
                with open(os.path.join(out, name), "rb") as file:
                    messages.append(file.read())
            return done, said, messages


class Getmail:
    """It delivers nothing as root."""

    ways = ["clear", "implicit"]  # it cannot do STLS
    missing = there("getmail")
    nobody = 65534

    def fetch(self, box, keep):
        with tempfile.TemporaryDirectory() as folder:
            path = make_maildir(folder, "mail")
            kind = "SimplePOP3Retriever" if box.way == "clear" else "SimplePOP3SSLRetriever"
            trust = "" if box.way == "clear" else f"ca_certs = {shutil.copy(box.certificate.file, folder)}\n"
            with open(os.path.join(folder, "getmailrc"), "w", encoding="ascii") as file:
                file.write(f"[retriever]\ntype = {kind}\nserver = 127.0.0.1\nport = {box.port}\n{trust}"
                           f"username = {box.user}\npassword = {box.password}\n"
                           f"[destination]\ntype = Maildir\npath = {path}/\n"
                           f"[options]\ndelete = {'false' if keep else 'true'}\ndelivered_to = false\nreceived = false\n")
            rights = {}
            if os.geteuid() == 0:
                rights = {"user": self.nobody, "group": self.nobody, "extra_groups": []}
                subprocess.run(["chown", "-R", f"{self.nobody}:{self.nobody}", folder], check=True, timeout=SECONDS)
            done, said = run(["getmail", "--getmaildir", folder], {**os.environ, "HOME": folder}, **rights)
            return done, said, read_maildir(path)


class Poplib:
    ways = ["clear", "apop", "stls", "implicit"]
    missing = None

    def connect(self, box):
        if box.way == "implicit":
            return poplib.POP3_SSL("127.0.0.1", box.port, timeout=SECONDS, context=box.certificate.context())
        client = poplib.POP3("127.0.0.1", box.port, SECONDS)
        if box.way == "stls":
            client.stls(box.certificate.context())
        return client

    def fetch(self, box, keep):
        client = self.connect(box)
        try:
            if box.way == "apop":
                client.apop(box.user, box.password)
            else:
                client.user(box.user)
                client.pass_(box.password)
            count = client.stat()[0]
            messages = [b"".join(line + b"\n" for line in client.retr(i + 1)[1]) for i in range(count)]
            for i in range(count if not keep else 0):
                client.dele(i + 1)
            return True, client.quit(), messages
        finally:
            client.close()


class Node:
    """Debian packages no POP3 client for Node.js: this one is of forty lines, on its own sockets."""

    ways = ["clear", "stls", "implicit"]
    missing = there("node")

    def fetch(self, box, keep):
        with tempfile.TemporaryDirectory() as folder:
            script = os.path.join(SOURCE, "tests/clients/pop3_client.js")
            done, said = run(["node", script, str(box.port), box.way, box.certificate.file, box.user, box.password,
                              "keep" if keep else "delete", folder])
            messages = []
            for name in sorted(os.listdir(folder), key=int):
                with open(os.path.join(folder, name), "rb") as file:
                    messages.append(file.read())
            return done, said, messages


CLIENTS = [Curl, Mpop, Fetchmail, Getmail, Poplib, Node]
