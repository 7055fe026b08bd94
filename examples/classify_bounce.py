#!/usr/bin/python3
"""Classifies bounces by what `ftgate-msg export --format json` says of the reply that they quote.

    ftgate-msg export --format json > replies.json
    classify_bounce.py --replies replies.json --lang de bounce.eml

A bounce is a message with a report for programs (RFC 3464, RFC 6533), or plain text: a reply, a line of a log. For each recipient
of the report, or each reply of the text, one result says which reply of ftgate it was, whether it is temporary or permanent,
why, and what the sender and the operator can do. A reply without a reference of ftgate is another server's: that is said, and
its codes tell whether it is temporary. Exit status: 0 if each result has a reference, 1 if not, also if one is another server's; 2
if something cannot be read.

A bounce is written by strangers. Of each, the first 4 MiB are read; a message that is nested deeper than people write is read as
plain text; what cannot be decoded is replaced; no octet of it can control a terminal.
"""

import argparse
import codecs
import email
import email.errors
import email.message
import itertools
import json
import re
import sys

SCHEMA = 1
OCTETS_MAX = 4 * 1024 * 1024
LINES_MAX = 100_000
MULTIPARTS_MAX = 20   # the time that Python's parser takes is lines times nesting,
TYPE_MAX = 2000       # and the square of the octets of a Content-Type
PARTS_MAX = 200
RECIPIENTS_MAX = 1000
TEXT_MAX = 2000       # characters of a field that are kept

TYPE = re.compile(rb"^content-type:.*(?:\n[ \t].*)*", re.I | re.M)
REPORTS = ("message/delivery-status", "message/global-delivery-status")
RETURNED = ("message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers")
CHARSETS = re.compile(r"(utf-?(8|16|32)|us-?ascii|iso-?8859|latin|cp\d|windows|koi8|gb|big5|euc|shift|mac)", re.I)
BIDI = dict.fromkeys(map(ord, "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"))

# A reference at the end of a reply, which a program that copied right-to-left text can have turned around.
REFERENCE = re.compile(r"\(#(\d\.\d\d)\)|\((\d\.\d\d)#\)")
CODE = re.compile(r"(?<![\w.#-])([245]\d\d(?=[ -])|(?:-ERR|\+OK)(?= ))(?:[ -](?P<status>[245]\.\d{1,3}\.\d{1,3})(?![\w.]))?")
STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
# Behind such a line qmail, Exim and others return the message, in which anything can stand. All its dashes are taken at once:
# else the time for a line of dashes is the square of their number.
COPY = re.compile(r"-{2,}(?!-) ?(?:this is a copy|below this line|original message|the (?:body|header)|.*follow)|original message headers:", re.I)
ACTIONS = {"failed": "permanent", "delayed": "temporary", "delivered": "success", "relayed": "success", "expanded": "success"}
CLASSES = {"+": "success", "2": "success", "4": "temporary", "5": "permanent"}


class Replies:
    """The export, by reference."""

    def __init__(self, text):
        try:
            exported = json.loads(text)
        except ValueError:
            exported = None
        if not isinstance(exported, dict) or exported.get("format") != "ftgate-replies":
            raise ValueError("this is not what 'ftgate-msg export --format json' prints")
        if exported.get("schema") != SCHEMA:
            raise ValueError(f"it has schema {exported.get('schema')!r}, and this program knows {SCHEMA}")
        self.rows = {}
        for row in exported["replies"]:
            self.rows.setdefault(row["ref"], []).append(row)
        self.languages = {tag for row in exported["replies"] for tag in row["explanations"]}

    def find(self, reference, code):
        """The row of a reference behind a code. None if ftgate sends no such reply: then another program uses such numbers.
        A reason (#1.00, #2.02) is none: it stands in the words of a reply."""
        rows = [row for row in self.rows.get(reference, []) if row["service"] not in ("mailbox", "secpol")]
        if not code:
            return rows[0] if rows else None
        sent = [(row, {row[profile]["reply"] for profile in ("published", "strict") if row[profile]}) for row in rows]
        exact = [row for row, codes in sent if code in codes]
        near = [row for row, codes in sent if code[0] in {known[0] for known in codes}]
        return (exact + near + [None])[0]


def candidates(language):
    """The tags under which the words of a language can be: pt-BR, then pt."""
    return ["-".join(language.split("-")[:n]) for n in range(language.count("-") + 1, 0, -1)]


def explanation(row, language):
    """What is said of a row in a language, each text in English if the language does not have it."""
    known = row["explanations"]
    told = next((known[tag] for tag in candidates(language) if tag in known), {})
    return {name: told.get(name, known["en"][name]) for name in ("cause", "sender", "operator")}


def fields(block):
    """The fields of a block of a report, with names in lower case."""
    found = {}
    for name, value in block.raw_items():
        value = str(value).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        found.setdefault(name.lower(), " ".join(value.split())[:TEXT_MAX])
    return found


def decoded(part):
    """The text of a part in its charset, else in UTF-8."""
    octets = part.get_payload(decode=True) or b""
    charset = str(part.get_param("charset", "utf-8"))
    try:
        if CHARSETS.match(charset):
            return octets.decode(codecs.lookup(charset).name, "replace")
    except (LookupError, UnicodeError, ValueError):
        pass
    return octets.decode("utf-8", "replace")


def blocks(part):
    """The blocks of a report. Python knows those of RFC 3464; it takes one of RFC 6533, which can be encoded, for a message."""
    if part.get_content_type() == REPORTS[0]:
        return part.get_payload() if part.is_multipart() else []
    whole = email.message.Message()
    whole["Content-Transfer-Encoding"] = str(part.get("content-transfer-encoding", "8bit"))
    inner = part.get_payload()
    whole.set_payload(inner[0].as_bytes().decode("ascii", "surrogateescape") if isinstance(inner, list) else inner)
    text = decoded(whole).replace("\r\n", "\n").strip("\n")
    return [email.message_from_string(block) for block in re.split(r"\n{2,}", text, maxsplit=RECIPIENTS_MAX + 1)]


def parts(message):
    """The leaves of a message, but not those of the message that is returned."""
    waiting = [message]
    for _ in range(PARTS_MAX):
        if not waiting:
            return
        part = waiting.pop(0)
        kind = part.get_content_type()
        if kind in RETURNED:
            continue
        if kind not in REPORTS and part.is_multipart():
            waiting[:0] = part.get_payload()
        else:
            yield kind, part


def read_message(octets):
    """The recipients of its report, each as fields, and what people read in it. None if it is no message."""
    types = [found[0] for found in TYPE.finditer(octets)]
    if sum(b"multipart/" in found.lower() for found in types) > MULTIPARTS_MAX or max(map(len, types), default=0) > TYPE_MAX:
        return None
    try:
        message = email.message_from_bytes(octets)
        if not ("from" in message or "content-type" in message):
            return None
        recipients, text = [], []
        for kind, part in parts(message):
            if kind in REPORTS:
                recipients += [found for found in map(fields, blocks(part)) if "final-recipient" in found]
            elif kind == "text/plain":
                text.append(decoded(part))
        return recipients[:RECIPIENTS_MAX], "\n".join(text)
    except (email.errors.MessageError, LookupError, ValueError, TypeError, AttributeError, RecursionError):
        return None


def references(text):
    """Each reference of a text, and the reply code and status before it in its line or in those that it continues."""
    code, status = None, None
    for line in text.translate(BIDI).splitlines():
        line = line[:TEXT_MAX]
        if COPY.match(line):
            return
        found = list(REFERENCE.finditer(line))
        before = [match for match in CODE.finditer(line) if not found or match.start() < found[-1].start()]
        if before:
            code, status = before[-1][1], before[-1]["status"]
        if found:
            yield found[-1][1] or found[-1][2], code, status, line.strip()
        if found or not line.strip():
            code, status = None, None


def value_of(field):
    """The value of "smtp; 550 ..." and "rfc822; anna@example.org"."""
    return field.partition(";")[2].strip() if ";" in field else field


def result(replies, language, reference=None, code=None, status=None, **about):
    row = replies.find(reference, code) if reference else None
    known = {"reference": None, "id": None, "reason": None}
    if row:
        known = {"reference": row["ref"], "id": row["id"], "reason": row["reason"], **explanation(row, language)}
    return {**about, "code": code, "status": status, **known}


def of_recipient(replies, language, found):
    """The result for a recipient of a report: the reply that it quotes counts, then what it says itself."""
    reply = value_of(found.get("diagnostic-code", ""))
    quoted = list(references(reply))
    code = CODE.search(reply)
    status = STATUS.match(found.get("status", ""))
    reference, code, own = quoted[-1][:3] if quoted else (None, code and code[1], code and code["status"])
    status = own or (status and status[0])
    outcome = ACTIONS.get(found.get("action", "").lower()) or CLASSES.get((status or "?")[0])
    return result(replies, language, reference, code, status, recipient=value_of(found["final-recipient"]), reply=reply or None,
                  outcome=outcome)


def of_text(replies, language, text):
    """The results for a text: one for each of its references, or one for the first reply without."""
    results = [result(replies, language, reference, code, status, recipient=None, reply=line, outcome=CLASSES.get((code or "?")[0]))
               for reference, code, status, line in itertools.islice(references(text), RECIPIENTS_MAX)]
    known = [one for one in results if one["reference"]]
    for one in known:
        (row,) = [row for row in replies.rows[one["reference"]] if row["id"] == one["id"]]
        one["outcome"] = one["outcome"] or (row["published"] or {"outcome": None})["outcome"]
    if known:
        return known
    for line in text.splitlines():
        code = CODE.search(line)
        if code:
            return [result(replies, language, None, code[1], code["status"], recipient=None, reply=line.strip()[:TEXT_MAX],
                           outcome=CLASSES.get(code[1][0]))]
    return []


def classify(replies, language, octets):
    """The results for a bounce."""
    octets = octets[:OCTETS_MAX].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    octets = b"\n".join(octets.split(b"\n", LINES_MAX)[:LINES_MAX])
    recipients, text = read_message(octets) or ([], octets.decode("utf-8", "replace"))
    if not recipients:
        return of_text(replies, language, text)
    results = [of_recipient(replies, language, found) for found in recipients]
    # A report of ftgate without a reply: the server itself gave up, and the text for people has the reference.
    if len(results) == 1 and not results[0]["reply"]:
        told = of_text(replies, language, text)
        results = [{**told[-1], "recipient": results[0]["recipient"], "status": results[0]["status"],
                    "outcome": results[0]["outcome"]}] if told and told[-1]["reference"] else results
    return results


def printable(text):
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in str(text))


def print_result(name, one):
    print(printable(f"{name}: {one['recipient'] or 'a reply'}: {one['outcome'] or 'unknown'}"))
    if one["reply"]:
        print("    " + printable(one["reply"]))
    if not one["reference"]:
        print("    no reference of ftgate: " + ("this is the reply of another server" if one["reply"] else "it quotes no reply"))
        return
    print(f"    #{one['reference']} {one['id']}, reason: {one['reason'] or 'none'}")
    for label, member in ("cause", "cause"), ("sender", "sender"), ("operator", "operator"):
        print(f"    {label}: {printable(one[member])}")


def read(path):
    if path == "-":
        return sys.stdin.buffer.read(OCTETS_MAX)
    with open(path, "rb") as file:
        return file.read(OCTETS_MAX)


def complain(text):
    print(f"classify_bounce.py: {printable(text)}", file=sys.stderr)


def read_replies(path, language):
    try:
        with open(path, encoding="utf-8") as file:
            replies = Replies(file.read())
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path}: {error}") from error
    if not replies.languages.intersection(candidates(language)):
        complain(f"{path} has no explanations in '{language}'; these are English")
    return replies


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0], epilog="Exit status: 0 if each result has a reference "
                                     "of ftgate, 1 if not, also if one is the reply of another server; 2 if something cannot be read.")
    parser.add_argument("--replies", required=True, metavar="FILE", help="what 'ftgate-msg export --format json' has printed")
    parser.add_argument("--lang", default="en", metavar="TAG", help="language of causes and cures: de, pt-BR; default: en")
    parser.add_argument("--json", action="store_true", help="print a line of JSON for each result")
    parser.add_argument("bounce", nargs="*", default=["-"], help="files with a bounce each; default: standard input")
    options = parser.parse_args()
    results = []
    language = options.lang.replace("_", "-")
    try:
        replies = read_replies(options.replies, language)
        for path in options.bounce:
            found = classify(replies, language, read(path))
            results += [(path, one) for one in found]
            if not found:
                complain(f"{path}: there is no reply in it")
    except (OSError, ValueError, KeyError, TypeError) as error:
        complain(error)
        return 2
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    for path, one in results:
        if options.json:
            print(json.dumps({"file": path, **one}))
        else:
            print_result(path, one)
    return 0 if results and all(one["reference"] for _, one in results) else 1


if __name__ == "__main__":
    sys.exit(main())
