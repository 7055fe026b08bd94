"""What the tests of the site of the replies share: exporting it, and reading its pages."""

import html.parser
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "clients"))

from languages import languages, tag  # noqa: E402
from msg import BUILD, out, run  # noqa: E402, F401

TAGS = sorted(tag(name) for name in languages())
VOID = {"meta", "link", "input", "br"}


def export(folder, *arguments, **environment):
    done = run("export", "--format", "html", folder, *arguments, **environment)
    if done.returncode != 0:
        raise AssertionError(done.stderr.decode())
    return done.stdout.decode()


class Page(html.parser.HTMLParser):
    """A page: its elements in their order, each with tag, attributes, text, and the languages that its text is in."""

    def __init__(self, path):
        super().__init__()
        self.elements, self.open, self.texts = [], [], []
        with open(path, encoding="utf-8") as file:
            self.feed(file.read())
        if self.open:
            raise AssertionError(f"{path}: not closed: {self.open}")

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        inside = self.open[-1] if self.open else {"lang": None, "dir": None}
        element = {"tag": tag, "attributes": attributes, "text": "", "lang": attributes.get("lang", inside["lang"]),
                   "dir": attributes.get("dir", inside["dir"]), "inside": inside}
        self.elements.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_endtag(self, tag):
        if self.open.pop()["tag"] != tag:
            raise AssertionError(f"</{tag}> closes another element, {self.getpos()}")

    def handle_data(self, data):
        for element in self.open:
            element["text"] += data
        if self.open and data.strip():
            self.texts.append((self.open[-1], data))

    def all(self, tag=None, **attributes):
        """The elements of a tag with these attributes; class_ for class."""
        wanted = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
        return [element for element in self.elements if tag in (None, element["tag"]) and
                all(value in (element["attributes"].get(name) or "").split() for name, value in wanted.items())]

    def anchors(self):
        return [element["attributes"]["id"] for element in self.elements if "id" in element["attributes"]]


class Folder(unittest.TestCase):
    """A suite with one export of all languages, in self.site, and a folder for each test, self.folder."""

    @classmethod
    def setUpClass(cls):
        whole = tempfile.TemporaryDirectory()
        cls.addClassCleanup(whole.cleanup)
        cls.site = os.path.join(whole.name, "site")
        export(cls.site)

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def page(self, name, site=None):
        return Page(os.path.join(site or self.site, name))
