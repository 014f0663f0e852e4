#!/usr/bin/env python3
"""Who may include whom: the direction of dependency, and one home for each third-party library."""

import re

from common import OWN, ROOT, Report, below_module, files, module, module_folder

# Direct dependencies; what they depend on is reachable too.
GRAPH = {
    "base": [],
    "json": ["base"],
    "object": ["json"],
    "api": ["object"],
    "workload": ["api"],
    "policies": ["workload"],
    "http": ["base"],
    "serve": ["base"],
    "pki": ["base"],
    "kafka": ["base"],
    "kube": ["object", "http"],
    "google": ["json", "http", "pki"],
    "runtime": ["kube", "api"],
    "daemon": ["runtime", "serve", "policies"],
    "webhook": ["daemon", "pki", "backup"],
    "cluster": ["policies", "kube", "kafka"],
    "backup": ["workload", "google"],
    "controller": ["daemon", "cluster", "backup"],
    "cli": ["cluster", "backup"],
}

# Folders below a module that may include a sister's headers: (who, whose).
SISTERS = {
    "controller": [("rollout", "kafka"), ("cluster", "kafka"), ("backup", "kafka")],
    "policies": [("review", "rules"), ("vap", "rules")],
}

# Third-party headers: where each may be included. cJSON is the tree that json and above pass around.
THIRD_PARTY = {
    "cjson/": lambda where, path: "json" in reachable(where),
    "yaml.h": lambda where, path: where == "json",
    "microhttpd.h": lambda where, path: where == "serve",
    "gnutls/": lambda where, path: where == "serve",
    "zlib.h": lambda where, path: where == "base" and path.stem == "gzip",
    "curl/": lambda where, path: where == "http",
    "librdkafka/": lambda where, path: where == "kafka",
    "openssl/": lambda where, path: where in ("http", "pki", "kafka") or (where == "base" and path.stem == "digest"),
}

# The C library and Linux. Anything else is third-party and must be named above.
LIBC = set(
    """assert ctype dirent errno fcntl fnmatch float ftw getopt glob inttypes iso646 limits locale malloc math
    netdb poll pthread pwd sched search semaphore setjmp signal spawn stdalign stdarg stdatomic stdbool
    stddef stdint stdio stdlib stdnoreturn string strings syslog termios threads time uchar unistd
    wchar""".split()
)
LIBC_FOLDERS = ("sys/", "linux/", "net/", "netinet/", "arpa/")

INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]', re.MULTILINE)


def reachable(name):
    seen = {name}
    todo = [name]
    while todo:
        for other in GRAPH[todo.pop()]:
            if other not in seen:
                seen.add(other)
                todo.append(other)
    return seen


def check_private(path, header):
    """A private header lies beside the file, or is named by its path in the module, which has no "..". A folder
    below the module's own may include what lies in the module's own, and never what lies in a sister."""
    beside, named = path.parent / header, module_folder(path) / header
    if header.removesuffix(".h") in LIBC:
        return f'private header "{header}" has the name of a system header'
    if "/" not in header and beside.exists():
        return None
    if ".." in header or not named.exists():
        return f'private header "{header}" lies neither beside the file nor at that place in its module'
    sister = named.parent != module_folder(path) and path.parent != module_folder(path)
    if sister and (below_module(path).parts[0], below_module(named).parts[0]) not in SISTERS.get(module(path), ()):
        return f'private header "{header}" belongs to a sister of {path.parent.name}/'
    return None


def check_own(where, path, header):
    """What is wrong with including one of our own headers, or None."""
    if not header.startswith("ballast/"):
        return check_private(path, header)
    target = header.split("/")[1]
    if not (ROOT / "include" / header).exists():
        return f'there is no include/{header}'
    if target not in reachable(where):
        return f"{where} must not depend on {target}"
    return None


def check_system(where, path, header):
    """What is wrong with including a system or third-party header, or None."""
    if header.startswith("ballast/"):
        return f'our own header is included as <{header}>: use "{header}"'
    if header.removesuffix(".h") in LIBC or header.startswith(LIBC_FOLDERS):
        return None
    for prefix, allowed in THIRD_PARTY.items():
        if header.startswith(prefix):
            return None if allowed(where, path) else f"<{header}> has no place in {where}"
    return f"<{header}> is a third-party header that tests/lint/layers.py does not know"


def main():
    report = Report("layers")
    for path in files(OWN, ".c", ".h"):
        report.looked += 1
        where = module(path)
        if where not in GRAPH:
            report.fail(path, 1, f'module "{where}" is not in the graph of tests/lint/layers.py')
            continue
        text = path.read_text(encoding="utf-8")
        for match in INCLUDE.finditer(text):
            check = check_own if match.group(1) == '"' else check_system
            problem = check(where, path, match.group(2))
            if problem:
                report.fail(path, text.count("\n", 0, match.start(2)) + 1, problem)
    report.finish()


main()
