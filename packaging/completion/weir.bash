# SPDX-License-Identifier: MIT
# bash completion for weir. The options are those that --help of the command
# shows, so that there is no second list of them.

_weir_options()
{
	"$1" ${2:+"$2"} --help 2>/dev/null |
		grep -oE -- '(^|[ ,])--?[a-z][a-z-]*' | tr -d ' ,' | sort -u
}

_weir()
{
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
	local commands='run render diff check snapshot status approve deny'
	commands+=' pause resume reload'
	local command='' i choices

	for ((i = 1; i < COMP_CWORD; i++)); do
		case " $commands " in
		*" ${COMP_WORDS[i]} "*)
			command=${COMP_WORDS[i]}
			break ;;
		esac
	done

	case $before in
	--log-level) choices='debug info warn error' ;;
	--log-format) choices='text json' ;;
	--format) choices='text json markdown' ;;
	--set | --timeout) return ;;
	*)
		if [[ $word == -* ]]; then
			choices=$(_weir_options "${COMP_WORDS[0]}" "$command")
		elif [[ -z $command ]]; then
			choices=$commands
		else
			choices=
		fi ;;
	esac

	if [[ -n $choices ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$choices" -- "$word")
	else
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
	fi
}

complete -F _weir weir
