#!/usr/bin/env python3
"""The deploy hook of certbot and lego: what it copies, and that the server shows the new certificate."""

import os
import subprocess
import tempfile

from encrypted import Certificate, EncryptedTalk
from server import BUILD, SECONDS, Server, TestCase, environment, main

LISTENERS = "listeners:\n  - address: 127.0.0.1:0\n    tls: implicit\n"


class DeployCase(TestCase):
    def setUp(self):
        self.folder = self.enterContext(tempfile.TemporaryDirectory(prefix="ftgate-test-"))
        self.config = os.path.join(self.folder, "ftgate.conf")
        self.new = self.enterContext(Certificate())
        self.data = os.path.join(self.folder, "data")
        self.cert = os.path.join(self.folder, "etc", "cert.pem")
        self.key = os.path.join(self.folder, "etc", "key.pem")

    def write(self, settings):
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(f'data: "{self.data}"\nuser: root\n{settings}')

    def hook(self, *words, status=0, **variables):
        done = subprocess.run([os.path.join(BUILD, "deploy-certificate"), "-c", self.config, *words],
                              env={**environment(), **variables}, capture_output=True, text=True, timeout=SECONDS, check=False)
        self.assertEqual(status, done.returncode, done.stderr)
        return done.stdout + done.stderr

    def assertCopied(self):
        for copy, original in (self.cert, self.new.file), (self.key, self.new.key):
            with open(copy, "rb") as one, open(original, "rb") as other:
                self.assertEqual(other.read(), one.read())
            self.assertEqual(0o640, os.stat(copy).st_mode & 0o777)
        self.assertEqual(["cert.pem", "key.pem"], sorted(os.listdir(os.path.dirname(self.cert))))


class Copies(DeployCase):
    def test_copies_are_where_the_configuration_says(self):
        for settings in (f'##tls-cert: "{self.cert}"\n##tls-key: "{self.key}"\n', f"tls-cert: {self.cert}   # the chain\ntls-key: '{self.key}'\n"):
            self.write(settings)
            said = self.hook(LEGO_CERT_PATH=self.new.file, LEGO_CERT_KEY_PATH=self.new.key)
            self.assertEqual("ftgate-smtpd: does not run; it reads the certificate when it starts\n"
                             "ftgate-pop3d: does not run; it reads the certificate when it starts\n", said)
            self.assertCopied()
            self.new.make()
        self.hook(self.new.file, self.new.key)
        self.assertCopied()

    def test_faults_are_told_and_change_nothing(self):
        self.write("hostname: mail.example.org\n")
        certificate = {"LEGO_CERT_PATH": self.new.file, "LEGO_CERT_KEY_PATH": self.new.key}
        self.assertIn("names no tls-cert and tls-key", self.hook(status=1, **certificate))
        self.write(f"tls-cert: {self.cert}\ntls-key: {self.key}\n")
        self.hook(**certificate)
        self.assertIn("neither certbot nor lego", self.hook(status=1))
        other = os.path.join(self.folder, "other")
        os.mkdir(other)
        for path in self.key, self.cert:
            for link in True, False:
                os.remove(path)
                os.symlink(other, path) if link else os.mkdir(path)
                self.assertIn(f"{path} is a link or a folder", self.hook(status=1, **certificate))
                self.assertEqual([], os.listdir(other) + os.listdir(path))
                os.remove(path) if link else os.rmdir(path)
                self.hook(**certificate)
        os.symlink(other, self.key + ".new")
        self.hook(**certificate)
        self.assertEqual([], os.listdir(other))
        self.assertCopied()
        self.assertIn("usage:", self.hook("one", status=1))
        self.assertIn("cannot read /nowhere/fullchain.pem", self.hook(status=1, RENEWED_LINEAGE="/nowhere"))
        self.assertIn("cannot read /nowhere", self.hook(self.new.file, "/nowhere", status=1))
        self.assertIn("is the file of the certificate itself", self.hook(self.cert, self.key, status=1))
        with Certificate() as other:
            self.assertIn("are not used: ", self.hook(self.new.file, other.key, status=1), "no server runs")
            self.assertIn("are not used: ", self.hook(self.new.key, self.new.file, status=1))
        self.assertCopied()
        os.unlink(self.config)
        self.assertIn("cannot read " + self.config, self.hook(status=1, **certificate))


    def test_help_is_about_the_hook(self):
        hook = os.path.join(BUILD, "deploy-certificate")
        for option in ("--help", "-h"):
            done = subprocess.run([hook, option], env=environment(), capture_output=True, text=True, timeout=SECONDS, check=False)
            self.assertEqual((0, ""), (done.returncode, done.stderr))
            self.assertIn("\n  deploy-certificate [-c FILE] [CERTIFICATE KEY]\n", done.stdout)
            self.assertTrue(done.stdout.startswith("Copies a new certificate"), done.stdout)
            self.assertNotIn("set -eu", done.stdout)


class Reload(DeployCase):
    def deploy(self, **options):
        return self.hook(RENEWED_LINEAGE=self.lineage, **options)

    def setUp(self):
        super().setUp()
        self.lineage = os.path.join(self.folder, "live")
        os.mkdir(self.lineage)
        for name, target in ("fullchain.pem", self.new.file), ("privkey.pem", self.new.key):
            os.symlink(target, os.path.join(self.lineage, name))
        tls = f"tls-cert: {self.cert}\ntls-key: {self.key}\n"
        self.write(tls)
        self.hook(self.new.file, self.new.key)
        server = self.enterContext(Server(config=tls + LISTENERS))
        self.data = server.data
        self.write(tls)
        self.server, self.old = server, self.new.context()

    def test_server_shows_the_new_certificate(self):
        with EncryptedTalk(self.server, self.old, implicit=True):
            pass
        self.new.make()
        self.assertIn("ftgate-smtpd: generation 2, refused 0\nftgate-pop3d: does not run", self.deploy())
        self.assertCopied()
        with EncryptedTalk(self.server, self.new.context(), implicit=True) as talk:
            self.assertTrue(talk.greeting.startswith(b"220 "))

    def test_certificate_that_the_server_refuses_changes_nothing(self):
        with open(self.key, "rb") as file:
            good = file.read()
        with Certificate() as other:
            os.replace(other.key, self.new.key)
        self.assertRegex(self.deploy(status=1), r"fullchain.pem and \S+/privkey.pem are not used: .*key")
        self.assertEqual(["cert.pem", "key.pem"], sorted(os.listdir(os.path.dirname(self.cert))))
        with open(self.key, "rb") as file:
            self.assertEqual(good, file.read())
        with EncryptedTalk(self.server, self.old, implicit=True) as talk:
            self.assertTrue(talk.greeting.startswith(b"220 "))


if __name__ == "__main__":
    main()
