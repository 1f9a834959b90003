set pagination off
set width 0
echo \n== run until no thread runs any more, then interrupt\n
run
echo \n== thread apply all backtrace: where each thread waits\n
thread apply all backtrace
echo \n== which thread has locked which account\n
info threads
printf "anna's lock is owned by thread %d\n", anna.lock.__data.__owner
printf "ben's lock is owned by thread %d\n", ben.lock.__data.__owner
kill
