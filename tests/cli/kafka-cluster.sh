#!/usr/bin/env bash
. "$SRC/tests/support/cli.sh"

# What it says of a real control plane is in tests/integration/clusters.py.
it "says what it needs"
run "$BALLAST" cluster
expect_rc 2
expect_err_contains "say what: plan or status"
run "$BALLAST" cluster apply
expect_rc 2
run "$BALLAST" cluster plan
expect_rc 2
expect_err_contains "name what is to be planned by -f"
run "$BALLAST" cluster plan -f - -w
expect_rc 2
expect_err_contains "are for status"
run "$BALLAST" cluster status -f kafka.yaml
expect_rc 2
expect_err_contains "are for plan"
run "$BALLAST" cluster status one two
expect_rc 2

it "says that what it is pointed to is not there"
run "$BALLAST" cluster plan -f missing.yaml
expect_rc 2
expect_err_contains "missing.yaml"
: >empty
run "$BALLAST" cluster status --kubeconfig missing
expect_rc 2
expect_err_contains "missing"
