#!/bin/sh
# Helm 4 keeps what a post-renderer says on standard error to itself, also why a release is denied. So it is said where
# Helm speaks: on its own standard error, where the system has /proc, or on the terminal.
set -eu
[ -z "${HELM_NAMESPACE:-}" ] || set -- -n "$HELM_NAMESPACE" "$@"
for place in "/proc/$PPID/fd/2" /dev/tty; do
    if (: >>"$place") 2>/dev/null; then
        exec ballast harden "$@" - 2>>"$place"
    fi
done
exec ballast harden "$@" -
