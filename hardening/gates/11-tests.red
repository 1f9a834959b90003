#!/bin/sh
# Plants tests that assert nothing, tests that are not run, a reader that an input breaks, an allocation that is not checked, and a bug.
. hardening/gates/planted.sh
session=profiler/session

PARTS=mutants
export PARTS
for test in "$session"/*_test.c; do
	sed -i -E 's/^([[:space:]]+)assert_(int|string|memory|ptr|null|non_null|true|false)[a-z_]*\(/\1(void)(/; s/fail_msg\(/(void)(/' "$test"
done
must_be_red "tests of session that assert nothing" "mutants-session: .* but the floor is"
restore "$session"

PARTS=branches
sed -i 's/^\(	return cmocka_run_group_tests\).*/	return sizeof(tests) == 0;/' "$session"/*_test.c
must_be_red "tests of session that are not run" "branches-session: .* but the floor is"
restore "$session"

PARTS=fuzz
sed -i 's/| (uint32_t)(digit - digits);/| (uint32_t)digits[(digit - digits) * 2];/' $session/json_pull.c
printf '{"\\u00ff":1}' >hardening/fuzz/corpus/session/planted.json
must_be_red "a reader that reads past a table" "a reader does not survive an input"
restore $session/json_pull.c

PARTS=memory
perl -0pi -e 's/if \(!keys \|\| !c->tally->row\)\s*error = -ENOMEM;//' $session/tally.c
must_be_red "an allocation that is not checked" "session_memory_test ends with"
restore $session/tally.c

PARTS=check
sed -i 's/row->waits_count++;/row->waits_count += 2;/' $session/waiting.c
must_be_red "a bug" "a_thread_is_summed_under_its_latest_name"
all_red
