#!/usr/bin/env bash
# Static analysis of the C++ sources with the checks of .clang-tidy, over the release build's compile commands.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v clang-tidy >/dev/null || { echo "no clang-tidy: sudo apt-get install clang-tidy" >&2; exit 69; }
mkdir -p build
[ -e build/compile_commands.json ] || bash scripts/build-native.sh
mapfile -t sources < <(find native -name '*.cc' | sort)
printf '%s\n' "${sources[@]}" | xargs -P "$(nproc)" -n 4 clang-tidy -p build --quiet --warnings-as-errors='*' 2>/dev/null
echo "lint-native: ${#sources[@]} files clean"
