#!/usr/bin/env bash
. "$SRC/tests/support/cli.sh"

# What it says of real brokers is in tests/kafka. Nobody listens on port 1.
it "says what it needs"
run "$BALLAST" status
expect_rc 2
expect_err_contains "name a broker: --bootstrap HOST:PORT"
run "$BALLAST" status kafka.yaml
expect_rc 2
expect_err_contains "it takes no files"
run "$BALLAST" status --bootstrap localhost:1 -o yaml
expect_rc 2
run "$BALLAST" status --bootstrap ,
expect_rc 2
expect_err_contains "names no broker"

it "says that nobody is there, at once, and what to do"
run timeout 8 "$BALLAST" status --bootstrap 127.0.0.1:1
expect_rc 2
expect_out_empty
expect_err_contains "error: could not connect to a broker"
expect_err_contains "Connection refused"
expect_err_contains "hint: "

it "reads the settings of Kafka's tools"
run "$BALLAST" status --bootstrap 127.0.0.1:1 --command-config missing.properties
expect_rc 2
expect_err_contains "missing.properties"
printf '# mine\nsecurity.protocol=SASL_SSL\nsasl.mechanism=GSSAPI\n' >client.properties
run "$BALLAST" status --bootstrap 127.0.0.1:1 --command-config client.properties
expect_rc 2
expect_err_contains "client.properties:3: error: cannot authenticate by \"GSSAPI\""
printf 'ssl.truststore.location=trust.jks\nssl.truststore.password=secret\n' >client.properties
run "$BALLAST" status --bootstrap 127.0.0.1:1 --command-config client.properties
expect_rc 2
expect_err_contains "client.properties:1: error: ssl.truststore.location: cannot read a key store that is not PEM"
expect_err_contains "hint: Export it"
expect_err_lacks "secret"
