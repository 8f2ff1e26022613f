#!/usr/bin/env bash
# Makes certain hangs on a real NVIDIA GPU and checks what `kvtool dump` says of each. Needs libcuda.so.1, python3, a C++
# compiler (for one scenario: left out with a line that says so without one) and a built kvtool.
#
# usage: test/gpu/dump_on_gpu.sh [--pack | SCENARIO...]
#
#   --pack            copy what a machine without Node packages and without libdw needs into build/gpu-kit, then stop.
#                     There: KVTOOL_NODE=/path/to/node build/gpu-kit/test/gpu/dump_on_gpu.sh
#   KVTOOL_NODE       the node to run kvtool with (default: node)
#   KVTOOL_PYTHON     the CPython that hangs (default: python3)
#   OUT               folder for the reports (default: build/gpu-dumps)
#
# Ends with `N of M as expected`; exit 1 when one is not, 69 when there is no CUDA driver.
set -uo pipefail
cd "$(dirname "$0")/../.."
root=$PWD
node=${KVTOOL_NODE:-node}
python=${KVTOOL_PYTHON:-python3}
out=${OUT:-$root/build/gpu-dumps}

pack() {
  local kit=build/gpu-kit
  rm -rf "$kit" && mkdir -p "$kit/build/Release" "$kit/lib" "$kit/test/fixtures/programs" || exit 1
  cp -r bin dist package.json scenarios "$kit/"
  cp oclif.manifest.json "$kit/" 2>/dev/null
  cp -r test/gpu "$kit/test/"
  cp test/fixtures/programs/fixture.h "$kit/test/fixtures/programs/"
  strip -o "$kit/build/Release/kvtool-snapshot" build/Release/kvtool-snapshot
  # What is not part of every Linux with a C++ runtime.
  ldd build/Release/kvtool-snapshot | awk '/lib(dw|elf|z|lzma|bz2|zstd)\.so/ { print $3 }' | xargs -r -I{} cp -L {} "$kit/lib/"
  # npm packages without those that only build and test.
  cp package-lock.json "$kit/"
  npm query ':not(.dev):not(:root)' 2>/dev/null | node -e '
    const packages = JSON.parse(require("fs").readFileSync(0, "utf8"));
    for (const { location } of packages) console.log(location);' |
    while read -r location; do
      [ -n "$location" ] || continue
      mkdir -p "$kit/$(dirname "$location")" && cp -r "$location" "$kit/$(dirname "$location")/"
    done
  find "$kit/node_modules" \( -name '*.d.ts' -o -name '*.map' -o -name '*.md' \) -delete
  du -sh "$kit"
}

if [ "${1:-}" = --pack ]; then
  pack
  exit
fi

"$python" -c 'import ctypes; exit(ctypes.CDLL("libcuda.so.1").cuInit(0))' 2>/dev/null || {
  echo "dump_on_gpu: no CUDA driver: libcuda.so.1 is not there or cuInit failed; nvidia-smi tells more" >&2
  exit 69
}
mkdir -p "$out"
# Of the kit: libdw and its like.
[ -d "$root/lib" ] && export LD_LIBRARY_PATH="$root/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"

# Ends by itself after 5 minutes, whatever becomes of this script.
start() { # start SCENARIO FACTS
  case $1 in
    native-host-function)
      local binary=$out/host-function-mutex
      # libcuda.so.1 by its full path: there is no libcuda.so without a toolkit.
      local driver
      driver=$("$python" -c 'import ctypes
ctypes.CDLL("libcuda.so.1")
print(next(line.split()[-1] for line in open("/proc/self/maps") if "/libcuda" in line))')
      c++ -std=c++20 -O2 -g -pthread test/gpu/host-function-mutex.cc "$driver" -o "$binary" -Wl,--allow-shlib-undefined ||
        return 1
      timeout -k 1 300 "$binary" >"$2" 2>&1 &
      ;;
    *) timeout -k 1 300 "$python" test/gpu/hang.py "$1" >"$2" 2>&1 & ;;
  esac
  guard=$!
}

await_ready() { # await_ready FACTS
  for _ in $(seq 600); do
    grep -q '^ready$' "$1" && return 0
    kill -0 "$guard" 2>/dev/null || return 1
    sleep 0.1
  done
  return 1
}

scenarios=("$@")
[ ${#scenarios[@]} -gt 0 ] || scenarios=(three-party first-launch synchronize free launch native-host-function kernel)
passed=0
for scenario in "${scenarios[@]}"; do
  facts=$out/$scenario.facts.txt
  : >"$facts"
  if ! start "$scenario" "$facts"; then
    echo "$scenario: left out, it could not be built"
    continue
  fi
  if await_ready "$facts"; then
    pid=$(pgrep -P "$guard" | head -n 1)
    # The last call is made some microseconds after `ready`: the first of two looks, a second apart, may be early.
    sleep 1
    "$node" bin/run.js dump "$pid" --samples 2 --interval 1s --json >"$out/$scenario.json" 2>"$out/$scenario.err"
    echo "exit code $?" >>"$out/$scenario.err"
    "$node" bin/run.js dump "$pid" >"$out/$scenario.txt" 2>&1
    "$node" bin/run.js dump "$pid" --raw "$out/$scenario.raw.json" >/dev/null 2>&1
    if "$node" test/gpu/check.js "$scenario" "$out/$scenario.json" "$facts"; then
      echo "$scenario: as expected"
      passed=$((passed + 1))
    fi
  else
    echo "$scenario: did not come to its hang:"
    cat "$facts"
  fi
  kill -9 $(pgrep -P "$guard") "$guard" 2>/dev/null
  wait "$guard" 2>/dev/null
done
echo "$passed of ${#scenarios[@]} as expected; reports: $out"
[ "$passed" = ${#scenarios[@]} ]
