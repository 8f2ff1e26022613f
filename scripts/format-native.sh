#!/usr/bin/env bash
# Formats the C++ sources; with --check only says which are not formatted and fails.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/native-sources.sh
command -v clang-format >/dev/null || { echo "no clang-format: sudo apt-get install clang-format" >&2; exit 69; }
if [ "${1:-}" = --check ]; then
  native_sources | xargs clang-format --dry-run -Werror
else
  native_sources | xargs clang-format -i
fi
