#!/usr/bin/env python3
"""What the linker sees in the objects of a build: one meaning a name, no circles of files.

    symbols.py BUILD

An external function or variable is defined once in all modules, also in those that no program links together; so is
a struct or an enum of ours in all sources. External names begin with bl_, or cli_ in the command. Within a module the
sources that need each other form no circle, but for those in CIRCLES.
"""

import collections
import pathlib
import re
import subprocess
import sys

from common import OWN, ROOT, Report, code, files

# Real recursion: a value holds values.
CIRCLES = [{f"lib/json/yaml_change{part}.c" for part in ("", "_block", "_flow")}]

LINE = re.compile(r"^(?P<object>[^:]+\.c)\.o:\s*[0-9a-f]*\s+(?P<type>\w)\s+(?P<name>\S+)$")
TAG = re.compile(r"^((?:struct|enum) bl_\w+) \{", re.MULTILINE)
# What compilers and sanitizers add.
FOREIGN = re.compile(r"^(_|asan\.|__|_GLOBAL)")


def read(folder):
    """(where each external name is defined, which names each source needs) of one library's objects."""
    defined, needed = {}, collections.defaultdict(set)
    objects = sorted(path.relative_to(folder) for path in folder.rglob("*.c.o"))
    # A build folder keeps what was built of sources that are gone.
    objects = [path for path in objects if (ROOT / path.with_suffix("")).is_file()]
    listing = subprocess.run(["nm", "-A", *objects], capture_output=True, text=True, check=True, cwd=folder).stdout
    for match in filter(None, map(LINE.match, listing.splitlines())):
        if match["type"] == "U":
            needed[match["object"]].add(match["name"])
        elif match["type"] in "TDRB" and not FOREIGN.match(match["name"]):
            defined[match["name"]] = match["object"]
    return defined, needed


def circles(graph):
    """Strongly connected components of more than one node (Tarjan)."""
    index, low, stack, found = {}, {}, [], []

    def visit(node):
        index[node] = low[node] = len(index)
        stack.append(node)
        for other in sorted(graph[node]):
            if other not in index:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], index[other])
        if low[node] == index[node]:
            circle = {stack.pop()}
            while node not in circle:
                circle.add(stack.pop())
            if len(circle) > 1:
                found.append(circle)

    for node in sorted(graph):
        if node not in index:
            visit(node)
    return found


def check_circles(library, defined, needed, say):
    graph = {name: set() for name in defined.values()}
    for name, symbols in needed.items():
        graph.setdefault(name, set())
        graph[name] |= {defined[symbol] for symbol in symbols if symbol in defined} - {name}
    for circle in circles(graph):
        if circle in CIRCLES:
            continue
        calls = [f"{name} needs {symbol} of {defined[symbol]}" for name in sorted(circle)
                 for symbol in sorted(needed[name]) if defined.get(symbol) in circle - {name}]
        say(f"{library}: {', '.join(sorted(circle))} need each other:\n    " + "\n    ".join(calls))


def check_tags(report):
    """A struct of ours has one meaning."""
    homes = collections.defaultdict(list)
    for path in files(OWN, ".c", ".h"):
        text = code(path.read_text(encoding="utf-8"))
        for match in TAG.finditer(text):
            homes[match[1]].append((path, text.count("\n", 0, match.start()) + 1))
    for tag, places in sorted(homes.items()):
        for path, line in places[1:]:
            report.fail(path, line, f"{tag} has another meaning in {places[0][0].name}")


def main():
    report = Report("symbols")
    homes = {}

    def say(text):
        report.problems += 1
        print(f"error: {text}")

    build = pathlib.Path(sys.argv[1])
    for library in sorted(path.stem.removeprefix("libballast-") for path in build.glob("libballast-*.a")):
        report.looked += 1
        defined, needed = read(build / "CMakeFiles" / f"{library}.dir")
        for name, where in defined.items():
            if name in homes:
                say(f"{name} is defined in {homes[name]} and in {where}")
            if not name.startswith(("bl_", "cli_")):
                say(f"{where}: {name} is external and does not begin with bl_")
            homes[name] = where
        check_circles(library, defined, needed, say)
    check_tags(report)
    report.finish()


main()
