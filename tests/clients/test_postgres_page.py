#!/usr/bin/env python3
"""The commands of docs/postgres.md work as they are printed: a machine whose records are in a file moves them to PostgreSQL."""

import os
import re
import textwrap
import unittest

import machines
from server import SOURCE, TestCase, main

MISSING = machines.missing("curl", "pg_createcluster")
# As the page says for a database on the same machine.
LOCAL = {"db.example.org": "127.0.0.1", "sslmode=verify-full&sslrootcert=/etc/ssl/db-ca.pem&": ""}
PACKAGES = """
pg_createcluster --encoding UTF8 --locale C.UTF-8 15 main -- --no-sync
echo 'fsync = off' >/etc/postgresql/15/main/conf.d/test.conf
systemctl enable --now postgresql@15-main
useradd --system --home-dir /var/lib/ftgate --shell /usr/sbin/nologin ftgate
install -d -m 700 -o ftgate -g ftgate /var/lib/ftgate
"""
FILE = """
printf 'data: /var/lib/ftgate\\nuser: ftgate\\nhostname: mx.example.org\\nlisteners:\\n  - address: 127.0.0.1:25\\n' >/etc/ftgate/ftgate.conf
ftgatectl domain add example.org
echo 'correct horse' | ftgatectl account add anna@example.org --password-stdin
ftgatectl alias add office@example.org anna@example.org
ftgatectl list add staff@example.org anna@example.org
ftgatectl access add permitted 192.0.2.0/24
ftgatectl text set en 4.28 'There is no mailbox %s here'
"""


def block(words, **replaced):
    """The block of the page that has these words."""
    with open(os.path.join(SOURCE, "docs/postgres.md"), encoding="utf-8") as file:
        blocks = map(textwrap.dedent, re.findall(r"(?m)(?:^ {4,}\S.*\n)+", file.read()))
    found, = (one for one in blocks if words in one)
    for old, new in {**LOCAL, **replaced}.items():
        found = found.replace(old, new)
    return found


@unittest.skipIf(MISSING, MISSING)
class Steps(TestCase):
    @classmethod
    def setUpClass(cls):
        cls.machine = cls.enterClassContext(machines.Network()).machine("one", "192.0.2.1/24")
        cls.machine.shell(PACKAGES)
        cls.sql(block("CREATE ROLE ftgate_admin") + block(r"\connect ftgate"))
        cls.machine.shell(block("/etc/ftgate/pgpass\necho") + FILE)
        cls.machine.shell(block("database migrate\n"))
        cls.sql("\\connect ftgate\n" + block("GRANT DELETE ON changes") + "RESET ROLE;\n" + block("CREATE ROLE ftgate_reader") +
                "SET ROLE ftgate_admin;\n" + block("GRANT SELECT (id"))
        cls.moved = cls.machine.shell(block("export domains") + block("import domains") +
                                      "ftgatectl -c /etc/ftgate/admin.conf text apply /var/lib/ftgate/locale\n")
        cls.machine.shell(f"cat >>/etc/ftgate/ftgate.conf <<'END'\n{block('language: en')}END\nsystemctl start ftgate-smtpd")

    @classmethod
    def tearDownClass(cls):
        cls.machine.shell("systemctl stop ftgate-smtpd")
        super().tearDownClass()

    @classmethod
    def sql(cls, text):
        cls.machine.shell(f"cd /\nrunuser -u postgres -- psql -qv ON_ERROR_STOP=1 <<'END'\n{text}END")

    def send(self, *names):
        """Sends a message from this machine. Returns what is said."""
        recipients = " ".join(f"--mail-rcpt {name}@example.org" for name in names)
        return self.machine.run(f"printf 'Subject: Hello\\r\\n\\r\\nHello\\r\\n' | curl -sSv --mail-from otto@example.net {recipients} "
                                "--upload-file - smtp://127.0.0.1:25").stderr

    def stored(self, name):
        return self.machine.shell(f"find /var/lib/ftgate/mail/example.org/{name} -path '*/new/*'").split()

    def test_records_and_texts_of_the_file_are_served(self):
        self.assertEqual(["added 1, changed 0, unchanged 0"] * 5, self.moved.splitlines()[:5])
        self.assertIn("There is no mailbox nobody@example.org here", self.send("nobody"))
        self.assertEqual(2, self.send("office", "staff").count(" Recipient accepted "))
        self.assertNotIn("accounts.csv", self.machine.shell("ls /root"))

    def test_reader_logs_in_and_reads_no_password(self):
        ask = "PGPASSWORD=PASSWORD-OF-FTGATE-READER psql -h 127.0.0.1 -U ftgate_reader ftgate -Atc 'SELECT {} FROM accounts'"
        self.assertIn("anna\n", self.machine.shell(ask.format("local")))
        self.assertIn("permission denied", self.machine.run(ask.format("password")).stderr)

    def test_account_that_gets_another_name_keeps_its_mail(self):
        ctl = "ftgatectl -c /etc/ftgate/admin.conf "
        self.machine.shell(f"{ctl} account add bert@example.org --no-password language=de\n{ctl} alias set office@example.org add=bert@example.org\n"
                           f"{ctl} list set staff@example.org add=bert@example.org")
        self.send("bert")
        self.assertEqual(1, len(self.stored("bert")))
        edit = "sed -i '1b; /^bert@/!d; s/^bert@/carla@/'"
        self.machine.shell(block(">account.csv", editor=edit) + "systemctl stop ftgate-smtpd\n")
        self.machine.shell("cd /var/lib/ftgate/mail/example.org\nmv -T bert carla\n" + block("alias set office", OLD="bert", NEW="carla"))
        self.machine.shell("systemctl start ftgate-smtpd")
        self.send("bert")
        self.assertEqual(2, len(self.stored("carla")))
        self.assertRegex(self.machine.shell(f"{ctl} account show carla@example.org"), r"(?m)^language +de$")
        self.assertIn("carla@example.org", self.machine.shell(f"{ctl} list show staff@example.org"))


if __name__ == "__main__":
    main()
