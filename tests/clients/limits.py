"""Tests that are run in German and in English, under both sets of codes."""

from server import ACCOUNT, SANITIZED, Server, TestCase, render

HOST = "mx.example.test"


class LimitsCase(TestCase):
    """Knows what each reply is in the language and the profile of its class; see four_ways()."""

    language = None
    profile = "published"

    def server(self, limits="", listeners=""):
        """A server with these limits, one a line, and all others at their defaults. What it queues stays there."""
        lines = "".join(f"  {line.strip()}\n" for line in limits.strip().splitlines())
        config = f"{listeners}limits:\n{lines}" if lines else listeners
        if "relay:" not in config:
            config += "relay:\n  send: no\n"
        return Server("--hostname", HOST, "--profile", self.profile, "--workers", "2", config=config,
                      **{"LANG": self.language or "C"})

    def says(self, reply_id, *arguments):
        answer = render(self.language, reply_id, *arguments, profile=self.profile)
        return answer.replace(b"localhost", HOST.encode())

    def rcpt(self, talk, address=ACCOUNT):
        return talk.say(b"RCPT TO:<%s>" % address.encode())

    def assertClosed(self, talk):
        """Nothing more comes. A command that crossed the last reply makes the kernel reset the connection."""
        try:
            self.assertEqual(b"", talk.input.read())
        except ConnectionResetError:
            pass

    def assertAccepted(self, talk, address=ACCOUNT):
        self.assertEqual(self.says("ERR_SMTP_RCPTOK"), self.rcpt(talk, address))


def four_ways(names, *cases):
    """
    Adds a class for each language and profile to the names of a module, in place of the cases themselves. Under a sanitizer, each case runs in one way, in turn: the limits are the same code in each, and all replies are rendered elsewhere.
    """
    ways = [(language, profile) for language in (None, "de") for profile in ("published", "strict")]
    for number, case in enumerate(cases):
        for language, profile in [ways[(number + 3) % 4]] if SANITIZED else ways:
            name = f"{case.__name__}_{language or 'en'}_{profile}"
            names[name] = type(name, (case,), {"language": language, "profile": profile})
        del names[case.__name__]
