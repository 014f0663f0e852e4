#!/usr/bin/env bash
. "$SRC/tests/support/cli.sh"

it "prints a script for each shell, and for no other"
for shell in bash zsh fish; do
    run "$BALLAST" completion "$shell"
    expect_rc 0
    expect_err_empty
    cp "$out" "ballast.$shell"
done
run "$BALLAST" completion
expect_rc 2
expect_err_contains "name one shell: bash, zsh or fish"
run "$BALLAST" completion tcsh
expect_rc 2
expect_err_contains 'unknown shell "tcsh"'

# complete_at WORD...: what bash offers for the last word, in $offered.
complete_at() {
    CLI_COMMAND="completion of: ballast $*"
    COMP_WORDS=(ballast "$@")
    COMP_CWORD=$#
    _ballast
    offered=" ${COMPREPLY[*]} "
}
expect_offered() { cli_check "expected among $offered: $1" test "${offered#* "$1" }" != "$offered"; }
expect_not_offered() { cli_check "did not expect among $offered: $1" test "${offered#* "$1" }" = "$offered"; }
expect_all_offered() { cli_check "expected $1, not $offered" test "$offered" = " $1 "; }

# shellcheck source=/dev/null
. ./ballast.bash
verbs=$("$BALLAST" --help | sed -n 's/^  \([a-z][a-z-]*\) .*/\1/p' | grep -vx ballast)

it "offers verbs"
complete_at ""
for verb in $verbs; do
    expect_offered "$verb"
done
expect_offered --version
complete_at r
expect_all_offered "review rollout restore"

it "offers every option of --help, and no other verb's"
for verb in $verbs; do
    complete_at "$verb" --
    options=$("$BALLAST" "$verb" --help | sed -nE 's/^  (-., |    )--([a-z-]+).*/--\2/p')
    expect_all_offered "$(echo "$options" | tr '\n' ' ' | sed 's/ $//')"
    for option in $options; do
        cli_check "zsh has $verb $option" grep -qE "^ .*[,'*]${option}[]}'[]" ballast.zsh
        [ "$option" = --help ] || cli_check "fish has $verb $option" \
            grep -qE "^complete -c ballast -n '__ballast_verb $verb' .*-l ${option#--} " ballast.fish
    done
done

it "offers the words of an option, in each way to write it"
complete_at lint -o ""
expect_all_offered "text json sarif junit"
complete_at lint --output j
expect_all_offered "json junit"
complete_at lint --output = s
expect_all_offered "sarif"
complete_at lint --output =
expect_all_offered "text json sarif junit"
complete_at lint --fail-on ""
expect_all_offered "info warning error"
complete_at test -o ""
expect_all_offered "text cases"
complete_at vap -o ""
expect_all_offered "yaml json"

it "offers actions, and shells, once"
complete_at rollout ""
expect_all_offered "status pause resume abort"
complete_at rollout -n kafka pa
expect_all_offered "pause"
complete_at rollout pause ""
expect_all_offered ""
complete_at completion ""
expect_all_offered "bash zsh fish"

it "offers paths where a path is taken, and only there"
touch "release one.yaml"
mkdir manifests
complete_at lint ""
expect_offered manifests
expect_offered "release one.yaml"
complete_at harden -f man
expect_all_offered "manifests"
complete_at status --command-config man
expect_all_offered "manifests"
for words in "status" "drain-check" "leave" "rollout -n" "leave -n" "harden -n" "vap --admin" "rollout -m"; do
    # shellcheck disable=SC2086 # words of a call
    complete_at $words ""
    expect_not_offered manifests
done

it "offers the bundles as policies, beside paths"
complete_at lint -p ""
for bundle in "$SRC"/policies/bundles/*.yaml; do
    expect_offered "$(basename "$bundle" .yaml)"
done
expect_offered manifests

# scripts/test.sh installs them; elsewhere the options above have been looked for in both.
it "is a script that zsh reads"
if command -v zsh >/dev/null; then
    run zsh -n ballast.zsh
    expect_rc 0
    expect_err_empty
    run zsh -fc 'autoload -U compinit && compinit -u -D && . ./ballast.zsh && echo $_comps[ballast]'
    expect_out_contains "_ballast"
fi

it "is a script that fish completes by"
if command -v fish >/dev/null; then
    export HOME=$PWD XDG_CONFIG_HOME=$PWD XDG_DATA_HOME=$PWD
    run fish --no-execute ballast.fish
    expect_rc 0
    expect_err_empty
    run fish -c 'source ballast.fish; complete -C "ballast lint -o "'
    expect_out_contains sarif
    run fish -c 'source ballast.fish; complete -C "ballast rollout "'
    expect_out_contains pause
    expect_out_lacks manifests
    run fish -c 'source ballast.fish; complete -C "ballast rollout pause "'
    expect_out_lacks abort
    run fish -c 'source ballast.fish; complete -C "ballast lint "'
    expect_out_contains manifests
    run fish -c 'source ballast.fish; complete -C "ballast "'
    expect_out_contains drain-check
fi
