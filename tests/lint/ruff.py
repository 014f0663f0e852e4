#!/usr/bin/env python3
"""Python is linted by ruff (PyPI), at one version, which is fetched once into the cache where it is not there."""

import os
import pathlib
import subprocess
import sys

from common import ROOT

VERSION = "0.8.4"
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "ballast" / f"ruff-{VERSION}"


def program():
    """The path of ruff, which pip brings as a wheel with one program in it."""
    path = CACHE / "bin" / "ruff"
    if not path.exists():
        subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target", str(CACHE),
                        f"ruff=={VERSION}"], check=True)
    return path


def main():
    files = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.py"], cwd=ROOT, check=True,
                           capture_output=True, text=True).stdout.split()
    files = [name for name in files if (ROOT / name).exists()]
    result = subprocess.run([program(), "check", "--no-cache", "--config", "tests/lint/ruff.toml", "--output-format", "concise",
                             *sys.argv[1:], *files], cwd=ROOT, check=False)
    print(f"ruff {VERSION}: {len(files)} files")
    sys.exit(result.returncode)


main()
