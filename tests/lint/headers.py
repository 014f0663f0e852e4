#!/usr/bin/env python3
"""Headers: a guard named after module and file, and each one compiles when it is included alone."""

import concurrent.futures
import os
import re
import subprocess

from common import OWN, ROOT, Report, below_module, files, module, module_folder

FLAGS = "-std=gnu17 -D_GNU_SOURCE -Wall -Wextra -Wpedantic -Werror -fsyntax-only -x c -".split()


def guard(path):
    """BALLAST_<MODULE>_<PATH>_H; _PRIVATE_H where a public header of the module has the same path."""
    below = below_module(path)
    name = re.sub(r"[^A-Z0-9]", "_", below.with_suffix("").as_posix().upper())
    public = ROOT / "include/ballast" / module(path) / below
    suffix = "_PRIVATE_H" if public.exists() and public != path else "_H"
    return f"BALLAST_{module(path).upper()}_{name}{suffix}"


def check_guard(report, path):
    text = path.read_text(encoding="utf-8")
    wanted = guard(path)
    found = re.search(r"^#ifndef (\w+)\n#define (\w+)$", text, re.MULTILINE)
    if not found:
        report.fail(path, 1, f"has no include guard; it should be {wanted}")
    elif {found.group(1), found.group(2)} != {wanted}:
        line = text.count("\n", 0, found.start()) + 1
        report.fail(path, line, f"include guard is {found.group(1)}; it should be {wanted}")


def compile_alone(path):
    """The compiler's message, or None. Included twice: the guard has to work."""
    line = f'#include "{path}"\n'
    # -Wpedantic minds an empty translation unit; clang the statement expression in BL_STEAL.
    command = [os.environ.get("CC", "cc"), "-I", str(ROOT / "include"), "-I", str(module_folder(path)), *FLAGS]
    result = subprocess.run(
        command, input=line + line + "extern int nothing;\n", capture_output=True, text=True, check=False
    )
    return result.stderr if result.returncode else None


def main():
    report = Report("headers")
    headers = files(OWN, ".h")
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for path, message in zip(headers, pool.map(compile_alone, headers), strict=False):
            report.looked += 1
            check_guard(report, path)
            if message:
                report.fail(path, 1, f"does not compile alone:\n{message}")
    report.finish()


main()
