#!/usr/bin/env python3
"""Calls that our code must not make.

include/ballast/{base,json}/banned.h turn most of them into compile errors in what we ship. This check
also covers tests, which are built without those headers, and what a poisoned name cannot say: that a
call is right in one file and wrong in all others.
"""

import re

from common import OWN, ROOT, Report, code, files

# Nowhere at all. Name -> what to use.
EVERYWHERE = {
    "strcpy": "struct bl_strbuf",
    "strcat": "struct bl_strbuf",
    "strncpy": "struct bl_strbuf",
    "strncat": "struct bl_strbuf",
    "sprintf": "snprintf or bl_strbuf_addf",
    "vsprintf": "vsnprintf or bl_strbuf_vaddf",
    "gets": "bl_file_read",
    "strtok": "bl_text or a loop",
    "atoi": "bl_text_to_int",
    "atol": "bl_text_to_int",
    "atof": "strtod",
    "localtime": "localtime_r",
    "gmtime": "gmtime_r",
    "alloca": "struct bl_strbuf or bl_alloc",
    "tmpnam": "mkstemp",
    "mktemp": "mkstemp",
    "cJSON_Parse": "bl_json_parse",
    "cJSON_ParseWithOpts": "bl_json_parse",
    "cJSON_GetErrorPtr": "bl_json_parse, whose errors name the place",
    "cJSON_GetObjectItem": "bl_json_get",
    "cJSON_HasObjectItem": "bl_json_get",
    "cJSON_InsertItemInArray": "bl_json_insert; Debian 12's fails in the middle",
}

# In what we ship, outside the files named. Name -> (what to use, where it may stand).
OWN_ONLY = {
    "malloc": ("bl_alloc", ["lib/base/mem.c", "lib/json/arena.c"]),
    "calloc": ("bl_alloc", ["lib/base/mem.c"]),
    "realloc": ("bl_grow", ["lib/base/mem.c", "lib/base/strbuf.c"]),
    "strdup": ("bl_strdup", ["lib/base/mem.c"]),
    "strndup": ("bl_strndup", ["lib/base/mem.c"]),
    "asprintf": ("bl_asprintf", ["lib/base/mem.c"]),
    "system": ("posix_spawn", []),
    "popen": ("posix_spawn", []),
    "sleep": ("a condition with a deadline", []),
    "usleep": ("a condition with a deadline", []),
    "nanosleep": ("a condition with a deadline", []),
    "cJSON_ParseWithLength": ("bl_json_parse", ["lib/json/json_parse.c"]),
    "cJSON_ParseWithLengthOpts": ("bl_json_parse", ["lib/json/json_parse.c"]),
    "cJSON_GetObjectItemCaseSensitive": ("bl_json_get", ["lib/json/json.c"]),
}


# Go down any tree, and ask whether there is a key.
MAY_HAVE_KEYS = ("lib/workload/kin_find.c", "lib/workload/uses.c")
# Entries of a list have no key: only BL_JSON_EACH_MEMBER goes over what has one.
LOOP = re.compile(r"\bcJSON_ArrayForEach\((\w+),")


def keys_of_entries(text):
    """(name, offset) of each loop over whatever there is whose function reads a key of the entry."""
    begin = 0
    for function in re.split(r"(?<=^}\n)", text, flags=re.MULTILINE):
        looped = {match.group(1) for match in re.finditer(r"\bBL_JSON_EACH_MEMBER\((\w+),", function)}
        for match in LOOP.finditer(function):
            name = match.group(1)
            if name not in looped and re.search(rf"\b{name}->string\b", function):
                yield name, begin + match.start()
        begin += len(function)


def calls(text):
    """(name, offset) of everything that looks like a call or a function's name before '('."""
    for match in re.finditer(r"(?<![\w.>])(\w+)\s*\(", text):
        yield match.group(1), match.start(1)


def main():
    report = Report("banned calls")
    own = files(OWN, ".c", ".h")
    for path in own + files(["tests"], ".c", ".h"):
        report.looked += 1
        text = code(path.read_text(encoding="utf-8"))
        name_of_file = str(path.relative_to(ROOT))
        for name, offset in calls(text):
            instead, allowed = OWN_ONLY.get(name, (None, [])) if path in own else (None, [])
            instead = EVERYWHERE.get(name, instead)
            if instead and name_of_file not in allowed:
                line = text.count("\n", 0, offset) + 1
                report.fail(path, line, f"{name}() is banned: use {instead}")
        for name, offset in keys_of_entries(text) if path in own else ():
            if name_of_file not in MAY_HAVE_KEYS:
                report.fail(path, text.count("\n", 0, offset) + 1,
                            f"{name}->string of what may be a list: loop by BL_JSON_EACH_MEMBER")
    report.finish()


main()
