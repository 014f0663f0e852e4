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
    report.finish()


main()
