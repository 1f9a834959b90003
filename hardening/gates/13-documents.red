#!/bin/sh
# Plants a link that leads nowhere, and a decision without its context.
. hardening/gates/planted.sh
echo 'See [the plan](no-such-plan.md).' >>CONTRIBUTING.md
must_be_red "a link that leads nowhere"
restore CONTRIBUTING.md
printf '# 99. Planted\n\nStatus: accepted.\n' >hardening/adr/0099-planted.md
must_be_red "a decision without its context"
all_red
