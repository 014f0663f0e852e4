#!/usr/bin/env python3
"""clang-tidy over everything that we ship.

    tidy.py BUILD    a build folder with compile_commands.json, made with clang

What was found good is not looked at again while neither the file, nor anything that it includes, nor the settings change:
a mark for each lies in ~/.cache/ballast/tidy. What is not good leaves none.
"""

import concurrent.futures
import hashlib
import json
import os
import pathlib
import shlex
import shutil
import subprocess
import sys

from common import ROOT

OURS = ("lib", "policies", "cli", "webhook", "controller")
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "ballast" / "tidy"


def find(*names):
    tool = next((tool for tool in map(shutil.which, names) if tool), None)
    if not tool:
        sys.exit(f"tidy: {names[-1]} is missing; scripts/test.sh installs it")
    return tool


def fingerprint(entry, settings):
    """Of what the compiler sees of it, without the folder that it lies in; None where it cannot be compiled."""
    command = shlex.split(entry["command"])
    at = command.index("-o")
    seen = subprocess.run([*command[:at], "-E", "-o", "-", *command[command.index("-c") + 1:]], capture_output=True,
                          cwd=entry["directory"])
    if seen.returncode:
        return None
    text = seen.stdout.replace(str(ROOT).encode(), b"")
    return hashlib.sha256(settings + pathlib.Path(entry["file"]).read_bytes() + text).hexdigest()


def look(entry, tool, build, settings):
    """What is wrong with it, or None."""
    key = fingerprint(entry, settings)
    mark = CACHE / key if key else None
    if mark and mark.exists():
        mark.touch()
        return None
    done = subprocess.run([tool, "-quiet", "-p", build, entry["file"]], capture_output=True, text=True)
    if done.returncode:
        return done.stdout + done.stderr
    if mark:
        mark.touch()
    return None


def main():
    build = str(pathlib.Path(sys.argv[1]).resolve())
    tool = find("clang-tidy-14", "clang-tidy")
    version = subprocess.run([tool, "--version"], capture_output=True, check=True).stdout
    settings = version + (ROOT / ".clang-tidy").read_bytes()
    entries = [entry for entry in json.loads(pathlib.Path(build, "compile_commands.json").read_text())
               if pathlib.Path(entry["file"]).relative_to(ROOT).parts[0] in OURS]
    CACHE.mkdir(parents=True, exist_ok=True)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        found = list(pool.map(lambda entry: look(entry, tool, build, settings), entries))
    for text in filter(None, found):
        print(text)
    print(f"tidy: {len(entries)} files, {sum(map(bool, found))} problems")
    sys.exit(1 if any(found) or not entries else 0)


if __name__ == "__main__":
    main()
