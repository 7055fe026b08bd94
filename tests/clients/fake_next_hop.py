"""A fake next hop: an SMTP or LMTP server that replies as a test says, and keeps the messages that it gets."""

import re
import socket
import threading

OK = {"EHLO": "250-next.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE 1000000", "MAIL": "250 2.1.0 ok",
      "LHLO": "250-next.example\r\n250 8BITMIME", "RCPT": "250 2.1.5 ok", "DATA": "354 go", ".": "250 2.0.0 queued",
      "QUIT": "221 bye", "RSET": "250 ok", "": "220 next.example"}


class Message:
    """A message that was taken, and those who it was for."""

    def __init__(self, sender, recipients, octets):
        self.sender, self.recipients, self.octets = sender, recipients, octets


class FakeNextHop:
    """To be used in a with statement.

    answers: what is said to a command, by the beginning of its line in capitals, the longest first: a text, a list of
    texts for one connection after the other, the last one ever after, or a function that gets the connection and does
    what it likes. "" is the greeting, "." the end of a message. None closes the connection, "silence" says nothing.

    recipients_max: recipients that are accepted in a transaction; further ones get the answer recipients_over.

    tls: the context of a server, for STARTTLS, which is offered then.
    """

    def __init__(self, lmtp=False, path=None, address=("127.0.0.1", 0), recipients_max=None, recipients_over="",
                 tls=None, **answers):
        self.recipients_max, self.recipients_over = recipients_max, recipients_over
        offer = {"EHLO": OK["EHLO"].replace("PIPELINING", "STARTTLS"), "STARTTLS": "220 go"} if tls else {}
        self.tls = tls
        self.answers = {**OK, **offer, **answers}
        self.lmtp, self.path, self.address = lmtp, path, address
        self.lock = threading.Lock()
        self.messages, self.commands, self.peers = [], [], []
        self.connections = self.acknowledged = 0
        self.changed = threading.Condition(self.lock)

    def __enter__(self):
        if self.path:
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.bind(self.path)
            self.socket.listen(50)
        else:
            family = socket.AF_INET6 if ":" in self.address[0] else socket.AF_INET
            self.socket = socket.create_server(self.address, family=family, backlog=50)
            self.port = self.socket.getsockname()[1]
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.thread.join()

    def serve(self):
        while True:
            try:
                connection, peer = self.socket.accept()
            except OSError:
                return
            with self.lock:
                self.peers.append(peer[0] if peer else None)
                self.connections += 1
                number = self.connections
            threading.Thread(target=self.talk, args=(connection, number), daemon=True).start()

    @staticmethod
    def usual(key):
        return OK[key].encode() + b"\r\n"

    def answer(self, line, number):
        """What is to be said to a line."""
        keys = [key for key in self.answers if line.upper().startswith(key) and (key or not line)]
        answer = self.answers[max(keys, key=len)] if keys else "500 what?"
        return answer[min(number, len(answer)) - 1] if isinstance(answer, list) else answer

    def say(self, connection, line, number):
        """False where the connection is to be closed."""
        answer = self.answer(line, number)
        if callable(answer):
            return answer(connection)
        if answer is None:
            return False
        if answer != "silence":
            connection.sendall(answer.encode("latin-1") + b"\r\n")
        return True

    def talk(self, connection, number):
        with connection, connection.makefile("rb") as lines:
            try:
                self.converse(connection, lines, number)
            except OSError:
                pass

    def converse(self, connection, lines, number, greets=True):
        sender, recipients = None, []
        alive = not greets or self.say(connection, "", number)
        while alive and (octets := lines.readline()):
            line = octets.decode(errors="replace").rstrip("\r\n")
            with self.lock:
                self.commands.append(line)
            if line.upper().startswith("RCPT") and len(recipients) == self.recipients_max:
                connection.sendall(self.recipients_over.encode() + b"\r\n")
                continue
            verdict = self.answer(line, number)
            if callable(verdict) or (verdict or "").startswith("250"):
                address = re.match(r"(?i)(MAIL FROM|RCPT TO):<(.*?)>(?: |$)", line)
                if address and address.group(1).upper() == "MAIL FROM":
                    sender, recipients = address.group(2), []
                elif address:
                    recipients.append(address.group(2))
            alive = self.say(connection, line, number)
            if alive and self.tls and line.upper() == "STARTTLS":
                with self.tls.wrap_socket(connection, server_side=True) as secured, secured.makefile("rb") as rest:
                    self.converse(secured, rest, number, greets=False)
                return
            if alive and line.upper() == "DATA" and (callable(verdict) or verdict.startswith("354")):
                alive = self.take(connection, lines, number, sender, recipients)
            if line.upper() == "QUIT":
                return

    def take(self, connection, lines, number, sender, recipients):
        octets = b""
        broken = self.answers.get("breaks")
        while (line := lines.readline()) != b".\r\n":
            if not line:
                return False
            octets += line[1:] if line.startswith(b".") else line
            if broken and number <= broken:
                return False
        verdict, message = self.answer(".", number), Message(sender, recipients, octets)
        accepted = not callable(verdict) and (verdict or "").startswith("250")
        if accepted:
            with self.lock:
                self.messages.append(message)  # before the reply, since whoever has that looks for the message
        alive = True
        for _ in recipients if self.lmtp else [None]:
            alive = alive and self.say(connection, ".", number)
        with self.changed:
            if callable(verdict) and alive:
                self.messages.append(message)
                accepted = True
            self.acknowledged += accepted
            self.changed.notify_all()
        return alive

    def wait(self, count, seconds=30):
        """The messages, once so many were acknowledged."""
        with self.changed:
            if not self.changed.wait_for(lambda: self.acknowledged >= count, seconds):
                raise AssertionError(f"{len(self.messages)} messages instead of {count}; it was told: {self.commands}")
            return list(self.messages)
