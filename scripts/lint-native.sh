#!/usr/bin/env bash
# Static analysis of every C++ source that is built into the core, its ABI, the addon and the tools, with the
# checks of .clang-tidy.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v clang-tidy >/dev/null || { echo "no clang-tidy: sudo apt-get install clang-tidy" >&2; exit 69; }
commands=build/compile_commands.json
[ -e "$commands" ] || bash scripts/build-native.sh
mapfile -t sources < <(node -p "
  const built = JSON.parse(fs.readFileSync('$commands', 'utf8')).map((entry) => entry.file);
  const ours = built.filter((file) => file.startsWith(process.cwd() + '/native/'));
  [...new Set(ours)].sort().join('\n')")
[ "${#sources[@]}" -gt 0 ] || { echo "lint-native: $commands names no source below native/: rm -rf build, then again" >&2; exit 1; }
echo "lint-native: ${#sources[@]} files"
# Its count of suppressed warnings goes to standard error; findings go to standard output.
printf '%s\n' "${sources[@]}" | xargs -P "$(nproc)" -n 4 clang-tidy -p build --quiet --warnings-as-errors='*' 2>/dev/null
echo "lint-native: clean"
