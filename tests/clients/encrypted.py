"""Certificates made for a test, and connections that are encrypted with them."""

import base64
import hashlib
import hmac
import os
import secrets
import shutil
import ssl
import subprocess
import tempfile

from server import SECONDS, Talk


class Certificate:
    """A certificate for the loopback addresses and two names, and its key, in PEM files. To be used in a with statement."""

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="ftgate-cert-")
        self.file = os.path.join(self.folder, "cert.pem")
        self.key = os.path.join(self.folder, "key.pem")
        self.make()
        return self

    def make(self):
        """Makes a new one in the same files."""
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
             "-subj", "/CN=localhost", "-addext",
             "subjectAltName=DNS:localhost,DNS:mx.example.test,IP:127.0.0.1,IP:::1",
             "-keyout", self.key, "-out", self.file],
            check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=SECONDS)

    def context(self):
        """For a client that trusts this certificate and no other."""
        return ssl.create_default_context(cafile=self.file)

    def settings(self):
        return f"tls-cert: {self.file}\ntls-key: {self.key}\n"

    def __exit__(self, *_):
        shutil.rmtree(self.folder, ignore_errors=True)


class Authority:
    """An authority of certificates, and certificates of it."""

    def __init__(self, folder):
        self.folder = folder
        self.run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=ca",
                 "-keyout", "ca.key", "-out", "ca.pem")

    def run(self, *words):
        subprocess.run(["openssl", *words], cwd=self.folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                       timeout=SECONDS)

    def path(self, name):
        return os.path.join(self.folder, name)

    def context(self, *names):
        """Of a server whose certificate is for these names, with the authority's behind it."""
        with open(self.path("san"), "w", encoding="ascii") as file:
            file.write("subjectAltName=" + ",".join("DNS:" + name for name in names) + "\n")
        self.run("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=server", "-keyout", "key",
                 "-out", "request")
        self.run("x509", "-req", "-in", "request", "-CA", "ca.pem", "-CAkey", "ca.key", "-days", "2", "-extfile", "san", "-out", "leaf")
        with open(self.path("leaf"), "rb") as leaf, open(self.path("ca.pem"), "rb") as ca, open(self.path("chain"), "wb") as chain:
            chain.write(leaf.read() + ca.read())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.path("chain"), self.path("key"))
        return context

    def octets(self, certificate):
        """A certificate in full, as a TLSA record has it with selector 0 and matching type 0."""
        with open(self.path(certificate), encoding="ascii") as file:
            body = "".join(file.read().split("-----")[2].split())
        return base64.b64decode(body)

    def hash(self, certificate):
        """Its SHA-256."""
        return hashlib.sha256(self.octets(certificate)).hexdigest()


class EncryptedTalk(Talk):
    """A Talk that can go on encrypted, or is so from the first octet on."""

    def __init__(self, server, context, port=None, implicit=False):
        self.context = context
        super().__init__(server, port=port)
        if implicit:
            self.encrypt()

    def encrypt(self):
        self.input.close()
        self.socket = self.context.wrap_socket(self.socket, server_hostname="localhost")
        self.input = self.socket.makefile("rb")

    def starttls(self, behind=b""):
        """STARTTLS, with octets in the clear behind it, and the handshake."""
        self.socket.sendall(b"STARTTLS\r\n" + behind)
        answer = self.reply()
        if answer.startswith(b"220"):
            self.encrypt()
        return answer


def b64(octets):
    return base64.b64encode(octets)


def plain(user, password):
    return b64(b"\0%s\0%s" % (user.encode(), password.encode()))


def scram(talk, user, password):
    """AUTH SCRAM-SHA-256 (RFC 7677). Returns the last answer, once the server has proved itself too."""
    first = b"n=%s,r=%s" % (user.encode(), secrets.token_hex(12).encode())
    answer = talk.say(b"AUTH SCRAM-SHA-256 " + b64(b"n,," + first))
    said = base64.b64decode(answer.split()[1])
    parts = dict(part.split(b"=", 1) for part in said.split(b","))
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), base64.b64decode(parts[b"s"]), int(parts[b"i"]))

    def sign(key, octets):
        return hmac.digest(key, octets, "sha256")

    final = b"c=biws,r=" + parts[b"r"]
    message = b",".join([first, said, final])
    key = sign(salted, b"Client Key")
    proof = bytes(a ^ b for a, b in zip(key, sign(hashlib.sha256(key).digest(), message)))
    answer = talk.say(b64(final + b",p=" + b64(proof)))
    if not answer.startswith((b"334", b"+ ")):
        return answer
    proved = b"v=" + b64(sign(sign(salted, b"Server Key"), message))
    assert base64.b64decode(answer.split()[1]) == proved, answer
    return talk.say(b"")
