# shellcheck shell=bash
# What the scripts share: headings, and installing what is missing. Debian 12 or a near relative.

heading() {
    printf '\n== %s\n' "$*"
}

die() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# A tool or library, and the Debian package that has it. "pc:" is asked of pkg-config.
# shellcheck disable=SC2034 # used by the scripts that source this
NEEDS_BUILD="gcc:gcc cmake:cmake ninja:ninja-build pkg-config:pkg-config
    pc:libcjson:libcjson-dev pc:yaml-0.1:libyaml-dev pc:libmicrohttpd:libmicrohttpd-dev
    pc:gnutls:libgnutls28-dev pc:zlib:zlib1g-dev pc:libcurl:libcurl4-openssl-dev pc:libcrypto:libssl-dev pc:rdkafka:librdkafka-dev
    pc:check:check python3:python3 file:/usr/include/assert.h:libc6-dev
    file:/usr/lib/python3/dist-packages/yaml/__init__.py:python3-yaml"
# shellcheck disable=SC2034
NEEDS_TEST="ccache:ccache clang:clang clang-tidy:clang-tidy clang-format:clang-format mandoc:mandoc lua5.1:lua5.1 pip3:python3-pip
    shellcheck:shellcheck objdump:binutils diff:diffutils patch:patch zsh:zsh fish:fish"
# shellcheck disable=SC2034
NEEDS_TESTBED="etcd:etcd-server containerd:containerd runc:runc file:/usr/lib/cni/ptp:containernetworking-plugins
    umoci:umoci docker-registry:docker-registry file:/usr/share/doc/busybox-static:busybox-static ip:iproute2 iptables:iptables conntrack:conntrack
    ebtables:ebtables socat:socat openssl:openssl curl:curl nsenter:util-linux go:golang-go
    file:/etc/ssl/certs/ca-certificates.crt:ca-certificates"

# shellcheck disable=SC2034
NEEDS_BROKERS="java:openjdk-17-jre-headless jlink:openjdk-17-jdk-headless mvn:maven mmdebstrap:mmdebstrap"
# missing_packages NEEDS: the packages whose tool is not there, one a line.
missing_packages() {
    local need

    for need in $1; do
        case $need in
        pc:*:*) pkg-config --exists "$(cut -d: -f2 <<<"$need")" 2>/dev/null || echo "${need##*:}" ;;
        file:*:*) [ -e "$(cut -d: -f2 <<<"$need")" ] || echo "${need##*:}" ;;
        *) command -v "${need%%:*}" >/dev/null || echo "${need##*:}" ;;
        esac
    done
}

# as_root COMMAND...: with sudo, where one is not root.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        die "needs root to run: $* (there is no sudo)"
    fi
}

# keep_sudo: asks for the password now, and has sudo remember it for as long as this process lives.
keep_sudo() {
    command -v sudo >/dev/null || die "needs root to run a cluster (there is no sudo)"
    sudo -v || die "needs root to run a cluster"
    (while sleep 60 && kill -0 $$ 2>/dev/null; do sudo -n -v; done) >/dev/null 2>&1 &
}

# install_needs NEEDS: installs what is missing with apt, or does nothing.
install_needs() {
    local packages

    mapfile -t packages < <(missing_packages "$1" | sort -u)
    if [ "${#packages[@]}" -eq 0 ]; then
        echo "everything that is needed is installed"
        return
    fi
    echo "installing: ${packages[*]}"
    command -v apt-get >/dev/null || die "there is no apt-get here; install by hand: ${packages[*]}"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq ||
        echo "could not update the package lists; trying with those that are there"
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null ||
        die "could not install: ${packages[*]}"
    mapfile -t packages < <(missing_packages "$1" | sort -u)
    [ "${#packages[@]}" -eq 0 ] || die "still missing after the installation: ${packages[*]}"
}
