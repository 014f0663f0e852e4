#!/usr/bin/env bash
# Installs what builds for arm64 on Debian 13 for amd64: the compiler, and the libraries for that architecture. Needs root.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive

libraries="libc6-dev libgcc-s1 libcjson-dev libyaml-dev libmicrohttpd-dev libgnutls28-dev libcurl4-openssl-dev libssl-dev
    librdkafka1 libsasl2-2 zlib1g-dev libzstd-dev liblz4-dev"
# These two are not made to be there for two architectures at once: the one depends on the other one, which says so.
# What they bring to a build lies in folders of its own all the same.
unpacked="librdkafka-dev libsasl2-dev"

dpkg --print-foreign-architectures | grep -qx arm64 || {
    dpkg --add-architecture arm64
    apt-get update -qq
}
# shellcheck disable=SC2046,SC2086 # these are words
apt-get install -y -qq --no-install-recommends gcc-aarch64-linux-gnu $(printf '%s:arm64 ' $libraries) >/dev/null
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
cd "$work"
# shellcheck disable=SC2046,SC2086
apt-get -o APT::Sandbox::User=root download -qq $(printf '%s:arm64 ' $unpacked)
for package in *.deb; do
    dpkg-deb -x "$package" "$work/root"
done
cp -a "$work/root/usr/lib/aarch64-linux-gnu/." /usr/lib/aarch64-linux-gnu/
