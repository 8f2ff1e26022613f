#!/usr/bin/env bash
# Builds build/Release/{kvtool.node,libkvtool.so,kvtool-guard,kvtool-snapshot,kvtool-driver-cell,kvtool-transfer-cell,kvtool-explore}. Quiet unless it fails.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p build
log=build/build-native.log
# `build`, not `compile`: a failed `compile` wipes the folder and builds everything again.
if ! npx --no-install cmake-js build --config Release --parallel "$(nproc)" >"$log" 2>&1; then
  cat "$log" >&2
  echo "build-native: failed; the log is $log. A stale build folder may be the cause: rm -rf build, then again" >&2
  exit 1
fi
for product in kvtool.node libkvtool.so kvtool-guard kvtool-snapshot kvtool-driver-cell kvtool-transfer-cell kvtool-explore; do
  [ -e "build/Release/$product" ] || { cat "$log" >&2; echo "build-native: build/Release/$product was not built" >&2; exit 1; }
done
