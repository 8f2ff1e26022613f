import type { Frame } from '../process-dump.js';
import type { Line } from './line.js';
import { makeFrame } from './make-frame.js';
import { addressEnd, baseName, fileAndLine, tidyAddress } from './scan.js';
import type { Store } from './store.js';

/** Files of frames that `--native` adds; the interpreter's own may have any name, scripts even none. */
const nativeFile = /\.(c|cc|cpp|cxx|h|hh|hpp|hxx|inl|ipp|tcc|cu|cuh|rs|go|S|s|f|f90|pyx|pxd|pxi|m|mm)$/i;

/** `name (file.py:12)`, `name (lib.so)` or `0x7f12 (lib.so)`. */
export function pySpyFrame(line: Line, store: Store): Frame | undefined {
  if (!line.body.endsWith(')')) return undefined;
  return store.frameCache.frame(line.body, line.number, () => parse(line, store));
}

function parse(line: Line, store: Store): Frame | undefined {
  const { body } = line;
  const open = body.lastIndexOf(' (');
  if (open <= 0) return undefined;
  const place = body.slice(open + 2, -1);
  const { file, line: lineNumber } = fileAndLine(place);
  if (place === '' || place.startsWith(' ') || (lineNumber === undefined && place.includes(' ')))
    return undefined;
  const frame = pySpyPlace(body.slice(0, open).trimEnd(), file, lineNumber, store);
  frame.sourceLine = line.number;
  return frame;
}

/** py-spy gives a library where it knows no source file. */
export function pySpyPlace(name: string, file: string, line: number | undefined, store: Store): Frame {
  const isAddress = name.startsWith('0x');
  const isLibrary = line === undefined && !file.endsWith('.py') && !file.startsWith('<');
  // People shorten addresses to `0x...`.
  const pc = isAddress && addressEnd(name, 0) === name.length ? tidyAddress(name) : undefined;
  return makeFrame({
    pc: store.keepPart(pc),
    function: isAddress ? undefined : store.keepPart(name),
    module: isLibrary ? store.keepPart(baseName(file)) : undefined,
    file: isLibrary ? undefined : store.keepPart(file),
    line,
    runtime: isLibrary || isAddress || nativeFile.test(file) ? 'native' : 'python',
  });
}
