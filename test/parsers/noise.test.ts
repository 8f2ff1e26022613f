import { describe, expect, it } from 'vitest';
import { readDump } from '../../src/diagnosis/parsers/read-dump.js';
import type { ProcessDump } from '../../src/diagnosis/process-dump.js';
import { fixtureText } from './fixtures.js';
import { noises, noisy } from './noise.js';

const texts = [
  'py-spy-native.txt',
  'py-spy-locals.txt',
  'gdb-stripped.txt',
  'gdb-abba.txt',
  'gdb-templates-terminal.txt',
  'gdb-python-3.8.txt',
  'pystack-native.txt',
  'faulthandler-3.14.txt',
  'faulthandler-later.txt',
  'current-frames-3.13.txt',
  'jstack.txt',
  'go-sigquit.txt',
  'eu-stack.txt',
  'lldb.txt',
];

/** What noise may change: lines move, a prefix may tell the time and the source. */
function essence(dumps: readonly ProcessDump[], before: number): unknown {
  const moved = (_: string, value: unknown) =>
    typeof value === 'object' &&
    value !== null &&
    'sourceLine' in value &&
    typeof value.sourceLine === 'number'
      ? { ...value, sourceLine: value.sourceLine - before, moved: true }
      : value;
  return dumps.map(({ label: _label, takenAt: _takenAt, ...dump }) => {
    const once = JSON.stringify(dump, (key, value) =>
      typeof value === 'object' && value !== null && 'moved' in value ? value : moved(key, value),
    );
    return JSON.parse(once.replaceAll(/"Line (\d+) /g, (_, line) => `"Line ${line - before} `));
  });
}

describe.each(noises)('in $name', (noise) => {
  it.each(texts)('%s reads the same', (file) => {
    const text = fixtureText(file);
    const before = noise.before?.length ?? 0;
    const read = readDump(noisy(text, noise));
    expect(essence(read.dumps, before)).toEqual(essence(readDump(text).dumps, 0));
  });
});
