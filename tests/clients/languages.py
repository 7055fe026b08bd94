"""The languages of po/LINGUAS: their tags, and how their texts stand on the UTF-8 wire."""

import os
import re

from server import SOURCE

REGIONS = {"zh_CN": "zh-Hans", "zh_TW": "zh-Hant"}
RTL = {"ar", "fa", "he"}
RLI, PDI, LRM = "\u2067", "\u2069", "\u200e"


def languages():
    with open(os.path.join(SOURCE, "po/LINGUAS"), encoding="ascii") as file:
        return [word for line in file if not line.startswith("#") for word in line.split()]


def tag(name):
    """The tag of a locale name by RFC 5646."""
    return REGIONS.get(name, name.replace("@latin", "-Latn").replace("_", "-"))


def on_wire(name, text, reference):
    """A text and its reference as a client of UTF-8 gets them: an isolate and a mark if it runs from right to left."""
    if name in RTL and not text.isascii():
        return f"{RLI}{text}{PDI} {LRM}({reference})"
    return f"{text} ({reference})"


def fill_in(text, arguments):
    """Puts arguments into %s, %lu and %2$lu, each of which a text may leave out."""
    values = iter(arguments)

    def value(found):
        return str(arguments[int(found[1][:-1]) - 1] if found[1] else next(values))

    return re.sub(r"%(\d\$)?(?:s|lu)", value, text)
