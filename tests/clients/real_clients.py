"""Mail clients of other people, each of which sends one message by a call; returns whether it went and what was said."""

import os
import re
import shutil
import smtplib
import subprocess
import tempfile
import time
from dataclasses import dataclass

from postfix import MISSING, PROGRAMS, make_queue
from server import SECONDS, SOURCE

HELO = "client.example.org"


@dataclass
class Route:
    """Where a message goes, encrypted how, from whom to whom, and as which user."""

    port: int
    implicit: bool
    certificate: object
    sender: str
    recipient: str
    mechanism: str = None
    user: str = None
    password: str = None


def run(command, message=None, env=None):
    done = subprocess.run(command, input=message, stdin=None if message else subprocess.DEVNULL, env=env,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=SECONDS)
    return done.returncode == 0, done.stdout


class Swaks:
    mechanisms = ["PLAIN", "LOGIN", "CRAM-MD5"]
    missing = None if shutil.which("swaks") else "there is no swaks"

    def send(self, route, message):
        login = []
        if route.mechanism:
            login = ["--auth", route.mechanism, "--auth-user", route.user, "--auth-password", route.password]
        with tempfile.NamedTemporaryFile() as file:
            file.write(message.removesuffix(b"\n"))
            file.flush()
            return run(["swaks", "--server", "127.0.0.1", "--port", str(route.port), "--helo", HELO, *login,
                        "--tls-on-connect" if route.implicit else "--tls", "--tls-ca-path", route.certificate.file,
                        "--tls-verify", "--from", route.sender, "--to", route.recipient, "--data", "@" + file.name])


class Curl:
    mechanisms = ["PLAIN", "LOGIN", "CRAM-MD5"]
    missing = None if shutil.which("curl") else "there is no curl"
    if not missing and " gsasl" in subprocess.run(["curl", "-V"], stdout=subprocess.PIPE, text=True, check=True).stdout:
        mechanisms = [*mechanisms, "SCRAM-SHA-256"]

    def send(self, route, message):
        scheme = "smtps" if route.implicit else "smtp"
        command = ["curl", "-sSv", "--ssl-reqd", "--cacert", route.certificate.file, "--mail-from", route.sender,
                   "--mail-rcpt", route.recipient, f"{scheme}://127.0.0.1:{route.port}/{HELO}"]
        if route.mechanism:
            command += ["--user", f"{route.user}:{route.password}", "--login-options", "AUTH=" + route.mechanism]
        with tempfile.NamedTemporaryFile() as file:  # curl leaves line ends as they are
            file.write(message.replace(b"\n", b"\r\n"))
            file.flush()
            return run([*command, "--upload-file", file.name])


class Msmtp:
    mechanisms = ["PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-256"]
    missing = None if shutil.which("msmtp") else "there is no msmtp"

    def send(self, route, message):
        command = ["msmtp", "--file=/dev/null", "--host=127.0.0.1", f"--port={route.port}", "--domain=" + HELO,
                   "--tls=on", f"--tls-starttls={'off' if route.implicit else 'on'}", "--set-date-header=off",
                   "--tls-trust-file=" + route.certificate.file, "--from=" + route.sender, "--set-msgid-header=off"]
        if route.mechanism:
            with tempfile.NamedTemporaryFile("w") as password:
                password.write(route.password + "\n")
                password.flush()
                return run([*command, "--auth=" + route.mechanism.lower(), "--user=" + route.user,
                            "--passwordeval=cat " + password.name, "--", route.recipient], message)
        return run([*command, "--auth=off", "--", route.recipient], message)


class Smtplib:
    mechanisms = ["PLAIN", "LOGIN", "CRAM-MD5"]
    missing = None

    def send(self, route, message):
        context = route.certificate.context()
        try:
            with self.connect(route, context) as client:
                client.ehlo()
                if route.mechanism:
                    client.user, client.password = route.user, route.password
                    say = getattr(client, "auth_" + route.mechanism.lower().replace("-", "_"))
                    client.auth(route.mechanism, say)
                client.sendmail(route.sender, [route.recipient], message.replace(b"\n", b"\r\n"))
                return True, b""
        except smtplib.SMTPResponseException as error:
            return False, b"%d %s" % (error.smtp_code, error.smtp_error)

    def connect(self, route, context):
        if route.implicit:
            return smtplib.SMTP_SSL("127.0.0.1", route.port, HELO, timeout=SECONDS, context=context)
        client = smtplib.SMTP("127.0.0.1", route.port, HELO, timeout=SECONDS)
        client.starttls(context=context)
        return client


class Nodemailer:
    """Debian's package, so that a test downloads nothing; a Node.js of other origin needs to be told where it lies."""

    mechanisms = ["PLAIN", "LOGIN", "CRAM-MD5"]
    env = {**os.environ, "NODE_PATH": "/usr/share/nodejs"}
    missing = "there is no Node.js"
    if shutil.which("node"):
        missing = None if run(["node", "-e", "require('nodemailer')"], env=env)[0] else "there is no node-nodemailer"

    def send(self, route, message):
        script = os.path.join(SOURCE, "tests/clients/nodemailer.js")
        login = [route.mechanism, route.user, route.password] if route.mechanism else []
        return run(["node", script, str(route.port), "implicit" if route.implicit else "starttls",
                    route.certificate.file, route.sender, route.recipient, *login], message, self.env)


class Postfix:
    """A Postfix without any listener, in a folder of its own, that passes all mail on to a relayhost."""

    mechanisms = ["PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-256"]
    missing = MISSING

    services = """
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
postlog unix-dgram n - n - 1 postlogd
"""

    def settings(self, route):
        host = f"[127.0.0.1]:{route.port}"
        values = {
            "compatibility_level": "3.6", "queue_directory": self.folder + "/queue", "data_directory": self.folder + "/data",
            "maillog_file": self.folder + "/log", "maillog_file_prefixes": self.folder, "myhostname": HELO,
            "mydestination": "", "alias_maps": "", "inet_protocols": "ipv4", "smtp_host_lookup": "native",
            "relayhost": host, "notify_classes": "", "smtp_tls_security_level": "secure",
            "smtp_tls_secure_cert_match": "localhost", "smtp_tls_CAfile": route.certificate.file,
            "smtp_tls_wrappermode": "yes" if route.implicit else "no"}
        if route.mechanism:
            with open(self.folder + "/passwords", "w", encoding="ascii") as passwords:
                passwords.write(f"{host} {route.user}:{route.password}\n")
            values |= {"smtp_sasl_auth_enable": "yes", "smtp_sasl_password_maps": f"texthash:{self.folder}/passwords",
                       "smtp_sasl_mechanism_filter": route.mechanism, "smtp_sasl_tls_security_options": "noanonymous"}
        return "".join(f"{name} = {value}\n" for name, value in values.items())

    def prepare(self, route):
        os.chmod(self.folder, 0o755)
        for name, text in ("main.cf", self.settings(route)), ("master.cf", self.services):
            with open(os.path.join(self.folder, name), "w", encoding="ascii") as file:
                file.write(text)
        make_queue(self.folder)

    def send(self, route, message):
        with tempfile.TemporaryDirectory(prefix="ftgate-postfix-") as self.folder:
            self.prepare(route)
            # Its own session, of which master ends all processes when it is told to end.
            with subprocess.Popen([PROGRAMS + "/master", "-c", self.folder, "-d"], start_new_session=True,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as master:
                try:
                    done, said = run(["/usr/sbin/sendmail", "-C", self.folder, "-i", "-f", route.sender, route.recipient],
                                     message)
                    return (self.outcome(master) if done else (False, said))
                finally:
                    master.terminate()

    def outcome(self, master):
        until = time.monotonic() + SECONDS
        while time.monotonic() < until and master.poll() is None:
            log = b""
            if os.path.exists(self.folder + "/log"):
                with open(self.folder + "/log", "rb") as file:
                    log = file.read()
            found = re.search(rb"status=(\w+) \(.*\)\n", log)
            if found:
                return found.group(1) == b"sent", log
            time.sleep(0.02)
        return False, log


CLIENTS = [Swaks, Curl, Msmtp, Smtplib, Nodemailer, Postfix]
