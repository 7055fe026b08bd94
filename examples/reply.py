#!/usr/bin/python3
"""A reply in a language, by libftgate through ctypes. The command that runs it:

python3 reply.py "$(pkg-config --variable=localedir ftgate)" de ERR_SMTP_ADDRESS_UNKNOWN nobody@example.org
"""

import ctypes
import os
import sys
from ctypes import POINTER, c_bool, c_char_p, c_int, c_size_t, c_uint, c_ulong, c_void_p

# Numbers and structs of the headers, which stay the same for libftgate.so.0.
ARGS_MAX, PROFILES, VARS, REPLY_MAX = 2, 2, 6, 6144
ARG_NONE, ARG_REASON, ARG_COUNT = 0, 6, 7
ASCII, UTF8 = 0, 1


class Code(ctypes.Structure):
    _fields_ = [("reply", c_char_p), ("status", c_char_p)]


class Row(ctypes.Structure):
    _fields_ = [("id", c_char_p), ("ref", c_char_p), ("service", c_uint), ("code", Code * PROFILES), ("args", c_uint * ARGS_MAX), ("text", c_char_p * 2)]


class Arg(ctypes.Structure):
    _fields_ = [("text", c_char_p), ("len", c_size_t), ("number", c_ulong)]


class Reply(ctypes.Structure):
    _fields_ = [("id", c_uint), ("arg", Arg * ARGS_MAX)]


class Vars(ctypes.Structure):
    _fields_ = [("value", c_char_p * VARS)]


class Voice(ctypes.Structure):
    _fields_ = [("catalog", c_void_p), ("language", c_int), ("bilingual", c_bool), ("second", c_int), ("encoding", c_uint),
                ("link", c_uint), ("vars", POINTER(Vars)), ("audience", c_uint), ("domain", c_int), ("text", c_void_p)]


class Sources(ctypes.Structure):
    _fields_ = [("locale", c_char_p), ("overlay", c_char_p), ("preferences", POINTER(c_char_p)), ("profile", c_uint), ("draft", c_void_p)]


class Refusal(ctypes.Structure):
    _fields_ = [("file", c_char_p), ("language", c_char_p), ("whole_file", c_bool), ("id", c_uint), ("rule", c_uint),
                ("detail", c_char_p), ("audience", c_uint)]


Report = ctypes.CFUNCTYPE(None, c_void_p, POINTER(Refusal))

library = ctypes.CDLL("libftgate.so.0", use_errno=True)
for name, result, *arguments in (
    ("ftg_catalog_open", c_void_p, POINTER(Sources), Report, c_void_p),
    ("ftg_catalog_free", None, c_void_p),
    ("ftg_catalog_find", c_int, c_void_p, c_char_p),
    ("ftg_id_find", c_uint, c_char_p),
    ("ftg_row", POINTER(Row), c_uint),
    ("ftg_rule_name", c_char_p, c_uint),
    ("ftg_render", c_size_t, c_char_p, POINTER(Voice), POINTER(Reply)),
):
    function = getattr(library, name)
    function.restype, function.argtypes = result, arguments


def find(name):
    """The number of an ID. No reply has the name "", so its number is that of no reply."""
    number = library.ftg_id_find(name.encode())
    if number >= library.ftg_id_find(b""):
        raise ValueError(f"there is no reply '{name}'; 'ftgate-msg list' prints the IDs")
    return number


@Report
def print_refusal(_context, refusal):
    """The strings of a refusal are valid during the call only."""
    it = refusal.contents
    print(f"{os.fsdecode(it.file)}: {library.ftg_rule_name(it.rule).decode()}: {it.detail.decode()}", file=sys.stderr)


class Catalog:
    """Owns an ftg_catalog, which is freed at the end of its block."""

    def __init__(self, locale):
        self.handle = library.ftg_catalog_open(Sources(locale=os.fsencode(locale)), print_refusal, None)
        if self.handle is None:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), locale)

    def __enter__(self):
        return self

    def __exit__(self, *_fault):
        library.ftg_catalog_free(self.handle)
        self.handle = None

    def render(self, name, *values, language="", encoding=UTF8):
        """The octets of a reply: a value is bytes, the name of a reason or a number, as the row of the reply demands."""
        reply = Reply(id=find(name))
        kinds = [kind for kind in library.ftg_row(reply.id).contents.args if kind != ARG_NONE]
        for at, (kind, value) in enumerate(zip(kinds, values, strict=True)):
            if kind == ARG_COUNT:
                reply.arg[at].number = value
            elif kind == ARG_REASON:
                reply.arg[at].number = find(value)
            else:
                reply.arg[at] = Arg(value, len(value), 0)  # refers to value, which outlives the reply
        voice = Voice(catalog=self.handle, language=library.ftg_catalog_find(self.handle, language.encode()), encoding=encoding)
        octets = ctypes.create_string_buffer(REPLY_MAX)
        length = library.ftg_render(octets, voice, reply)
        return octets.raw[:length]


def main():
    if len(sys.argv) < 4:
        sys.exit("usage: reply.py LOCALEDIR LANGUAGE ID [ARGUMENT...]")
    locale, language, name, *words = sys.argv[1:]
    with Catalog(locale) as catalog:
        kinds = [kind for kind in library.ftg_row(find(name)).contents.args if kind != ARG_NONE]
        if len(words) != len(kinds):
            raise ValueError(f"the number of arguments of {name} is {len(kinds)}, not {len(words)}")
        values = [int(word) if kind == ARG_COUNT else word if kind == ARG_REASON else os.fsencode(word) for kind, word in zip(kinds, words)]
        sys.stdout.buffer.write(catalog.render(name, *values, language=language))


if __name__ == "__main__":
    try:
        main()
    except (OSError, ValueError) as fault:
        sys.exit(f"reply.py: {fault}")
