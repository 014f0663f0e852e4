#!/usr/bin/env bash
. "$SRC/tests/support/cli.sh"

# What it proves of real brokers is in tests/kafka. Nobody listens on port 1.
it "says what it needs"
run "$BALLAST" verify
expect_rc 2
expect_err_contains "name a broker: --bootstrap HOST:PORT"
run "$BALLAST" verify --bootstrap 127.0.0.1:1 kafka.yaml
expect_rc 2
expect_err_contains "it takes no files"
run "$BALLAST" verify --bootstrap 127.0.0.1:1 --read-only --messages 5
expect_rc 2
expect_err_contains "not written with --read-only"
run "$BALLAST" verify --bootstrap 127.0.0.1:1 --messages 0
expect_rc 2
run "$BALLAST" verify --bootstrap 127.0.0.1:1 --timeout 0s
expect_rc 2
run "$BALLAST" verify --bootstrap ,
expect_rc 2
expect_err_contains "names no broker"

it "says that nobody is there, which proves nothing"
run timeout 20 "$BALLAST" verify --bootstrap 127.0.0.1:1 --note note.txt
expect_rc 1
expect_out_empty
expect_err_contains "error: could not connect to a broker"
expect_err_contains "hint: "
cli_check "there is no note of it" test ! -e note.txt

it "takes no note that is none"
run "$BALLAST" verify --bootstrap 127.0.0.1:1 --expected missing.txt
expect_rc 2
expect_err_contains "missing.txt"
: >empty.txt
run "$BALLAST" verify --bootstrap 127.0.0.1:1 --expected empty.txt
expect_rc 2
expect_err_contains "there is no note in it"
for note in 67 67: :1f '67:1f,' ',67:1f' 67:xyz -67:1f 9-6:1f 67:1f3a567812345678a 9223372036854775807:1 67:1f:2; do
    printf '%s\n' "$note" >note.txt
    run timeout 20 "$BALLAST" verify --bootstrap 127.0.0.1:1 --expected note.txt
    expect_rc 2
    expect_err_contains "is no note of ours"
done
head -c 100000 /dev/zero | tr '\0' '1' >long.txt
run "$BALLAST" verify --bootstrap 127.0.0.1:1 --expected long.txt
expect_rc 2
