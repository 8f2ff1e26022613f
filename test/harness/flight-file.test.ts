import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { decodeFlight, readFlight } from '../../src/harness/flight-file.js';
import { fixture, temporaryFolder } from './helpers.js';

const golden = gunzipSync(readFileSync(fixture('flight-golden.kvr.gz')));

describe('decodeFlight', () => {
  test('reads what the C++ side wrote', () => {
    const { flight, problem } = decodeFlight(golden);

    expect(problem).toBeUndefined();
    expect(flight).toEqual({
      pid: 4711,
      state: 'failed',
      startedNs: 1_000_000_001,
      lastProgressNs: 2_000_000_002,
      finishedNs: 3_000_000_003,
      windowOpens: 17,
      windowFirstNs: 1_500_000_005,
      message: 'torch is too old: found 1.9, expected ≥ 2.1',
      counters: [
        { name: 'requests', kind: 'progress', value: 12 },
        { name: 'heartbeats', kind: 'heartbeat', value: 5_000_000_000 },
        { name: 'a name that fills every byte that it is allowed', kind: 'gauge', value: 1 },
      ],
      lines: [
        {
          tid: 4712,
          name: 'launcher',
          holds: ['runtime-lock:GIL', 'mutex:transfer_lock'],
          wants: 'driver-lock:W',
          where: 'cudaEventRecord',
          sinceNs: 2_000_000_100,
          torn: false,
        },
        { tid: 4713, name: 'host-function executor', holds: [], sinceNs: 0, torn: true },
        { tid: 4999, name: 'last', holds: [], sinceNs: 0, torn: false },
      ],
    });
  });

  test('takes a file without its magic for one that holds nothing yet', () => {
    const young = Buffer.from(golden);
    young.fill(0, 0, 8);

    expect(decodeFlight(young)).toEqual({});
    expect(decodeFlight(Buffer.alloc(0))).toEqual({});
    expect(decodeFlight(Buffer.alloc(135_424))).toEqual({});
  });

  test.each([
    ['inside the magic', 5, undefined],
    ['inside the header', 100, undefined],
    ['after the header', 256, { counters: 0, lines: 0 }],
    ['inside the second counter', 256 + 100, { counters: 1, lines: 0 }],
    ['after the counters', 256 + 64 * 64, { counters: 3, lines: 0 }],
    ['inside the third line', 256 + 64 * 64 + 2 * 512 + 1, { counters: 3, lines: 1 }],
  ])('reads as much as there is of a file cut off %s', (_where, bytes, found) => {
    const { flight, problem } = decodeFlight(golden.subarray(0, bytes));

    expect(problem).toBeUndefined();
    expect(flight && { counters: flight.counters.length, lines: flight.lines.length }).toEqual(found);
  });

  test('says so when something else stands in the file', () => {
    expect(decodeFlight(Buffer.from('{"not": "a flight file"}'))).toEqual({
      problem: 'not a flight file: it does not start with KVFLIGHT',
    });
  });

  test('says so when the file is of another version', () => {
    const newer = Buffer.from(golden);
    newer.writeUInt32LE(2, 8);

    expect(decodeFlight(newer)).toEqual({ problem: 'flight file of version 2; this kvtool reads version 1' });
  });

  test('says so when the sizes in the header are not those of the version', () => {
    const odd = Buffer.from(golden);
    odd.writeUInt32LE(1024, 28);

    expect(decodeFlight(odd).problem).toBe(
      'flight file with sizes 256/64/64/256/1024; version 1 has 256/64/64/256/512',
    );
  });

  test('is not led astray by counts and states out of range', () => {
    const wild = Buffer.from(golden);
    wild.writeUInt32LE(4_000_000_000, 256 + 64 * 64 + 16); // held_count of the first line
    expect(decodeFlight(wild).flight?.lines[0]?.holds).toHaveLength(6);

    wild.writeUInt32LE(99, 44);
    expect(decodeFlight(wild)).toEqual({ problem: 'unknown state 99 in the flight file' });
  });
});

describe('readFlight', () => {
  test('takes a missing file for one that holds nothing yet', async () => {
    expect(await readFlight(join(await temporaryFolder(), 'events.kvr'))).toEqual({});
  });

  test('reads the lock lines only when asked to', async () => {
    // Given a whole flight file
    const path = join(await temporaryFolder(), 'events.kvr');
    await writeFile(path, golden);

    // Then both ways show the counters, and one the lines
    const head = await readFlight(path);
    const whole = await readFlight(path, { lines: true });
    expect(head.flight?.counters).toHaveLength(3);
    expect(head.flight?.lines).toEqual([]);
    expect(whole).toEqual(decodeFlight(golden));
  });

  test('tells a problem instead of throwing', async () => {
    expect((await readFlight(await temporaryFolder())).problem).toMatch(
      /^cannot read the flight file: EISDIR/,
    );
  });
});
