# bash completion for lab, generated from its option tables; source this file, or install it with `make install`.
_lab()
{
	local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} options= values= workloads=
	COMPREPLY=()
	if [ "$COMP_CWORD" -eq 1 ]; then
		COMPREPLY=($(compgen -W "audit baseline build calibrate causal clinic compare diagnose fixtures gate history inspect load new optimize profile rebench repeat show sign verify" -- "$word"))
		return
	fi
	case ${COMP_WORDS[1]} in
	audit)
		options="--budget --repetition --all --source --build --run --refs --candidate --input --ops --metric --answer --expect-exit --cpus"
		workloads=1
		case $previous in
		--metric) values="throughput turnaround wall p50 p95 p99 cpu peak_rss allocations instructions" ;;
		--answer) values="output exit" ;;
		--cpus) values="one all" ;;
		esac
		;;
	baseline)
		options="--budget"
		workloads=1
		;;
	build)
		options=""
		workloads=1
		;;
	calibrate)
		options="--size --budget --render-only"
		case $previous in
		--size) values="quick documented" ;;
		esac
		;;
	causal)
		options="--function --speedups --progress --file --blocks --cpus --stdin --expect-exit --timeout --seed --json"
		;;
	clinic)
		options="--answers --report --budget --resume --again --list"
		;;
	compare)
		options="--a --b --also --name --scan --metric --in-process --json --csv --markdown --setup --prepare --stdin --expect-output --expect-exit --cpus --timeout --measure-identical --budget --pairs --alpha --effect --seed"
		case $previous in
		--metric) values="time wall cpu peak_rss minor_faults allocations allocated_bytes instructions binary_size" ;;
		esac
		;;
	diagnose)
		options="--stdin --expect-exit --budget --try"
		;;
	fixtures)
		options="--bless"
		workloads=1
		;;
	gate)
		options="--base --workload --repository --build --run --flamegraph --in-process --instructions --setup --prepare --stdin --expect-output --expect-exit --cpus --timeout --measure-identical --budget --pairs --alpha --effect --seed --ci-output --fail-on --thresholds --artifact-url"
		case $previous in
		--ci-output) values="github gitlab json" ;;
		--fail-on) values="any minor moderate critical" ;;
		esac
		;;
	history)
		options="--metric --size --variant"
		workloads=1
		case $previous in
		--metric) values="time throughput turnaround wall p50 p95 p99 cpu peak_rss minor_faults allocations allocated_bytes instructions binary_size" ;;
		esac
		;;
	inspect)
		options="--clock"
		;;
	load)
		options="--rate --seconds --json"
		;;
	new)
		options="--kind"
		workloads=1
		case $previous in
		--kind) values="library command" ;;
		esac
		;;
	optimize)
		options="--budget --in-process"
		workloads=1
		;;
	profile)
		options="--budget"
		workloads=1
		;;
	rebench)
		options="--budget"
		workloads=1
		;;
	repeat)
		options="--budget --times"
		workloads=1
		;;
	show)
		options="--output --unverified"
		;;
	sign)
		options="--key"
		;;
	verify)
		options=""
		;;
	esac
	if [ -n "$values" ]; then
		COMPREPLY=($(compgen -W "$values" -- "$word"))
	elif [[ $word == -* ]]; then
		COMPREPLY=($(compgen -W "$options" -- "$word"))
	elif [ -n "$workloads" ]; then
		COMPREPLY=($(compgen -W "$(cd workloads 2>/dev/null && echo */ | tr -d /)" -- "$word"))
	fi
}
complete -o default -F _lab lab
