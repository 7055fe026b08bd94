"""Writes GNU .mo files with any content: what msgfmt would refuse too."""

import struct

HEADER = "Content-Type: text/plain; charset=UTF-8\nPlural-Forms: nplurals=2; plural=(n != 1);\n"


def mo(texts, header=HEADER):
    """A catalogue of {(context or None, msgid): text}; texts are str or bytes and may hold anything."""
    def octets(text):
        return text if isinstance(text, bytes) else text.encode()

    entries = {b"": octets(header)}
    for (context, msgid), text in texts.items():
        entries[(b"" if context is None else octets(context) + b"\4") + octets(msgid)] = octets(text)
    count = len(entries)
    originals, translations, strings = b"", b"", b""
    start = 28 + 16 * count
    for key in sorted(entries):
        originals += struct.pack("<II", len(key), start + len(strings))
        strings += key + b"\0"
    for key in sorted(entries):
        translations += struct.pack("<II", len(entries[key]), start + len(strings))
        strings += entries[key] + b"\0"
    head = struct.pack("<IIIIIII", 0x950412DE, 0, count, 28, 28 + 8 * count, 0, start)
    return head + originals + translations + strings
