# bash completion for clinic, written from its option tables; source it, or
# `make install` puts it in place.
_clinic()
{
	local word=${COMP_WORDS[COMP_CWORD]} options=
	COMPREPLY=()
	if [ "$COMP_CWORD" -eq 1 ]; then
		COMPREPLY=($(compgen -W "annotate causal diff doctor export help import merge record report where" -- "$word"))
		return
	fi
	case ${COMP_WORDS[1]} in
	annotate)
		options="--source --all --full-names --help"
		;;
	causal)
		options="--function --speedup --file --progress --output --help"
		;;
	diff)
		options="--output --format --weight --title --icicle --top --full-names --json --help"
		;;
	doctor)
		options="--json --help"
		;;
	export)
		options="--output --format --weight --title --icicle --without-instrument --help"
		;;
	import)
		options="--output --event --frequency --help"
		;;
	merge)
		options="--output --help"
		;;
	record)
		options="--frequency --output --pid --duration --event --sample-bytes --assert-zero-alloc --backend --stages --debuginfod --help"
		;;
	report)
		options="--top --by --callers --weight --from --to --full-names --raw-sites --without-instrument --json --help"
		;;
	where)
		options="--data --help"
		;;
	esac
	[[ $word == -* ]] && COMPREPLY=($(compgen -W "$options" -- "$word"))
}
complete -o default -F _clinic clinic
