# bash completion for ballast

_ballast()
{
    local cur prev verb i
    cur=${COMP_WORDS[COMP_CWORD]}
    prev=${COMP_WORDS[COMP_CWORD - 1]}
    verb=
    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
        harden | lint | explain | test | review | vap | status)
            verb=${COMP_WORDS[i]}
            break
            ;;
        esac
    done

    if [[ -z $verb ]]; then
        mapfile -t COMPREPLY < <(compgen -W "harden lint explain test review vap status --help --version" -- "$cur")
        return
    fi

    case $prev in
    -p | --policy)
        mapfile -t COMPREPLY < <(compgen -W "default strict audit managed" -f -- "$cur")
        return
        ;;
    -f | --filename | --context-objects | --command-config)
        mapfile -t COMPREPLY < <(compgen -f -- "$cur")
        return
        ;;
    -n | --namespace | --admin | --bootstrap)
        return
        ;;
    --fail-on)
        mapfile -t COMPREPLY < <(compgen -W "info warning error" -- "$cur")
        return
        ;;
    -o | --output)
        case $verb in
        lint) mapfile -t COMPREPLY < <(compgen -W "text json sarif junit" -- "$cur") ;;
        explain | status) mapfile -t COMPREPLY < <(compgen -W "text json" -- "$cur") ;;
        test) mapfile -t COMPREPLY < <(compgen -W "text cases" -- "$cur") ;;
        vap) mapfile -t COMPREPLY < <(compgen -W "yaml json" -- "$cur") ;;
        esac
        return
        ;;
    esac

    if [[ $cur == -* ]]; then
        case $verb in
        harden) i="--policy --filename --namespace --diff --in-place --quiet --help" ;;
        lint) i="--policy --filename --namespace --output --quiet --fail-on --help" ;;
        explain) i="--policy --filename --namespace --output --help" ;;
        test) i="--filename --output --verbose --help" ;;
        review) i="--policy --filename --mutate --validate --context-objects --help" ;;
        vap) i="--policy --output --admin --all-namespaces --help" ;;
        status) i="--bootstrap --command-config --output --watch --help" ;;
        esac
        mapfile -t COMPREPLY < <(compgen -W "$i" -- "$cur")
        return
    fi
    mapfile -t COMPREPLY < <(compgen -f -- "$cur")
}

complete -o filenames -F _ballast ballast
