set pagination off
set width 0
set can-use-hw-watchpoints 0
echo \n== a breakpoint where the first reading has been taken\n
break decode_message
ignore 1 1
run
print warmest.reading
print *warmest.reading
x/6gx warmest.reading->station
echo \n== a watchpoint on the name that it keeps\n
delete 1
watch -location warmest.reading->station
continue
backtrace
echo \n== the memory that it points to now\n
x/6gx warmest.reading
x/s warmest.reading
delete
echo \n== on to the crash\n
continue
backtrace
print *warmest.reading
