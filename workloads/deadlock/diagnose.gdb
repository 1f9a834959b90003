set pagination off
set width 0
echo \n== run, and an interrupt when nothing moves any more\n
run
echo \n== thread apply all backtrace: where its threads stand\n
thread apply all backtrace
echo \n== who has locked which account\n
info threads
printf "anna's lock is owned by thread %d\n", anna.lock.__data.__owner
printf "ben's lock is owned by thread %d\n", ben.lock.__data.__owner
kill
