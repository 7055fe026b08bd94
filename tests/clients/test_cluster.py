#!/usr/bin/env python3
"""
The commands of docs/cluster.md work as they are printed: six machines, each with an address, with the PostgreSQL and
the Dovecot of Debian and its own settings.
"""

import concurrent.futures
import os
import re
import shlex
import shutil
import time
import unittest

import machines
from server import SECONDS, SOURCE, TestCase, main
from test_readme import blocks

PAGE = "docs/cluster.md"
PRIVATE = {"mx1": 11, "mx2": 12, "db1": 21, "db2": 22, "mail1": 31, "mail2": 32}
PUBLIC = {name: f"192.0.2.{number}" for name, number in PRIVATE.items() if not name.startswith("db")}
STORES = {"anna": "mail1", "bert": "mail2"}
# The packages are installed by tests/packages, and the authority of certbot is on the Internet.
INSTALL = "apt-get install "
LATER = "DKIM", "Moving a mailbox", "Renaming a user", "One word everywhere", "Backup", "When a machine is lost"  # sections whose tests run them
LOGIN_DENIED = 67  # of curl
CA = "/etc/ssl/cluster-ca.pem"
MISSING = machines.missing("curl", "dovecot", "nft", "openssl", "pg_createcluster")


def steps():
    """The steps of the page: the headings above, the machines, and the lines of the block."""
    headings, found = [], []
    with open(os.path.join(SOURCE, PAGE), encoding="utf-8") as file:
        text = file.read()
    for part in re.finditer(r"(?m)^(#+) (.*)\n|^On ((?:`\w+`(?:, | and )?)+):\n\n((?:    .*\n|\n(?=    ))+)", text):
        if part[2]:
            headings = headings[:len(part[1]) - 1] + [part[2]]
        else:
            found.append((headings, re.findall(r"`(\w+)`", part[3]), re.sub(r"(?m)^    ", "", part[4])))
    return found


STEPS = steps()


def section(heading):
    found = [step for step in STEPS if heading == step[0][-1]]
    assert found, heading
    return found


def wait_until(condition):
    until = time.monotonic() + SECONDS
    while not condition():
        if time.monotonic() > until:
            raise AssertionError("it did not come to pass")
        time.sleep(0.05)


class Page(TestCase):
    def test_each_block_names_the_machines_that_it_is_for(self):
        self.assertEqual([block.rstrip("\n") for block in blocks(PAGE)],
                         [block for _, _, lines in STEPS for block in re.split(r"\n\n+", lines.rstrip("\n"))])

    def test_only_packages_and_certificates_are_not_made_here(self):
        for _, _, lines in STEPS:
            if lines.startswith(INSTALL):
                self.assertRegex(lines, r"\A(?:(?:apt-get|certbot|ln -s) .*\n)+\Z")

    def test_servers_get_the_rights_that_they_need(self):
        rights = [set(re.findall(r"GRANT (?!CONNECT)[\w, ]+ ON [\w, ]+ TO ftgate;", "".join(blocks(page)))) for page in (PAGE, "docs/postgres.md")]
        self.assertEqual(rights[1] - {"GRANT USAGE ON SCHEMA public TO ftgate;"}, rights[0])


@unittest.skipIf(MISSING, MISSING)
class Cluster(TestCase):
    """The cluster of the page. Each test leaves it whole."""

    @classmethod
    def setUpClass(cls):
        cls.network = cls.enterClassContext(machines.Network())
        for name, number in PRIVATE.items():
            addresses = [f"10.0.0.{number}/24"] + ([f"{PUBLIC[name]}/24"] if name in PUBLIC else [])
            setattr(cls, name, cls.network.machine(name, *addresses))
        cls.world = cls.network.machine("world", "192.0.2.99/24", "10.0.0.99/24")
        cls.install_packages()
        cls.tried = []  # what the commands of "Try it" print
        for step in STEPS:
            if step[0][1] not in LATER:
                printed = cls.step(step)
                cls.tried += [printed] if step[0][1] == "Try it" else []
        cls.db1.shell(f"scp {CA} world:/etc/ssl/")
        cls.number = 0
        cls.sent = {name: [f"From {mx}" for mx in ("mx1", "mx2")] for name in STORES}

    @classmethod
    def install_packages(cls):
        """Makes the files that the packages make when they are installed."""
        database = ("pg_createcluster --encoding UTF8 --locale C.UTF-8 15 main -- --no-sync\n"
                    "echo 'fsync = off' >/etc/postgresql/15/main/conf.d/test.conf\nsystemctl enable --now postgresql@15-main")
        mx = ("useradd --system --home-dir /var/lib/ftgate --shell /usr/sbin/nologin ftgate\n"
              "install -d /etc/rspamd/local.d /var/lib/rspamd/dkim")
        store = ("install -d /var/lib/dovecot\necho 'log_path = /var/log/dovecot.log' >/etc/dovecot/conf.d/99-test.conf\ncd /etc/dovecot/private\n"
                 "rm -f *\ntouch dovecot.key dovecot.pem\necho dovecot >/etc/enabled-services")
        cls.on_each(PRIVATE, "install -d /etc/systemd/system")
        cls.on_each(("db1", "db2"), database)
        cls.on_each(("mx1", "mx2"), mx)
        cls.on_each(("mail1", "mail2"), store)

    @classmethod
    def on_each(cls, names, lines):
        """Runs lines on machines at the same time. Returns what they print."""
        with concurrent.futures.ThreadPoolExecutor() as threads:
            return "".join(threads.map(lambda name: cls.network.machines[name].shell(lines), names))

    @classmethod
    def step(cls, step, **replaced):
        _, names, lines = step
        if lines.startswith(INSTALL):
            return cls.certify(names) if "certbot" in lines else ""
        for old, new in {"/usr/libexec/ftgate/": SOURCE + "/etc/", **replaced}.items():
            lines = lines.replace(old, new)
        return cls.on_each(names, lines)

    @classmethod
    def steps(cls, heading):
        return "".join(cls.step(step) for step in section(heading))

    @classmethod
    def certify(cls, names):
        """In place of certbot, whose folder stays empty: a certificate by the authority of the databases, where the servers read it."""
        for name in names:
            folder, group = ("/etc/ftgate", "ftgate") if name.startswith("mx") else ("/etc/dovecot", "root")
            cls.db1.shell(f"cd /root/cluster\nopenssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN={name} "
                          f"-addext subjectAltName=DNS:{name}.example.org -keyout key.pem -out request.pem\n"
                          "openssl x509 -req -in request.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 99 -copy_extensions copy -out cert.pem\n"
                          f"scp key.pem cert.pem {name}:{folder}/")
            cls.network.machines[name].shell(f"chgrp {group} {folder}/key.pem && chmod 640 {folder}/key.pem && mkdir -p /etc/letsencrypt")

    def send(self, mx, *users):
        """Has a stranger send a message to users. Returns the code of the reply, and its subject."""
        type(self).number += 1
        subject = f"Message {self.number}"
        recipients = " ".join(f"--mail-rcpt {user}@example.org" for user in users)
        done = self.world.run(f"printf 'Subject: {subject}\\r\\n\\r\\nHello\\r\\n' | curl -sS --mail-from otto@example.net {recipients} "
                              f"--upload-file - -w '%{{response_code}}' smtp://{PUBLIC[mx]}:25")
        return int(done.stdout), subject

    def deliver(self, mx, *users):
        """Sends until the message is accepted, as other servers do."""
        code, subject = self.send(mx, *users)
        until = time.monotonic() + SECONDS
        while code != 250:
            self.assertEqual((4, True), (code // 100, time.monotonic() < until), subject)
            code, subject = self.send(mx, *users)
        for user in users:
            self.sent[user].append(subject)

    def login(self, user):
        """The name and the password of a user, for a shell; the password is where the page leaves it."""
        with open(self.mx1.path(f"root/{user}.password"), encoding="ascii") as file:
            return f"'{user}@example.org:{file.read().strip()}'"

    def add(self, user, *settings):
        """Adds an account as the page does."""
        self.mx1.shell(f"openssl rand -base64 15 >/root/{user}.password\nftgatectl -c /etc/ftgate/admin.conf account add {user}@example.org "
                       f"--password-stdin {' '.join(settings)} </root/{user}.password")

    def pop3(self, user, store, messages=""):
        """What curl prints of a POP3 session: the list, or some messages."""
        name = f"{store}.example.org"
        return self.world.run(f"curl -sS --cacert {CA} --resolve {name}:995:{PUBLIC[store]} -u {self.login(user)} "
                              f"'pop3s://{name}/{messages}'")

    def count(self, user, store=None):
        """How many messages a user has, by POP3; None if the login is refused."""
        done = self.pop3(user, store or STORES[user])
        self.assertIn(done.returncode, (0, LOGIN_DENIED), done.stderr)
        return None if done.returncode else len(done.stdout.split()) // 2

    def run_queues(self):
        """Retries queued mail, as the servers do after a minute anyway."""
        for machine in self.mx1, self.mx2:
            if machine.holder:
                machine.shell("ftgatectl queue run")
        return True

    def assertMail(self, *users):
        """Each message that was acknowledged is in the mailbox of its recipient once."""
        for user in users or self.sent:
            sent = self.sent[user]
            wait_until(lambda user=user, sent=sent: self.run_queues() and (self.count(user) or 0) >= len(sent))
            done = self.pop3(user, STORES[user], f"[1-{len(sent)}]")
            self.assertEqual((sorted(sent), len(sent)), (sorted(re.findall(r"(?m)^Subject: (.*)$", done.stdout)), self.count(user)))

    def test_mail_of_each_user_is_in_the_store_of_the_account(self):
        for mx in "mx1", "mx2":
            self.deliver(mx, "anna")
            self.deliver(mx, "bert")
            self.deliver(mx, "anna", "bert")
        self.assertMail()
        self.assertEqual([None, None], [self.count("anna", "mail2"), self.count("bert", "mail1")])
        for user, store in STORES.items():
            self.assertEqual([f"/var/vmail/example.org/{user}"], self.network.machines[store].shell("ls -d /var/vmail/*/*").split())

    def test_first_messages_are_where_the_page_says(self):
        sent, *stored = self.tried
        self.assertEqual(2, sent.count("healthy\n"), sent)
        self.assertEqual([["From mx1", "From mx2"]] * 2, [sorted(re.findall(r"(?m)^hdr\.subject: (.*)$", printed)) for printed in stored])

    def test_accounts_get_mail_if_both_servers_permit_the_name(self):
        for local, expected in (("o'brien", 250), ("a&b", 250), ("A.B-c_d=e+f", 250), ("x/y", "(#3.15)")):
            address = shlex.quote(f"{local}@example.org")
            self.mx1.shell(f"ftgatectl -c /etc/ftgate/admin.conf account add {address} --no-password")
            self.addCleanup(self.mx1.shell, f"ftgatectl -c /etc/ftgate/admin.conf account remove {address}")
            said = self.world.run(f"printf 'Subject: Hello\\r\\n\\r\\nHello\\r\\n' | curl -sSv --mail-from otto@example.net --mail-rcpt {address} "
                                  f"--upload-file - -w '%{{response_code}}' smtp://{PUBLIC['mx1']}:25")
            self.assertIn(str(expected), said.stdout if expected == 250 else said.stderr, local)
            if expected == 250:
                self.assertIn("hdr.subject: Hello", self.mail1.shell(f"doveadm fetch -u {address} hdr.subject mailbox INBOX"))
            self.mail1.shell(f"rm -rf /var/vmail/example.org/{shlex.quote(local.lower())}")

    def test_users_send_by_each_mx_host(self):
        for mx in "mx1", "mx2":
            subject = f"Sent by {mx}"
            self.world.shell(f"printf 'From: bert@example.org\\r\\nSubject: {subject}\\r\\n\\r\\nHello\\r\\n' | curl -sS --cacert {CA} "
                             f"--resolve {mx}.example.org:465:{PUBLIC[mx]} -u {self.login('bert')} --mail-from bert@example.org "
                             f"--mail-rcpt anna@example.org --upload-file - smtps://{mx}.example.org:465")
            self.sent["anna"].append(subject)
        self.assertMail()

    def test_both_mx_hosts_have_one_key_of_dkim(self):
        printed = self.steps("DKIM")
        self.assertIn("dkim._domainkey.example.org. IN TXT", printed)
        self.assertEqual(2, len(re.findall(r"(?m)^rspamd +127\.0\.0\.1:11333$", printed)), printed)
        keys = [machine.shell("cat /var/lib/rspamd/dkim/example.org.dkim.key; stat -c '%U %a' /var/lib/rspamd/dkim/example.org.dkim.key")
                for machine in (self.mx1, self.mx2)]
        self.assertEqual(keys[0], keys[1])
        self.assertIn("_rspamd 600\n", keys[0])

    def test_firewalls_let_pass_what_the_page_says_only(self):
        ports = [(name, private, port) for name, number in PRIVATE.items() for port in (24, 25, 995, 5432)
                 for private in (f"10.0.0.{number}",)]
        probe = "; ".join(f"(timeout 1 bash -c ': 3<>/dev/tcp/{address}/{port}' 2>/dev/null && echo {name} {port} || true) &"
                          for name, address, port in ports).replace("&;", "&") + " wait"
        passed = {"world": {("mx1", 25), ("mx2", 25), ("mail1", 995), ("mail2", 995)}}
        passed["mx1"] = passed["world"] | {("db1", 5432), ("db2", 5432), ("mail1", 24), ("mail2", 24)}
        passed["mail1"] = passed["world"] | {("db1", 5432), ("db2", 5432), ("mail1", 24)}
        for name, expected in passed.items():
            said = self.network.machines[name].shell(probe).split("\n")
            self.assertEqual(expected, {(line.split()[0], int(line.split()[1])) for line in said if line}, name)

    def test_one_command_changes_the_words_of_both_mx_hosts(self):
        change, status = section("One word everywhere")
        self.step(change)
        for mx in "mx1", "mx2":
            wait_until(lambda mx=mx: "There is no mailbox nobody@example.org here" in self.world.run(
                f"curl -sSv --mail-from otto@example.net --mail-rcpt nobody@example.org --upload-file - smtp://{PUBLIC[mx]}:25").stderr)
        wait_until(lambda: self.mx1.run(status[2]).returncode == 0)
        self.assertEqual(["mx1", "mx2"], re.findall(r"(?m)^(mx\d)\.example\.org ", self.step(status)))

    def test_moved_mailbox_keeps_its_messages(self):
        self.steps("Moving a mailbox")
        self.addClassCleanup(STORES.update, anna=STORES["anna"])
        STORES["anna"] = "mail2"
        self.deliver("mx1", "anna")
        self.assertMail()
        self.assertIsNone(self.count("anna", "mail1"))

    def test_renamed_user_keeps_mail_and_password(self):
        self.add("dora", "delivery=lmtp:10.0.0.31:24")
        self.sent["dora"], STORES["dora"] = [], "mail1"
        self.addClassCleanup(STORES.pop, "dora.b")
        self.deliver("mx1", "dora")
        self.assertMail("dora")
        for step in section("Renaming a user"):
            self.step(step, anna="dora")
        self.sent["dora.b"], STORES["dora.b"] = self.sent.pop("dora"), STORES.pop("dora")
        self.mx1.shell("mv /root/dora.password /root/dora.b.password")
        self.deliver("mx2", "dora.b")
        self.assertMail("dora.b")
        self.assertIn("(#4.28)", self.world.run(f"curl -sSv --mail-from otto@example.net --mail-rcpt dora@example.org --upload-file - "
                                                f"smtp://{PUBLIC['mx1']}:25").stderr)

    def test_renaming_is_possible_without_a_store_of_the_account(self):
        for names in ("postmaster@example.org chief@example.org", "chief@example.org postmaster@example.org"):
            self.mx1.shell(f"ftgatectl -c /etc/ftgate/admin.conf rename account {names}")

    def test_backups_can_be_restored(self):
        self.steps("Backup")
        restore, = section("Both databases")
        self.db1.shell("install -d -m 755 /var/backups/ftgate\nrunuser -u postgres -- createdb restored")
        self.db2.shell("scp /var/backups/ftgate/ftgate.*.dump db1:/var/backups/ftgate/")
        self.step(restore, **{"--dbname ftgate": "--dbname restored"})
        count = "SELECT count(*), min(password) FROM accounts"
        self.assertEqual(self.sql(self.db1, count), self.sql(self.db1, count, "restored"))
        self.mail1.shell("rm -r /var/vmail/example.org")
        self.steps("A mail store")
        self.assertMail()
        for machine, files in ((self.mx1, "mx"), (self.mail1, "store")):
            self.assertIn("etc/ssl/cluster-ca.pem\n", machine.shell(f"tar --list --file /var/backups/ftgate/{files}.[1-7].tar.gz"))
        self.assertIn("var/lib/ftgate/srs-secrets\n", self.mx1.shell("tar --list --file /var/backups/ftgate/mx.[1-7].tar.gz"))
        self.assertIn("etc/dovecot/pgpass\n", self.mail1.shell("tar --list --file /var/backups/ftgate/store.[1-7].tar.gz"))

    def sql(self, machine, text, database="ftgate"):
        return machine.shell(f"runuser -u postgres -- psql -At -c \"{text}\" {database}")

    def test_mail_of_a_lost_mx_host_goes_by_the_other(self):
        self.store("mail2", "stop")
        code, subject = self.send("mx1", "anna", "bert")
        self.assertEqual(250, code)
        self.sent["anna"].append(subject)
        self.sent["bert"].append(subject)
        self.assertEqual(1, len(self.mx1.shell("ftgatectl queue list").splitlines()))
        self.mx1.cut()
        self.deliver("mx2", "anna")
        self.store("mail2", "start")
        (lines,) = section("An MX host")
        self.step(lines, **{"/mnt/": self.mx1.path("") + "/"})
        self.assertMail()
        shutil.rmtree(self.mx1.path("var/lib/ftgate/queue"))
        self.mx1.power_on()
        self.deliver("mx1", "bert")
        self.assertMail()

    def store(self, name, action):
        self.network.machines[name].shell(f"systemctl {action} dovecot")

    def test_mail_of_a_lost_store_waits_and_arrives_once(self):
        self.store("mail2", "stop")
        self.assertEqual(4, self.send("mx1", "bert")[0] // 100)
        self.deliver("mx1", "anna")
        for mx in "mx1", "mx2":
            code, subject = self.send(mx, "anna", "bert")
            self.assertEqual(250, code)
            self.sent["anna"].append(subject)
            self.sent["bert"].append(subject)
        self.store("mail2", "start")
        self.assertMail()

    def test_when_the_primary_is_lost_mail_goes_on(self):
        """The last one, since the databases change their places."""
        self.db1.unplug()
        for mx in "mx1", "mx2":
            self.deliver(mx, "anna", "bert")
        self.assertMail()
        self.assertIn("cannot", self.mx1.run("ftgatectl -c /etc/ftgate/admin.conf domain add example.net").stderr)
        self.db1.cut()
        promote, forget_mx, forget_store, follow, name_mx, name_store = section("The primary")
        self.step(promote)
        self.add("carla")
        for step in forget_mx, forget_store:
            self.step(step)
        self.db1.power_on()
        self.sent["carla"] = []
        STORES["carla"] = "mail1"
        self.deliver("mx1", "carla")
        self.deliver("mx2", "carla")
        self.assertMail()
        for step in follow, name_mx, name_store:
            self.step(step)
        wait_until(lambda: self.sql(self.db2, "SELECT client_addr, state FROM pg_stat_replication") == "10.0.0.21|streaming\n")
        self.deliver("mx1", "carla", "anna")
        self.assertMail()

    def test_mail_goes_on_when_the_replica_is_lost(self):
        self.db2.unplug()
        self.deliver("mx1", "anna", "bert")
        self.assertMail()
        self.db2.plug()
        self.mx1.shell("ftgatectl -c /etc/ftgate/admin.conf alias add office@example.org anna@example.org")
        wait_until(lambda: self.sql(self.db2, "SELECT count(*) FROM aliases") == "1\n")


if __name__ == "__main__":
    main()
