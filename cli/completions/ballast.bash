# bash completion for ballast

_ballast()
{
    local cur prev verb i
    cur=${COMP_WORDS[COMP_CWORD]}
    prev=${COMP_WORDS[COMP_CWORD - 1]}
    verb=
    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
        harden | lint | explain | test | review | vap | status | rollout | drain-check | leave)
            verb=${COMP_WORDS[i]}
            break
            ;;
        esac
    done

    if [[ -z $verb ]]; then
        mapfile -t COMPREPLY < <(compgen -W "harden lint explain test review vap status rollout drain-check leave --help --version" -- "$cur")
        return
    fi

    case $prev in
    -p | --policy)
        mapfile -t COMPREPLY < <(compgen -W "default strict audit managed" -f -- "$cur")
        return
        ;;
    -f | --filename | --context-objects | --command-config | --kubeconfig)
        mapfile -t COMPREPLY < <(compgen -f -- "$cur")
        return
        ;;
    -n | --namespace | --admin | --bootstrap | -m | --message | --context | --controller-lease | --label | --webhook-config | --controller)
        return
        ;;
    --fail-on)
        mapfile -t COMPREPLY < <(compgen -W "info warning error" -- "$cur")
        return
        ;;
    -o | --output)
        case $verb in
        lint) mapfile -t COMPREPLY < <(compgen -W "text json sarif junit" -- "$cur") ;;
        explain | status | rollout | drain-check) mapfile -t COMPREPLY < <(compgen -W "text json" -- "$cur") ;;
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
        rollout) i="--namespace --all-namespaces --output --watch --message --dry-run --controller-lease --kubeconfig --context --in-cluster --help" ;;
        drain-check) i="--output --watch --controller-lease --kubeconfig --context --in-cluster --help" ;;
        leave) i="--namespace --all-namespaces --dry-run --restart --label --webhook-config --controller --kubeconfig --context --in-cluster --help" ;;
        esac
        mapfile -t COMPREPLY < <(compgen -W "$i" -- "$cur")
        return
    fi
    case $verb in
    rollout) mapfile -t COMPREPLY < <(compgen -W "status pause resume abort" -- "$cur") ;;
    drain-check | leave) ;;
    *) mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
    esac
}

complete -o filenames -F _ballast ballast
