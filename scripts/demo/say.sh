# shellcheck shell=bash
# shellcheck disable=SC2154 # OUT: set by demo.sh
# How the demonstrations speak: remarks, and commands with what they print.

# Long lines are folded between words, and go on two columns behind where they began.
folded() {
    awk -v width=110 '{
        match($0, /^ */)
        indent = RLENGTH + 2
        while (length($0) > width) {
            at = width
            while (at > indent && substr($0, at, 1) != " ")
                at--
            if (at <= indent)
                break
            print substr($0, 1, at - 1)
            $0 = sprintf("%" indent "s%s", "", substr($0, at + 1))
        }
        print
    }'
}

# say TEXT...: a remark between the commands.
say() {
    printf '\n'
    printf '%s\n' "$*" | fold -s -w 100
}

# show ALLOWED COMMAND...: echoes the command as one would type it, runs it, and minds its exit status
# unless it is in ALLOWED ("0 1").
show() {
    local allowed=$1 rc=0

    shift
    printf '\n$ %s\n' "$*"
    "$@" >"$OUT/shown" 2>&1 || rc=$?
    folded <"$OUT/shown"
    case " $allowed " in
    *" $rc "*) ;;
    *) die "\"$*\" ended with exit status $rc" ;;
    esac
}

# save FILE COMMAND...: the same, with the output in a file.
save() {
    local file=$1

    shift
    printf '\n$ %s > %s\n' "$*" "$file"
    "$@" >"$file" || die "\"$*\" ended with exit status $?"
}
