# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Shared by the scripts of this folder, which the workflows run as their steps.
# shellcheck disable=SC2034  # what is set here is used there

shopt -s inherit_errexit

# How the backup workflow names its artifacts and its releases. Nothing else is ever read or deleted.
artifact_form='^a2a_backup_[0-9]{8}_[0-9]{6}(-[0-9]+)?$'
release_form='^backup-[0-9]{8}$'

# fail EXIT WORDS...: ends the step, and shows why on the run's page.
fail() {
  local code=$1
  shift
  printf '::error::%s\n' "$*"
  summarize "**Failed:** $*" ''
  exit "$code"
}

warn() {
  printf '::warning::%s\n' "$*"
  summarize "**Warning:** $*" ''
}

# output NAME VALUE: for the steps and jobs that follow; the value may have several lines.
output() {
  local border
  border=end-$(od -An -N 12 -tx1 /dev/urandom | tr -d ' \n')
  printf '%s<<%s\n%s\n%s\n' "$1" "$border" "$2" "$border" >>"$GITHUB_OUTPUT"
}

# summarize LINE...: for the page of the run.
summarize() {
  printf '%s\n' "$@" >>"$GITHUB_STEP_SUMMARY"
}

size_of() {
  stat -c %s -- "$1"
}

digest_of() {
  sha256sum <"$1" | cut -d ' ' -f 1
}

# use_identity: sets identity to the option that names the secret key in $A2A_AGE_IDENTITY, when
# there is one. The file is gone with the shell.
use_identity() {
  identity=()
  [ -n "${A2A_AGE_IDENTITY-}" ] || return 0
  local key_file
  key_file=$(umask 077 && mktemp "$RUNNER_TEMP/identity.XXXXXX")
  # shellcheck disable=SC2064
  trap "rm -f -- '$key_file'" EXIT
  printf '%s\n' "$A2A_AGE_IDENTITY" >"$key_file"
  identity=(--identity "$key_file")
}
