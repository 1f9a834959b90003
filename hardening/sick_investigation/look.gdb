set pagination off
set width 0
run
backtrace
