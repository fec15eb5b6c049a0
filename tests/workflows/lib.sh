# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Shared by `run` and scripts/lint-workflows, which source it in the project's root.
. scripts/lib.sh

# prepare_node: gets node and the pinned packages, and lays the modules of this folder beside them in
# build/workflows: there they find them, and no other check finds what npm brings.
prepare_node() {
  local place=build/workflows
  # The packages have one word each.
  # shellcheck disable=SC2046
  install_packages $(workflow_packages) || return 1
  mkdir -p "$place"
  if ! cmp -s tests/workflows/package-lock.json "$place/package-lock.json" ||
    [ ! -e "$place/node_modules/.package-lock.json" ]; then
    cp tests/workflows/package.json tests/workflows/package-lock.json "$place/"
    npm ci --prefix "$place" --prefer-offline --no-audit --no-fund --loglevel=error >&2 || {
      rm -f "$place/package-lock.json"
      say "npm could not install what checks the workflows"
      return 1
    }
  fi
  cp tests/workflows/*.mjs "$place/"
}
