set pagination off
set width 0
set can-use-hw-watchpoints 0
echo \n== a breakpoint after the first reading was taken\n
break decode_message
ignore 1 1
run
print warmest.reading
print *warmest.reading
x/6gx warmest.reading->station
echo \n== a watchpoint on the kept pointer to the name\n
delete 1
watch -location warmest.reading->station
continue
backtrace
echo \n== the memory to which the kept pointer points now\n
x/6gx warmest.reading
x/s warmest.reading
delete
echo \n== continue until the crash\n
continue
backtrace
print *warmest.reading
