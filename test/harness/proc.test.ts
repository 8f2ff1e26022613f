import { expect, test } from 'vitest';
import {
  parseProcessStat,
  readCommandLine,
  readProcessStat,
  readProcessStatus,
} from '../../src/harness/proc.js';
import { parseMappings } from '../../src/harness/shared-locks.js';

test('a name with blanks and parentheses', () => {
  const fields = Array.from({ length: 49 }, (_, at) => String(at));
  expect(parseProcessStat(`7 (a) b (c) S 3 ${fields.join(' ')}`)).toMatchObject({
    ...{ pid: 7, comm: 'a) b (c', state: 'S', parentPid: 3 },
  });
  expect(parseProcessStat('')).toBeUndefined();
});

test('this very process', async () => {
  expect(await readProcessStat(process.pid)).toMatchObject({ pid: process.pid, parentPid: process.ppid });
  expect(await readProcessStatus(process.pid)).toMatchObject({
    ...{ processId: process.pid, user: process.geteuid?.(), tracerPid: 0 },
  });
  expect(await readCommandLine(process.pid)).not.toEqual([]);
  expect(await readProcessStat(4_194_304)).toBeUndefined();
});

test('shared and private mappings; other lines are left out', () => {
  const text =
    '7f0000000000-7f0000001000 rw-s 00002000 00:01 1028    /dev/zero (deleted)\n' +
    'nonsense\n55d0c0000000-55d0c0001000 r-xp 00000000 fe:01 77   /usr/bin/x y\n';
  expect(parseMappings(text)).toEqual([
    { start: 0x7f0000000000n, end: 0x7f0000001000n, isShared: true, offset: 0x2000n, object: '00:01:1028' },
    { start: 0x55d0c0000000n, end: 0x55d0c0001000n, isShared: false, offset: 0n, object: 'fe:01:77' },
  ]);
});
