# shellcheck shell=bash
# shellcheck disable=SC2154 # here, testbed: of the script that sources this
# The cluster that a suite of real Kafka runs on: the one that $LAB names, which has the images (lab.sh cluster), or else one for the
# time that the script runs. Sets `lab`, and `work` for files.

if [ -n "${LAB:-}" ]; then
    lab=$(realpath -m "$LAB")
    work=$(mktemp -d)
    # shellcheck disable=SC2317 # called by the trap
    keep_what_was_logged() {
        local rc=$?

        [ "$rc" -ne 0 ] || rm -rf "$work"
        [ "$rc" -eq 0 ] || echo "what was logged is in $work"
        exit "$rc"
    }
    trap keep_what_was_logged EXIT
else
    . "$here/../testbed/lib/borrowed.sh"
    lab=$work/testbed
fi

# give_lab VERSION...: a clean cluster with the images of these and of Ballast.
give_lab() {
    if [ -e "$lab/.testbed" ]; then
        "$testbed" clean "$lab"
    else
        "$here/lab.sh" cluster "$lab" "$@"
    fi
}
