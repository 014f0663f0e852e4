#!/usr/bin/env python3
"""Of a discovery document what some methods need: reduce.py DOCUMENT METHOD-ID... > REDUCED

The methods stay as they are, and so do the schemas that they reach, but for the descriptions.
"""

import json
import sys


def keep_methods(resource, wanted):
    """The resource with those methods alone, or None."""
    methods = {name: method for name, method in resource.get("methods", {}).items() if method["id"] in wanted}
    below = {name: kept for name, other in resource.get("resources", {}).items() if (kept := keep_methods(other, wanted))}
    if not methods and not below:
        return None
    return {key: value for key, value in (("methods", methods), ("resources", below)) if value}


def without_words(value):
    """The value without what is told to people of its members."""
    if isinstance(value, dict):
        return {name: without_words(other) for name, other in value.items()
                if not (name in ("description", "enumDescriptions") and isinstance(other, str | list))}
    return [without_words(other) for other in value] if isinstance(value, list) else value


def references(value):
    """Names of the schemas that a value refers to."""
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for other in value.values():
            yield from references(other)
    elif isinstance(value, list):
        for other in value:
            yield from references(other)


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        document = json.load(file)
    document["resources"] = keep_methods(document, set(sys.argv[2:]))["resources"]
    todo, reached = set(references(document["resources"])), set()
    while todo:
        name = todo.pop()
        reached.add(name)
        todo |= set(references(document["schemas"][name])) - reached
    document["schemas"] = {name: schema for name, schema in document["schemas"].items() if name in reached}
    json.dump(without_words(document), sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
