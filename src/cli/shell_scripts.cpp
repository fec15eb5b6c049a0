// SPDX-License-Identifier: MIT
#include "a2a_backup/cli/shell_scripts.hpp"

namespace a2a_backup {
namespace {

constexpr std::string_view bash =
    R"sh(# Completion of a2a-backup for bash 4 or newer:  source <(a2a-backup completion bash)

_a2a_backup() {
  local line=${COMP_LINE:0:COMP_POINT} words=() answer=() word last i kind held program fresh
  # Bash cuts its words at = and : too. What no space divides is one word.
  for ((i = 0; i <= COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    fresh=$((i == 0)); [[ $line != [[:space:]]* ]] || fresh=1
    line=${line#"${line%%[![:space:]]*}"}
    ((i < COMP_CWORD)) || word=$line
    if ((fresh)); then words+=("$word"); else words[${#words[@]}-1]+=$word; fi
    line=${line#"$word"}
  done
  last=${words[${#words[@]}-1]}
  program=${words[0]/#\~\//$HOME/}
  mapfile -t answer < <("$program" __complete --quoted "${words[@]:1}" 2>/dev/null)
  COMPREPLY=()
  ((${#answer[@]})) || return 0
  # What readline will not replace, because its own word begins after it.
  word=${COMP_WORDS[COMP_CWORD]}
  [[ $word != *[!=:]* ]] && word=
  held=${last%"$word"}
  kind=${answer[0]%%$'\t'*}
  for line in "${answer[@]:1}"; do
    line=${answer[0]#*$'\t'}${line%%$'\t'*}
    # Within quotes that are open readline adds what is needed.
    [[ $word == [\"\']* ]] || printf -v line %q "$line"
    COMPREPLY+=("${line#"$held"}")
  done
  case $kind in
    files) compopt -o default 2>/dev/null || : ;;
    folders) compopt -o dirnames 2>/dev/null || : ;;
  esac
  return 0
}

complete -F _a2a_backup a2a-backup
)sh";

constexpr std::string_view zsh = R"sh(#compdef a2a-backup
# Completion of a2a-backup for zsh:  source <(a2a-backup completion zsh)

_a2a-backup() {
  local -a answer described
  local line value kind prefix found=1
  answer=("${(@f)$(${~words[1]} __complete "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)}")
  kind=${answer[1]%%$'\t'*}
  prefix=${answer[1]#*$'\t'}
  for line in "${(@)answer[2,-1]}"; do
    value=${${${line%%$'\t'*}//\\/\\\\}//:/\\:}
    described+=("$value:${line#*$'\t'}")
  done
  [[ -z $prefix ]] || compset -P '*='
  (( ! $#described )) || { _describe -V word described && found=0 }
  # Beside names of backups, files only when one is being typed.
  if (( ! $#described )) || [[ $PREFIX == [./~]* ]]; then
    case $kind in
      files) _files && found=0 ;;
      folders) _files -/ && found=0 ;;
    esac
  fi
  return found
}

if [[ $funcstack[1] == _a2a-backup ]]; then
  _a2a-backup "$@"
else
  compdef _a2a-backup a2a-backup
fi
)sh";

constexpr std::string_view fish =
    R"sh(# Completion of a2a-backup for fish:  a2a-backup completion fish | source

function __a2a_backup_ask
    set -l words (commandline -opc)
    set -l program (string replace -r '^~/' $HOME/ -- $words[1])
    set -e words[1]
    set -l token (commandline -ct)
    $program __complete $words (string unescape -- "$token"; or echo -- $token) 2>/dev/null
end

function __a2a_backup_words
    set -l answer (__a2a_backup_ask)
    set -l prefix (string split \t -- $answer[1])[2]
    for line in $answer[2..-1]
        printf '%s%s\n' "$prefix" $line
    end
end

# Beside names of backups, files only when one is being typed.
function __a2a_backup_wants
    set -l answer (__a2a_backup_ask)
    string match -q "$argv[1]"\t'*' -- $answer[1]; or return 1
    test (count $answer) -le 1; or string match -qr '^[./~]' -- (commandline -ct)
end

function __a2a_backup_folders
    set -l token (commandline -ct)
    set -l prefix (string match -r '^--[^=]*=' -- $token)
    set -l value (string replace -r '^--[^=]*=' '' -- $token)
    for line in (__fish_complete_directories "$value" folder)
        printf '%s%s\n' "$prefix" $line
    end
end

complete -c a2a-backup -e
complete -c a2a-backup -f
complete -c a2a-backup -k -a '(__a2a_backup_words)'
complete -c a2a-backup -n '__a2a_backup_wants files' -F
complete -c a2a-backup -n '__a2a_backup_wants folders' -a '(__a2a_backup_folders)'
)sh";

}  // namespace

std::string_view completion_script(std::string_view shell) {
  if (shell == "bash") return bash;
  return shell == "zsh" ? zsh : fish;
}

}  // namespace a2a_backup
