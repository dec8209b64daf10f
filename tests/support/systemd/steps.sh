# shellcheck shell=sh
# The words that a life is told in; $unit is the service. A wait ends after a minute and says so.

: "${unit:?}"

say() { echo "$*" >>"/lives/$unit.steps"; }

# ctl VERB [OPTION]...: has systemctl do it to the service, and says whether it could.
ctl() {
    verb=$1
    shift
    systemctl "$verb" "$@" "$unit" >/dev/null 2>&1
    say "$verb $*: $?"
}

# property NAME: what systemd says of the service.
property() { systemctl show -p "$1" --value "$unit"; }

# wait_until WHAT COMMAND...: until the command succeeds.
wait_until() {
    what=$1 tries=0
    shift
    until "$@"; do
        tries=$((tries + 1))
        if [ "$tries" -gt 600 ]; then
            say "waited in vain until $what"
            return
        fi
        sleep 0.1
    done
}

has_state() { case " $1 " in *" $(property ActiveState) "*) ;; *) return 1 ;; esac; }
has() { [ "$(property "$1")" = "$2" ]; }

# over: waits until the service is down and nothing more happens to it.
over() { wait_until 'it was down' has_state 'inactive failed'; }

# up RESTARTS: waits until it was started again so many times and is up.
up() {
    wait_until "it was started again $1 times" has NRestarts "$1"
    wait_until 'it was up' has_state active
}

# in_state SUBSTATE: waits until it is there.
in_state() { wait_until "it was in $1" has SubState "$1"; }

# signal NAME: sends main a signal, as somebody from outside would.
signal() {
    main=$(property MainPID)
    [ "$main" -gt 0 ] && kill "-$1" "$main"
    say "kill -$1: $?"
}
