#!/usr/bin/env bash
# Makes a fresh Debian or Ubuntu machine ready: system packages, npm packages, builds. Safe to run again: what is
# already there is left alone, and a second run takes a second or two.
#
# usage: scripts/bootstrap.sh
#   KVTOOL_SKIP_APT=1   never install system packages; say which are missing and stop
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf 'bootstrap: %s\n' "$*" >&2; }
fail() {
  say "$1"
  shift
  for line in "$@"; do printf '  %s\n' "$line" >&2; done
  exit 69
}

[ "$(uname -s)" = Linux ] || fail "found $(uname -s); kvtool reads /proc and builds on Linux only"

# ---- Node
command -v node >/dev/null || fail "no node on PATH; expected Node 20.17 or later" "https://nodejs.org/en/download"
node -e '
  const [major, minor] = process.versions.node.split(".").map(Number);
  process.exit(major > 22 || (major === 22 && minor >= 9) || (major === 20 && minor >= 17) ? 0 : 1);
' || fail "found Node $(node -v); expected ^20.17 or >=22.9" "https://nodejs.org/en/download"

# ---- system packages: what each is for stands beside it
missing=()
need() { # need PACKAGE TEST...
  local package=$1
  shift
  "$@" >/dev/null 2>&1 || missing+=("$package")
}
has_header() { [ -e "/usr/include/$1" ] || [ -e "/usr/include/$(uname -m)-linux-gnu/$1" ]; }
need g++ command -v g++                               # the C++20 compiler
need cmake command -v cmake                           # the build
need ninja-build command -v ninja                     # the build
need libdw-dev has_header elfutils/libdwfl.h          # unwinding without stopping the target
need libelf-dev has_header libelf.h                   # symbol tables
need nlohmann-json3-dev has_header nlohmann/json.hpp  # JSON in C++
need libgtest-dev has_header gtest/gtest.h            # the C++ tests
need python3 command -v python3                       # the Python half of the scenarios

if [ ${#missing[@]} -gt 0 ]; then
  install="apt-get install -y --no-install-recommends ${missing[*]}"
  command -v apt-get >/dev/null || fail "missing: ${missing[*]}, and there is no apt-get here" "install their equivalents, then run this again"
  [ -z "${KVTOOL_SKIP_APT:-}" ] || fail "missing: ${missing[*]} (KVTOOL_SKIP_APT is set)" "sudo $install"
  if [ "$(id -u)" = 0 ]; then
    as_root=()
  elif sudo -n true 2>/dev/null; then
    as_root=(sudo -n)
  else
    fail "missing: ${missing[*]}; installing them needs root and sudo asks for a password" "sudo $install" "then run this again"
  fi
  say "installing system packages: ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  "${as_root[@]}" $install >&2 || {
    "${as_root[@]}" apt-get update >&2
    "${as_root[@]}" $install >&2 || fail "could not install: ${missing[*]}" "sudo apt-get update && sudo $install"
  }
fi

# ---- npm packages
stamp=node_modules/.package-lock.json
if [ ! -e "$stamp" ] || [ package-lock.json -nt "$stamp" ]; then
  say "installing npm packages (npm ci)"
  npm ci --no-fund --no-audit >&2
  touch "$stamp"
fi

# ---- builds; both do nothing when nothing changed
say "building the native core, tools and addon"
bash scripts/build-native.sh >&2
say "compiling TypeScript"
npm run --silent build:ts >&2
say "ready"
