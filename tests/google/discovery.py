"""Judges HTTP exchanges by Google's discovery documents: is there such a method, and does all of it look as described?

What is wrong is a list of texts. A service that is made up for tests cannot drift into fiction as long as its answers
pass here, nor can a client that speaks to it alone.
"""

import json
import pathlib
import re

FOLDER = pathlib.Path(__file__).resolve().parent / "discovery"
# google.rpc.Code, by which errors are named (AIP-193).
STATUSES = {"CANCELLED": 499, "UNKNOWN": 500, "INVALID_ARGUMENT": 400, "DEADLINE_EXCEEDED": 504, "NOT_FOUND": 404,
            "ALREADY_EXISTS": 409, "PERMISSION_DENIED": 403, "RESOURCE_EXHAUSTED": 429, "FAILED_PRECONDITION": 400,
            "ABORTED": 409, "OUT_OF_RANGE": 400, "UNIMPLEMENTED": 501, "INTERNAL": 500, "UNAVAILABLE": 503,
            "DATA_LOSS": 500, "UNAUTHENTICATED": 401}
# Preconditions and names, which the documents call output only all the same.
EXEMPT = {"etag", "name"}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
FORMATS = {"google-datetime": TIME, "google-duration": re.compile(r"-?\d+(\.\d+)?s"), "int64": re.compile(r"-?\d+"),
           "byte": re.compile(r"[A-Za-z0-9+/_=-]*")}


def load(name):
    return json.loads((FOLDER / f"{name}.v1.json").read_text(encoding="utf-8"))


def methods_of(resource):
    yield from resource.get("methods", {}).values()
    for below in resource.get("resources", {}).values():
        yield from methods_of(below)


class Method:
    """One method of one document."""

    def __init__(self, document, description):
        self.document, self.description = document, description
        self.id, self.verb = description["id"], description["httpMethod"]
        self.path = re.compile("/" + "".join(self.part(piece) for piece in re.split(r"(\{\+?\w+\})", description["path"])))

    def part(self, piece):
        """A part of the template as a regular expression."""
        named = re.fullmatch(r"\{\+?(\w+)\}", piece)
        if not named:
            return re.escape(piece)
        pattern = self.description["parameters"][named[1]].get("pattern", "[^/]+")
        return f"(?P<{named[1]}>{pattern.removeprefix('^').removesuffix('$')})"

    def query(self, query):
        """What is wrong with the parameters of a query: {name: [value, ...]}."""
        known = {**self.document.get("parameters", {}), **{
            name: spec for name, spec in self.description.get("parameters", {}).items() if spec["location"] == "query"}}
        for name, values in query.items():
            if name not in known:
                yield f"query {name}: unknown"
            elif len(values) > 1 and not known[name].get("repeated"):
                yield f"query {name}: more than once"
            else:
                for value in values:
                    yield from self.query_value(name, known[name], value)

    @staticmethod
    def query_value(name, spec, value):
        if "enum" in spec and value not in spec["enum"]:
            yield f"query {name}: {value!r} is none of {spec['enum']}"
        elif spec["type"] == "integer" and not re.fullmatch(r"-?\d+", value):
            yield f"query {name}: {value!r} is no number"
        elif spec["type"] == "boolean" and value.lower() not in ("true", "false"):
            yield f"query {name}: {value!r} is no boolean"

    def body(self, body):
        """What is wrong with a request's body; None: there is none."""
        if "request" not in self.description:
            if body is not None:
                yield "a body, and the method takes none"
        elif body is None:
            yield "no body"
        else:
            yield from self.value(self.description["request"], body, "body", asked=True)

    def answer(self, status, body):
        if status // 100 == 2:
            yield from self.value(self.description["response"], body, "answer", asked=False)
        else:
            yield from error(status, body)

    def value(self, schema, value, path, asked):
        """What is wrong with a value. `asked`: it is a request's, which has nothing that is output only."""
        if "$ref" in schema:
            schema = self.document["schemas"][schema["$ref"]]
        kind = schema.get("type")
        if kind == "object":
            yield from self.members(schema, value, path, asked)
        elif kind == "array":
            if not isinstance(value, list):
                yield f"{path}: no list"
                return
            for index, item in enumerate(value):
                yield from self.value(schema["items"], item, f"{path}[{index}]", asked)
        elif kind == "string":
            yield from text(schema, value, path)
        elif kind == "boolean" and not isinstance(value, bool):
            yield f"{path}: no boolean"
        elif kind in ("integer", "number") and (isinstance(value, bool) or not isinstance(value, int | float)):
            yield f"{path}: no number"

    def members(self, schema, value, path, asked):
        if not isinstance(value, dict):
            yield f"{path}: no object"
            return
        known, other = schema.get("properties", {}), schema.get("additionalProperties")
        for name, member in value.items():
            spec = known.get(name, other)
            if spec is None:
                yield f"{path}.{name}: unknown"
                continue
            if asked and spec.get("readOnly") and name not in EXEMPT:
                yield f"{path}.{name}: output only"
            yield from self.value(spec, member, f"{path}.{name}", asked)


def text(schema, value, path):
    form = schema.get("format")
    if form == "int64" and isinstance(value, int) and not isinstance(value, bool):
        return
    if not isinstance(value, str):
        yield f"{path}: {value!r} is no text"
    elif "enum" in schema and value not in schema["enum"]:
        yield f"{path}: {value!r} is none of {schema['enum']}"
    elif "pattern" in schema and not re.search(schema["pattern"], value):
        yield f"{path}: {value!r} is not like {schema['pattern']}"
    elif form in FORMATS and not FORMATS[form].fullmatch(value):
        yield f"{path}: {value!r} is no {form}"


def error(status, body):
    """What is wrong with an error: {"error": {"code", "message", "status"}} (AIP-193)."""
    found = body.get("error") if isinstance(body, dict) else None
    if not isinstance(found, dict):
        yield "error: none"
    elif found.get("status") not in STATUSES:
        yield f"error.status: {found.get('status')!r} is none of google.rpc.Code"
    elif found.get("code") != status or STATUSES[found["status"]] != status:
        yield f"error: {found['status']} and code {found.get('code')} with HTTP status {status}"
    elif not isinstance(found.get("message"), str):
        yield "error.message: no text"


class Documents:
    """All documents, and the method that a request is for."""

    def __init__(self, *names):
        self.documents = {name: load(name) for name in names}
        self.methods = [Method(document, method) for document in self.documents.values() for method in methods_of(document)]

    def find(self, verb, path):
        return next((method for method in self.methods if method.verb == verb and method.path.fullmatch(path)), None)

    def enum(self, name, schema, *path):
        """The values of an enumeration: enum("gkebackup", "Backup", "state")."""
        found = self.documents[name]["schemas"][schema]
        for step in path:
            found = found["properties"][step]
            found = found.get("items", found)
            if "$ref" in found:
                found = self.documents[name]["schemas"][found["$ref"]]
        return found["enum"]
