#!/usr/bin/env python3
"""Checks the files of an installation: usage: installed_files.py PREFIX FOLDER, where FOLDER has what belongs to PREFIX.

The units name programs that are installed; each link of the documentation leads to a file; each manual page that is named
is installed."""

import os
import re
import sys

prefix, folder = sys.argv[1:]
faults = []


def check(fine, fault):
    if not fine:
        faults.append(fault)


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def files(*below):
    return sorted(os.path.join(at, name) for at, _, names in os.walk(os.path.join(folder, *below)) for name in names)


def check_units():
    units = files("lib", "systemd", "system")
    check([os.path.basename(path) for path in units] == [f"ftgate-{name}" for name in (
        "mapd.service", "pop3d.service", "pop3d.socket", "smtpd.service", "smtpd.socket")], f"the units are {units}")
    for path in units:
        text = read(path)
        check(not re.search(r"@\w+@", text), f"{path} has a path that is not filled in")
        config = "mapd.conf" if "mapd" in path else "ftgate.conf"
        check(re.findall(r"(?m)^ConditionPathExists=(.*)$", text) == ["/etc/ftgate/" + config], f"{path} starts without a configuration")
    for path in (path for path in units if path.endswith(".service")):
        commands = re.findall(r"(?m)^Exec\w+=(\S+) (.*)$", read(path))
        check(len(commands) == 2, f"{path} has {len(commands)} commands")
        # The package of ftgate-mapd has no ftgatectl, which reloads the others.
        for program, options in (command for command in commands if command != ("/bin/kill", "-HUP $MAINPID")):
            check(program.startswith(prefix + "/") and os.access(folder + program.removeprefix(prefix), os.X_OK), f"{path}: no program {program}")
            check("--data /var/lib/ftgate" in options, f"{path}: {program} has other data")
        check("StateDirectory=ftgate\n" in read(path), f"{path} makes no data folder")


def check_links():
    pages = [path for path in files("share", "doc", "ftgate") if path.endswith(".md")]
    check(len(pages) >= 10, f"{len(pages)} pages of documentation")
    for path in pages:
        text = re.sub(r"(?m)^    .*$|`[^`\n]*`", "", read(path))
        for link in re.findall(r"\]\(([^)\s]+)\)", text):
            name, _, heading = link.partition("#")
            target = os.path.normpath(os.path.join(os.path.dirname(path), name)) if name else path
            if re.match(r"\w+:", link):
                continue
            if not os.path.exists(target):
                faults.append(f"{path}: the link {link} leads nowhere")
            elif heading:
                headings = {re.sub(r"[^\w -]", "", line.lower()).replace(" ", "-") for line in re.findall(r"(?m)^#+ (.*)$", read(target))}
                check(heading in headings, f"{path}: {link} has no such heading")


def check_manuals():
    manuals = files("share", "man")
    installed = {os.path.basename(path).removesuffix(".gz") for path in manuals}
    check(len(installed) >= 6, f"{len(installed)} manual pages")
    named = r"(?:ftgate[\w.-]*|ftgatectl)"
    for path in manuals:
        for name, section in re.findall(rf"(?m)^\.Xr ({named}) (\d)", read(path)):
            check(f"{name}.{section}" in installed, f"{path}: {name}({section}) is not installed")
    for path in files("share", "doc", "ftgate") + files("lib", "systemd", "system"):
        if path.endswith(".png"):
            continue
        for name, section in re.findall(rf"\b({named})\((\d)\)", read(path)):
            check(f"{name}.{section}" in installed, f"{path}: {name}({section}) is not installed")


def check_schema():
    installed, documented = (os.path.join(folder, *below, "ftgate-replies-1.schema.json")
                             for below in (("share", "ftgate"), ("share", "doc", "ftgate", "docs")))
    check(read(installed) == read(documented), "the schema of the replies differs from that of the documentation")


def check_examples():
    program = os.path.join(folder, "share", "doc", "ftgate", "examples", "classify_bounce.py")
    check(os.access(program, os.X_OK), f"{program} is no program")


check_units()
check_schema()
check_examples()
check_links()
check_manuals()
sys.exit("\n".join(faults) or 0)
