#!/usr/bin/env bash
. "$SRC/tests/support/cli.sh"

python3 - <<'PY'
import json
def workload(count, command):
    return {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "kafka"}, "spec": {"template": {
        "metadata": {"labels": {"app": "kafka"}}, "spec": {"containers": [
            {"name": f"c{i}", "image": "x", "command": [command]} for i in range(count)]}}}}
head = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n---\n"
for name, command in (("broker", "kafka-server-start.sh"), ("other", "nginx")):
    with open(f"{name}.yaml", "w") as file:
        file.write(head + json.dumps(workload(10000, command)) + "\n")
deep = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: deep}\ndata: " + "[" * 200 + "]" * 200 + "\n"
with open("deep.yaml", "w") as file:
    file.write(deep + "---\n" + json.dumps(workload(1, "kafka-server-start.sh")) + "\n")
with open("documents.yaml", "w") as file:
    file.write("---\n" * 1000000)
with open("directives.yaml", "w") as file:
    file.write("".join(f"%TAG !a{i}! tag:x,2000:\n" for i in range(50000)) + "--- a\n")
PY

it "names the file, the line and the object that no Kafka is"
for verb in lint harden explain; do
    run "$BALLAST" $verb broker.yaml
    expect_rc 2
    expect_err_contains 'broker.yaml:5: error: too large to judge: StatefulSet "kafka" has 10000 containers'
done

it "lets what is no Kafka be as large as it likes"
run "$BALLAST" lint other.yaml
expect_rc 0

it "goes on beside somebody else's document that is too deep"
run "$BALLAST" explain deep.yaml
expect_rc 0
expect_err_contains "deep.yaml:4: could not read YAML: nested too deeply (somebody else's document"
expect_out_contains broker

it "ends at once with files that are many documents or directives"
run timeout 10 "$BALLAST" lint documents.yaml
expect_rc 2
expect_err_contains "documents.yaml:10001: error: could not read YAML: the file has more than 10000 documents"
run timeout 10 "$BALLAST" lint directives.yaml
expect_rc 2
expect_err_contains "directives.yaml:1: error: could not read YAML: the document has more than 16 directives"

# What AddressSanitizer puts around each value is not what is measured.
if ! grep -q __asan_init "$BALLAST"; then
    it "takes less than 200 MiB for it"
    run python3 - "$BALLAST" <<'PY'
import resource, subprocess, sys
subprocess.run([sys.argv[1], "lint", "documents.yaml"], stderr=subprocess.DEVNULL, timeout=60)
sys.exit(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss > 200 << 10)
PY
    expect_rc 0
fi
