"""Starts ftgate-pop3d, alone or beside a running ftgate-smtpd, and talks to it."""

import os

from encrypted import EncryptedTalk
from server import ACCOUNT, Server, Talk, program

PASSWORD = "correct horse"
CLEAR = "auth-in-clear: yes\n"


class Pop3Server(Server):
    """A running ftgate-pop3d, whose account's password is kept. To be used in a with statement."""

    def __init__(self, *arguments, config=CLEAR, **options):
        super().__init__(*arguments, smtpd=program("ftgate-pop3d"), config=config, **options)

    def fill(self):
        super().fill()
        self.control("account", "set", ACCOUNT, "--password-stdin", "--keep-secret", input=PASSWORD.encode() + b"\n")

    def box(self, name="erika"):
        """The Maildir of an account, whose folders are there."""
        path = os.path.join(self.data, "mail/example.test", name)
        for part in ("cur", "new", "tmp"):
            os.makedirs(os.path.join(path, part), exist_ok=True)
        return path

    def put(self, name, content, account="erika"):
        """A message, with the line ends of the disk."""
        with open(os.path.join(self.box(account), "new", name), "wb") as file:
            file.write(content)


class Pop3Talk(Talk):
    """A connection on which commands are sent and answers read. To be used in a with statement."""

    def reply(self):
        return self.input.readline(1024)

    def lines(self):
        """The further lines of an answer, the dot at the end left out."""
        lines = []
        while (line := self.input.readline()) != b".\r\n":
            if not line:
                raise EOFError(b"".join(lines))
            lines.append(line)
        return lines

    def many(self, command):
        """The first line of an answer, and the others."""
        return self.say(command), self.lines()

    def log_in(self, user=ACCOUNT, password=PASSWORD):
        self.say(b"USER " + user.encode())
        return self.say(b"PASS " + password.encode())


class EncryptedPop3Talk(Pop3Talk, EncryptedTalk):
    def stls(self, behind=b""):
        """STLS, with octets in the clear behind it, and the handshake."""
        self.socket.sendall(b"STLS\r\n" + behind)
        answer = self.reply()
        if answer.startswith(b"+OK"):
            self.encrypt()
        return answer
