#!/bin/sh
# play UNIT: lives the life that lies in /lives/UNIT.life, and notes what became of the service.
unit=$1
. /lives/steps.sh
. "/lives/$unit.life"
say "$(systemctl show "$unit" \
    -p ActiveState -p SubState -p Result -p NRestarts -p ExecMainCode -p ExecMainStatus)"
