# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Shared by the scripts of this folder, which source it: packages and builds.

build_packages() {
  printf '%s\n' g++ cmake ninja-build pkg-config libzip-dev nlohmann-json3-dev libcli11-dev \
    libsqlitecpp-dev libsqlite3-dev libspdlog-dev libssl-dev zlib1g-dev libdeflate-dev \
    libcurl4-openssl-dev
  # Intel's library is packaged for these two alone; without it zlib does the work.
  case $(dpkg --print-architecture 2>/dev/null) in
    amd64 | arm64) printf '%s\n' libisal-dev ;;
  esac
}

test_packages() {
  printf '%s\n' catch2 python3 strace unzip zip p7zip-full sqlite3 shellcheck e2fsprogs mount \
    libeatmydata1 clang tmux python3-jsonschema age fish zsh mandoc groff-base curl openssl \
    python3-flask
}

# Ceph's S3 service, and that of OpenStack; where they are not packaged, the tests that need it are skipped.
offsite_packages() {
  printf '%s\n' radosgw ceph-mon ceph-osd ceph-common \
    swift-proxy swift-account swift-container swift-object
}

# The server, too; where it is not installed, the tests that need it are skipped.
postgresql_packages() {
  printf '%s\n' postgresql postgresql-client
}

# For the checks of the workflows; with nodejs and npm, where there are none from elsewhere.
workflow_packages() {
  printf '%s\n' jq unzip zip shellcheck python3 age
  if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
    printf '%s\n' nodejs npm
  fi
}

# Ubuntu has it as a snap only: there the tests that need it are skipped.
browser_packages() {
  printf '%s\n' chromium
}

is_installed() {
  case $(dpkg -s "$1" 2>/dev/null) in
    *'Status: install ok installed'*) return 0 ;;
  esac
  # Newer releases call it 7zip, and keep the old name only for a while.
  [ "$1" = p7zip-full ] && command -v 7z >/dev/null
}

# install_packages PACKAGE...: installs what is missing. Debian 12 and 13, Ubuntu 24.04.
install_packages() {
  local package missing=() become_root=()
  if ! command -v apt-get >/dev/null || ! command -v dpkg >/dev/null; then
    say "There is no apt-get here, so please install by hand what Debian calls: $*"
    say "Then: cmake --preset release && cmake --build --preset release"
    return 1
  fi
  for package in "$@"; do
    is_installed "$package" || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
      say "Packages are missing, you are not root, and there is no sudo. Please run this as root:"
      say "apt-get update && apt-get install --no-install-recommends ${missing[*]}"
      return 1
    fi
    become_root=(sudo)
  fi
  say "Installing ${missing[*]}"
  if ! apt_get update || ! apt_get install -y --no-install-recommends "${missing[@]}"; then
    say "Installing the packages failed, for the reason above. Run this again when it is mended."
    return 1
  fi
}

# Uses become_root of its caller.
apt_get() {
  # Another apt may be at work, as on a machine that has just started.
  "${become_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=120 \
    "$@" >&2
}

# build PRESET: configures and builds it into build/PRESET. Call in the project's root.
build() {
  cmake --preset "$1" && cmake --build --preset "$1" --parallel "${A2A_BUILD_JOBS:-$(nproc)}"
}

say() {
  printf '%s\n' "$*" >&2
}
