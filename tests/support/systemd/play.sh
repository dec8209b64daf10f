#!/bin/sh
# play UNIT: lives the life that lies in /lives/UNIT.life, and notes what became of the service.
unit=$1
# shellcheck source=tests/support/systemd/steps.sh
. /lives/steps.sh
# shellcheck source=/dev/null # of each life
. "/lives/$unit.life"
say "$(systemctl show "$unit" \
    -p ActiveState -p SubState -p Result -p NRestarts -p ExecMainCode -p ExecMainStatus)"
