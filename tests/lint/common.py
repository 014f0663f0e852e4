"""What the checks in this folder share: the tree's files, C without comments and strings, a report."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]

# Folders whose C we ship. A folder that does not exist yet is empty.
OWN = ("include", "lib", "policies", "cli", "webhook", "controller")


def files(folders, *suffixes):
    """Sorted paths below the folders whose name ends in one of the suffixes."""
    found = []
    for folder in folders:
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and path.name.endswith(suffixes):
                found.append(path)
    return sorted(found)


def documents():
    """Every Markdown file of the tree, build folders and hidden ones left out."""
    found = list(ROOT.glob("*.md"))
    for folder in ROOT.iterdir():
        if folder.is_dir() and folder.name != "build" and not folder.name.startswith("."):
            found += folder.rglob("*.md")
    return sorted(found)


def blank(match):
    """Spaces in place of the text, so that lines and columns stay."""
    return re.sub(r"[^\n]", " ", match.group(0))


def code(text):
    """C with comments, strings and characters blanked out."""
    return re.sub(
        r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", blank, text, flags=re.DOTALL
    )


def module_folder(path):
    """The folder of the module that a file of ours belongs to: lib/json, or include/ballast/json."""
    parts = path.relative_to(ROOT).parts
    depth = {"include": 3, "lib": 2}.get(parts[0], 1)
    return ROOT.joinpath(*parts[:depth])


def module(path):
    """The module that a file of ours belongs to: "json" for lib/json/yaml.c."""
    return module_folder(path).name


def below_module(path):
    """Where a file lies within its module: rules/probes.c for policies/rules/probes.c."""
    return path.relative_to(module_folder(path))


class Report:
    """Collects what is wrong and becomes the exit status."""

    def __init__(self, what):
        self.what = what
        self.problems = 0
        self.looked = 0

    def fail(self, path, line, text):
        self.problems += 1
        print(f"{path.relative_to(ROOT)}:{line}: error: {text}")

    def finish(self):
        print(f"{self.what}: {self.looked} files, {self.problems} problems")
        if not self.looked:
            print(f"{self.what}: found nothing to look at")
        sys.exit(0 if self.looked and not self.problems else 1)
