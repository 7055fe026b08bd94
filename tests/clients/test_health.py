#!/usr/bin/env python3
"""ftgatectl status says at a glance whether both servers are well, what is wrong and what to do, and exits accordingly."""

import json
import os
import shutil
import socket
import sqlite3
import subprocess
import tempfile

from encrypted import Certificate
from fake_name_server import FakeNameServer
from fake_next_hop import FakeNextHop
from measured import wait_for
from mo import mo
from pop3 import Pop3Server
from server import ACCOUNT, DOMAIN, LIMITS, SECONDS, Server, Talk, TestCase, environment, main, program

HEALTHY, WARNING, CRITICAL, UNKNOWN, USAGE, NOPERM = 0, 1, 2, 3, 64, 77
NOBODY = 65534


class Health(TestCase):
    def status(self, data, *words):
        """The exit status and the lines."""
        done = subprocess.run([program("ftgatectl"), "--data", data, *words, "status"], env=environment(), timeout=SECONDS,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8")
        self.error = done.stderr
        return done.returncode, done.stdout.splitlines()

    def problems(self, data, *words):
        """The exit status, and what is wrong, by severity."""
        code, lines = self.status(data, "--json", *words)
        told = json.loads("\n".join(lines))
        self.assertEqual(["healthy", "warning", "critical"][code], told["health"])
        for problem in told["problems"]:
            self.assertTrue(problem["text"] and problem["cure"], problem)
        return code, [(problem["severity"], problem["text"]) for problem in told["problems"]]

    def smtpd(self, *arguments, **options):
        server = self.enterContext(Server("--workers", "1", *arguments, **options))
        server.control("alias", "add", "postmaster@" + DOMAIN, ACCOUNT)
        return server

    def test_domain_without_a_postmaster_is_warned_about_unless_a_setting_has_one(self):
        smtp = self.smtpd()
        smtp.control("alias", "remove", "postmaster@" + DOMAIN)
        code, lines = self.status(smtp.data)
        self.assertEqual((WARNING, f"warning: nobody reads the mail to postmaster@{DOMAIN}: run ftgatectl alias add postmaster@"
                          f"{DOMAIN} ADDRESS, or use the setting postmaster"), (code, lines[0]))
        set_ = self.smtpd(config=LIMITS + f"postmaster: {ACCOUNT}\n")
        set_.control("alias", "remove", "postmaster@" + DOMAIN)
        self.assertEqual((HEALTHY, []), self.problems(set_.data))

    def test_name_servers_that_do_not_validate_are_warned_about_where_dane_was_demanded(self):
        found = []
        for dane in "yes", "auto", "no":
            with FakeNameServer() as names:
                names.put("NS", "", names.record("NS", "a.root-servers.net"))
                server = self.smtpd(config=LIMITS + f"relay:\n  dane: {dane}\ndns:\n  servers: 127.0.0.1:{names.port}\n  timeout: 4s\n")
                if dane != "no":
                    server.wait_for_log("event=dnssec-missing")
                found.append((self.problems(server.data), len(names.heard)))
                self.assertEqual(int(dane != "no"), server.log().count("event=dnssec-missing"))
        warned = (WARNING, [("warning", "the name servers do not validate by DNSSEC, so DANE does not work")])
        self.assertEqual([(warned, 1), ((HEALTHY, []), 1), ((HEALTHY, []), 0)], found)

    def test_name_servers_that_validate_are_not_warned_about(self):
        with FakeNameServer() as names:
            names.put("NS", "", names.record("NS", "a.root-servers.net"))
            names.twist = lambda answer: answer[:3] + bytes([answer[3] | 0x20]) + answer[4:]  # the bit AD
            server = self.smtpd(config=LIMITS + f"relay:\n  dane: yes\ndns:\n  servers: 127.0.0.1:{names.port}\n  timeout: 4s\n")
            wait_for(lambda: names.heard)
            server.control("access", "add", "relay", "127.0.0.0/8")
            with Talk(server) as talk:
                talk.say(b"EHLO client.example.org")
                talk.say(b"MAIL FROM:<%s>" % ACCOUNT.encode())
                talk.say(b"RCPT TO:<a@nowhere.example>")
                talk.say(b"DATA")
                self.assertEqual(b"250", talk.say(b"Subject: a\r\n\r\nb\r\n.")[:3])
            server.wait_for_log("event=bounced [^\n]*to=a@nowhere.example")  # a later answer of the DNS
            self.assertNotIn("event=dnssec-missing", server.log())
            self.assertEqual((HEALTHY, []), self.problems(server.data))

    def test_user_without_rights_finds_nothing_out(self):
        smtp = self.smtpd()
        closed = os.path.join(smtp.folder, "closed")
        os.mkdir(closed, 0o700 if os.geteuid() == 0 else 0)
        other = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
        os.chmod(smtp.folder, 0o755)
        try:
            subprocess.run([program("ftgatectl"), "--version"], stdout=subprocess.DEVNULL, check=True, **other)
        except PermissionError:
            self.skipTest("another user cannot run what is built here")
        for words, code in (["status"], UNKNOWN), (["--server", "smtpd", "status"], NOPERM), (["account", "list"], NOPERM):
            done = subprocess.run([program("ftgatectl"), "--data", closed, *words], env=environment(), timeout=SECONDS,
                                  capture_output=True, encoding="utf-8", **other)
            self.assertEqual((code, "", f"ftgatectl: {closed}: Permission denied; run ftgatectl as root\n"),
                             (done.returncode, done.stdout, done.stderr), words)

    def test_check_warns_of_a_postmaster_without_an_owner(self):
        smtp = self.smtpd()
        config = os.path.join(smtp.folder, "check.conf")
        with open(config, "w", encoding="utf-8") as file:
            certificate = self.enterContext(Certificate())
            file.write(f"tls-cert: {certificate.file}\ntls-key: {certificate.key}\n")
            file.write("listeners:\n  - address: 127.0.0.1:587\n    role: submission\n    tls: required\n")
            file.write(f"data: {smtp.data}\nmetrics: 127.0.0.1:9\n" + ("user: root\n" if os.geteuid() == 0 else ""))
        check = [program("ftgate-smtpd"), "-c", config, "--check"]
        run = {"env": environment(), "timeout": SECONDS, "capture_output": True, "encoding": "utf-8"}
        smtp.control("domain", "add", "far.example", "relay=yes")  # its postmaster is on the other server
        self.assertNotIn("postmaster", subprocess.run(check, **run).stderr)
        smtp.control("alias", "remove", "postmaster@" + DOMAIN)
        done = subprocess.run(check, **run)
        self.assertEqual((0, f"postmaster: nobody reads the mail to postmaster@{DOMAIN}; run ftgatectl alias add postmaster@"
                          f"{DOMAIN} ADDRESS, or use the setting postmaster\n"), (done.returncode, done.stderr))
        self.assertIn("\nmetrics       127.0.0.1:9\n", done.stdout)
        self.assertIn("listen        127.0.0.1:587, tls: required\n", done.stdout)

    def test_servers_that_are_well_are_healthy(self):
        pop3 = self.enterContext(Pop3Server("--workers", "1"))
        smtp = self.smtpd(beside=pop3, LANG="de_DE")
        code, lines = self.status(smtp.data)
        self.assertEqual((HEALTHY, "healthy", ""), (code, lines[0], self.error))
        version = subprocess.run([program("ftgatectl"), "--version"], stdout=subprocess.PIPE, encoding="ascii",
                                 timeout=SECONDS).stdout.split()[-1]
        text = "\n".join(lines)
        for server, role, language in (smtp, "mx", "de"), (pop3, "pop3", "en"):
            self.assertRegex(text, rf"(?m)^ftgate-\w+ +{version}, up 0 min, pid {server.pid}, workers 1, connections 0\n"
                             rf" +127\.0\.0\.1:{server.port} +{role} +TLS none +{language}$")
        self.assertRegex(text, r"(?m)^queue +0 being sent, 0 deferred, 0 held, the oldest 0 min$")
        self.assertRegex(text, r"(?m)^directory +schema \d+$")
        self.assertRegex(text, r"(?m)^disk +\d+ of \d+ MiB free$")
        self.assertEqual((HEALTHY, []), self.problems(smtp.data))

    def test_json_has_both_servers_with_their_listeners(self):
        smtp = self.smtpd()
        told = json.loads("\n".join(self.status(smtp.data, "--json")[1]))
        self.assertEqual((smtp.pid, None), (told["smtpd"]["pid"], told["pop3d"]))
        self.assertEqual([{"address": f"127.0.0.1:{smtp.port}", "role": "mx", "tls": "none", "language": "en"}],
                         told["smtpd"]["listeners"])

    def test_csv_has_what_is_wrong(self):
        with tempfile.TemporaryDirectory() as data:
            self.assertEqual((CRITICAL, ["severity,text,cure", 'critical,ftgate-smtpd does not run,"look at the end of its '
                              'log, and start it"']), self.status(data, "--format", "csv"))
        smtp = self.smtpd()
        code, lines = self.status(smtp.data, "--format", "csv", "--server", "smtpd")
        self.assertEqual((0, "name,value", f"pid,{smtp.pid}"), (code, *lines[:2]))
        self.assertEqual({1}, {line.count(",") for line in lines})
        self.assertIn("connections-total,0", lines)

    def test_server_that_does_not_run_is_critical(self):
        smtp = self.smtpd()
        smtp.process.terminate()
        smtp.process.wait(SECONDS)
        self.assertEqual((CRITICAL, [("critical", "ftgate-smtpd does not run")]), self.problems(smtp.data))
        code, lines = self.status(smtp.data)
        self.assertEqual((CRITICAL, "critical: ftgate-smtpd does not run: look at the end of its log, and start it"),
                         (code, lines[0]))
        smtp.start()

    def test_pop3_server_is_missed_if_it_is_configured_or_was_killed(self):
        smtp = self.smtpd()
        self.assertEqual((HEALTHY, []), self.problems(smtp.data))
        config = os.path.join(smtp.folder, "pop3.conf")
        with open(config, "w", encoding="utf-8") as file:
            file.write("pop3:\n  login-delay: 1s\n")
        missed = [("critical", "ftgate-pop3d does not run")]
        self.assertEqual((CRITICAL, missed), self.problems(smtp.data, "-c", config))
        with socket.socket(socket.AF_UNIX) as left:
            left.bind(os.path.join(smtp.data, "ftgate-pop3d.sock"))
        self.assertEqual((CRITICAL, missed), self.problems(smtp.data))

    def test_server_that_answers_rubbish_is_critical(self):
        with tempfile.TemporaryDirectory() as data, socket.socket(socket.AF_UNIX) as rubbish:
            rubbish.bind(os.path.join(data, "ftgate-smtpd.sock"))
            rubbish.listen()
            asking = subprocess.Popen([program("ftgatectl"), "--data", data, "status"], stdout=subprocess.PIPE,
                                      env=environment(), encoding="ascii")
            with rubbish.accept()[0] as connection:
                connection.recv(100)
                connection.sendall(b"\x1b[2Jpid 1\n")
            lines = asking.communicate(timeout=SECONDS)[0]
        self.assertEqual(CRITICAL, asking.returncode)
        self.assertTrue(lines.startswith("critical: ftgate-smtpd does not answer: "), lines)
        self.assertNotIn("\x1b", lines)

    def test_folder_that_is_missing_is_unknown_and_a_wrong_word_is_usage(self):
        self.assertEqual((UNKNOWN, []), self.status("/nonexistent"))
        self.assertIn("/nonexistent", self.error)
        self.assertEqual((USAGE, []), self.status("/nonexistent", "--what"))

    def test_certificate_that_expires_is_named(self):
        with Certificate() as certificate:
            smtp = self.smtpd(config=certificate.settings() + "listeners:\n  - address: 127.0.0.1:0\n")
            code, lines = self.status(smtp.data)
            self.assertEqual(CRITICAL, code)
            self.assertRegex(lines[0], r"^critical: the TLS certificate of ftgate-smtpd expires in 4[78] h: renew it, and run ")
            self.assertRegex("\n".join(lines), r"(?m)^certificate +localhost, mx\.example\.test, 127\.0\.0\.1, ::1, until "
                             r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
            self.assertRegex("\n".join(lines), rf"(?m)^ +127\.0\.0\.1:{smtp.port} +mx +TLS starttls +en$")
            with open(certificate.file, "w", encoding="ascii") as file:
                file.write("rubbish")
            smtp.reload()
            self.assertIn("warning", dict(self.problems(smtp.data)[1]))

    def test_texts_that_are_refused_edited_or_not_compiled_are_warned_about(self):
        smtp = self.smtpd()
        self.assertEqual((HEALTHY, []), self.problems(smtp.data))
        smtp.control("text", "set", "de", "4.28", "Das Postfach %s fehlt")
        po = smtp.overlay("de").replace(".mo", ".po")
        with open(po, encoding="utf-8") as file:
            text = file.read()
        with open(po, "w", encoding="utf-8") as file:
            file.write(text.replace("Postfach", "Fach"))
        edited = ("warning", f"{po}: texts that were edited and not compiled: 1")
        self.assertEqual((WARNING, [edited]), self.problems(smtp.data))
        done = subprocess.run([program("ftgatectl"), "--data", smtp.data, "reload"], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, env=environment(), encoding="utf-8", timeout=SECONDS)
        self.assertEqual(1, done.returncode)
        self.assertIn(f"{po}: warning: texts that were edited are not compiled: 1;", done.stderr)
        smtp.control("text", "apply", po)
        self.assertEqual((HEALTHY, []), self.problems(smtp.data))
        smtp.control("--domain", DOMAIN, "text", "set", "de", "4.28", "%s fehlt hier")
        self.assertEqual((HEALTHY, []), self.problems(smtp.data))
        (own,) = [os.path.join(folder, name) for folder, _, names in os.walk(os.path.join(smtp.data, "locale"))
                  for name in names if "@" in folder and name == "ftgate-local.po"]
        with open(own, encoding="utf-8") as file:
            text = file.read()
        with open(own, "w", encoding="utf-8") as file:
            file.write(text.replace("fehlt", "ist nicht"))
        code, lines = self.status(smtp.data)
        self.assertEqual((WARNING, f"warning: {own}: texts that were edited and not compiled: 1: run ftgatectl --domain "
                          f"{DOMAIN} text apply {own}"), (code, lines[0]))
        smtp.control("--domain", DOMAIN, "text", "apply", own)
        self.assertEqual((HEALTHY, []), self.problems(smtp.data))
        fresh = smtp.overlay("fr").replace(".mo", ".po")
        shutil.copy(po, fresh)
        self.assertEqual((WARNING, [("warning", f"{fresh}: it is not compiled, so no server reads it")]),
                         self.problems(smtp.data))
        os.unlink(fresh)
        with open(smtp.overlay("de"), "wb") as file:
            file.write(mo({("ERR_SMTP_OK", "Ok"): "%q"}))
        os.unlink(po)
        smtp.reload()
        self.assertEqual((WARNING, [("warning", "ftgate-smtpd refused texts at the last reload: 1")]),
                         self.problems(smtp.data))

    def test_program_that_was_replaced_is_to_be_restarted(self):
        with tempfile.TemporaryDirectory() as folder:
            copy = shutil.copy(program("ftgate-smtpd"), os.path.join(folder, "ftgate-smtpd"))
            smtp = self.smtpd(smtpd=copy)
            self.assertEqual((HEALTHY, []), self.problems(smtp.data))
            os.unlink(copy)
            code, problems = self.problems(smtp.data)
            self.assertEqual(WARNING, code)
            self.assertRegex(problems[0][1], r"^ftgate-smtpd runs as the program of before, \S+; \S+ is installed$")

    def test_disk_with_less_than_must_be_free_is_critical(self):
        smtp = self.smtpd()
        config = os.path.join(smtp.folder, "disk.conf")
        with open(config, "w", encoding="utf-8") as file:
            file.write("limits:\n  min-free: 1000000G\n")
        code, problems = self.problems(smtp.data, "-c", config)
        self.assertEqual(CRITICAL, code)
        self.assertRegex(problems[0][1], rf"^\d+ MiB are free at {smtp.data}$")

    def test_directory_of_another_version_is_told(self):
        smtp = self.smtpd()
        path = os.path.join(smtp.data, "ftgate.db")
        newest = sqlite3.connect(path).execute("PRAGMA user_version").fetchone()[0]
        smtp.process.terminate()
        smtp.process.wait(SECONDS)
        for version, severity in (newest + 1, "critical"), (newest - 1, "warning"):
            database = sqlite3.connect(path)
            database.execute(f"PRAGMA user_version = {version}")
            database.close()
            found = [problem for problem in self.problems(smtp.data)[1] if "schema" in problem[1]]
            self.assertEqual([severity], [problem[0] for problem in found])
            self.assertIn(str(version), found[0][1])
        database = sqlite3.connect(path)
        database.execute(f"PRAGMA user_version = {newest}")
        database.close()
        smtp.start()

    def test_queue_is_shown_and_mailboxes_that_are_down_are_critical(self):
        with FakeNextHop(RCPT="451 later") as following:
            smtp = self.smtpd(config=LIMITS + f"relay:\n  smarthost: 127.0.0.1:{following.port}\n  tls: none\n"
                              "  retry: 1h\ndelivery:\n  lmtp: 127.0.0.1:1\n")
            smtp.control("access", "add", "relay", "127.0.0.0/8")
            for recipient in b"bert@example.net", ACCOUNT.encode():
                with Talk(smtp) as talk:
                    talk.mail()
                    talk.say(b"RCPT TO:<%s>" % recipient)
                    talk.say(b"DATA")
                    talk.say(b"Subject: x\r\n\r\n.")
            wait_for(lambda: "queue          0 being sent, 1 deferred, 0 held, the oldest 0 min" in self.status(smtp.data)[1])
            self.assertEqual((CRITICAL, [("critical", "the LMTP server of the mailboxes is down")]), self.problems(smtp.data))


if __name__ == "__main__":
    main()
