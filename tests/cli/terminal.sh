#!/usr/bin/env bash
. "$SRC/tests/support/cli.sh"

# Names and labels with what a terminal obeys: ESC, CR, BEL, DEL, and CSI as one character (C1).
cat >evil.yaml <<'YAML'
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: "kafka\e[2J\rsafe", namespace: k, labels: {app.kubernetes.io/instance: "one\e]0;title\a\x7f\x9b2J"}}
spec:
  replicas: 3
  serviceName: kafka
  selector: {matchLabels: {app: kafka}}
  template:
    metadata: {labels: {app: kafka, app.kubernetes.io/instance: "one\e]0;title\a\x7f\x9b2J"}}
    spec:
      containers:
      - {name: "kafka\e[31m", image: "apache/kafka:3.9.1", ports: [{containerPort: 9092}], command: [kafka-server-start.sh]}
YAML
esc=$(printf '\033')
bell=$(printf '\a')

# None of it, on either side.
expect_quiet() {
    for stream in "$out" "$err"; do
        cli_check "expected no control characters" \
            python3 -c 'import sys; t = open(sys.argv[1], encoding="utf-8", newline="").read()
sys.exit(any((c < " " and c not in "\n\t") or "\x7f" <= c < "\xa0" for c in t))' "$stream"
    done
}

it "shows control characters of a manifest, and sends none"
run "$BALLAST" lint evil.yaml
expect_rc 1
expect_quiet
expect_out_contains 'kafka\x1b[2J\x0dsafe'
run "$BALLAST" explain evil.yaml
expect_rc 0
expect_quiet
expect_out_contains 'kafka\x1b[2J\x0dsafe'
expect_out_contains 'kafka\x1b[31m'
expect_out_contains 'one\x1b]0;title\x07\x7f\x9b2J'

it "leaves other text as it is"
sed 's/\\e\[2J\\rsafe/-größe/; s/\\e\]0;title\\a\\x7f\\x9b2J/-ΑΩ/g; s/\\e\[31m//' evil.yaml >kind.yaml
run "$BALLAST" explain kind.yaml
expect_out_contains 'kafka-größe'
expect_out_contains 'one-ΑΩ'

it "does so on standard error too, and passes manifests through byte for byte"
run "$BALLAST" harden evil.yaml
expect_out_contains '"kafka\e[2J\rsafe"'
expect_err_contains 'container "kafka\x1b[31m"'
cli_check "no ESC on standard error" cli_not grep -q "$esc" "$err"
printf '# caf\303\251 \302\240 text\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: "a\\e[2J"}\n' >names.yaml
run "$BALLAST" harden -q names.yaml
expect_out_same names.yaml

it "does so in errors, whatever they tell of"
printf 'a: "\\e[31m\na: 1\n' >broken.yaml
run "$BALLAST" lint broken.yaml
expect_rc 2
expect_quiet
printf '{"apiVersion":"ballast.dev/v1alpha1","kind":"KafkaPolicy","metadata":{"name":"x"},"spec":{"a\\u001b[31m":1}}' >policy.yaml
run "$BALLAST" lint -p policy.yaml evil.yaml
expect_rc 2
expect_quiet
expect_err_contains 'a\x1b[31m'
run "$BALLAST" "$(printf 'li\033nt')"
expect_rc 2
expect_quiet

it "does so where a name is no UTF-8"
cp evil.yaml "$(printf 'latin\2331.yaml')"
run "$BALLAST" lint "$(printf 'latin\2331.yaml')"
expect_rc 1
expect_quiet
expect_out_contains 'latin\x9b1.yaml:'

it "does so with the names of cases"
cat >case.yaml <<'YAML'
name: "case \e[32mpassed"
input: evil.yaml
expect: {denied: false}
YAML
for flags in "" -v; do
    # shellcheck disable=SC2086 # none or one
    run "$BALLAST" test $flags case.yaml
    expect_quiet
    expect_out_contains 'case \x1b[32mpassed'
done

it "leaves escapes in JSON to JSON"
run "$BALLAST" explain -o json evil.yaml
cli_check "the name comes back as it was" python3 - "$out" <<'PY'
import json, sys
assert json.load(open(sys.argv[1]))[0]["object"]["name"] == "kafka\x1b[2J\rsafe"
PY
cli_check "and no ESC was sent" cli_not grep -q -e "$esc" -e "$bell" "$out"

it "sends its own colours to a terminal, and none of a manifest's"
cat >look.py <<'PY'
import os, pty, re, sys
seen = b""
def read(fd):
    global seen
    data = os.read(fd, 4096)
    seen += data
    return b""
pty.spawn(sys.argv[1:], read, lambda fd: b"")
codes = set(re.findall(rb"\x1b[^m]*m?", seen))
sys.stdout.buffer.write(b" ".join(sorted(code.replace(b"\x1b", b"ESC") for code in codes)))
assert rb"kafka\x1b[2J\x0dsafe" in seen, seen
PY
run env -u NO_COLOR TERM=xterm python3 look.py "$BALLAST" lint evil.yaml
cli_check "severities are coloured" grep -qF 'ESC[0m ESC[1;3' "$out"
cli_check "and nothing else is sent" cli_not grep -qE 'ESC[^[]|ESC\[(2|31m)' "$out"
run env NO_COLOR=1 TERM=xterm python3 look.py "$BALLAST" lint evil.yaml
expect_rc 0
expect_out ""
