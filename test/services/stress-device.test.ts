import { describe, expect, it } from 'vitest';
import type { CellFinding } from '../../src/services/device-cells.js';
import type { runShort, ShortResult } from '../../src/services/short-command.js';
import { type StressDeviceRequest, stressDevice } from '../../src/services/stress-device.js';

const listed = {
  ...{ id: 'skip', family: 'E2', title: 'T', source: 'https://example.invalid' },
  variants: [{ name: 'buggy', what: 'W', expect: 'violation' }],
};

/** The tool as it would answer: true for a run that shows its bug. */
function tool(
  shows: (call: number) => boolean,
  more: Partial<CellFinding> = {},
): { run: typeof runShort; calls: () => number } {
  let calls = 0;
  const run = async (_: string, args: readonly string[]): Promise<ShortResult> => {
    const ended = (code: number, line: object) => ({
      ...{ code, stdout: `${JSON.stringify(line)}\n`, stderr: '', timedOut: false },
    });
    if (args.includes('--list')) return ended(0, listed);
    const expected = shows(++calls);
    const outcome = expected ? 'violation' : 'ok';
    const message = expected ? `E2: row ${calls}` : '';
    const finding = { scenario: 'skip', family: 'E2', variant: 'buggy', device: 'sim', facts: {} };
    return ended(expected ? 0 : 4, { ...finding, ...more, outcome, expected, message });
  };
  return { run, calls: () => calls };
}

const request: StressDeviceRequest = { scenario: 'skip', variant: 'buggy', device: 'sim' };

describe('stressDevice', () => {
  it('makes one run and says nothing of runs', async () => {
    const report = await stressDevice(request, tool(() => true).run);
    expect(report).toMatchObject({ exitCode: 4, message: 'E2: row 1', judgement: { result: 'as-expected' } });
    expect(report.runs).toBeUndefined();
  });

  it('warns of what the access log did not see', async () => {
    const pairs = {
      ordered: 3,
      inOneStream: 1,
      unordered: 0,
      accesses: 9,
      forgotten: 2,
      unknownTransfers: 1,
    };
    const { warnings } = await stressDevice(request, tool(() => true, { pairs, races: [] }).run);
    expect(warnings).toEqual([
      'accesses forgotten for lack of room: 2; races there are not found',
      'KV transfers whose pages were not logged, as their lists are unknown: 1; races there are not found',
    ]);
    const sound = { ...pairs, forgotten: 0, unknownTransfers: 0 };
    const clean = await stressDevice(request, tool(() => true, { pairs: sound, races: [] }).run);
    expect(clean.warnings).toEqual([]);
  });

  it('tells of the first run that was not as expected', async () => {
    const report = await stressDevice({ ...request, repeat: 4 }, tool((call) => call !== 3).run);
    expect(report.runs).toMatchObject({ made: 4, failed: 3, unexpected: 1 });
    expect(report).toMatchObject({ exitCode: 5, judgement: { result: 'unexpected' } });
  });

  it('stops after so many failures', async () => {
    const { run, calls } = tool((call) => call % 2 === 0);
    const report = await stressDevice({ ...request, repeat: 50, stopAt: 2 }, run);
    expect(calls()).toBe(4);
    expect(report.runs).toMatchObject({ made: 4, failed: 2 });
  });

  it('keeps what it has when it is interrupted, exit 130', async () => {
    const control = new AbortController();
    const report = await stressDevice(
      { ...request, repeat: 50, signal: control.signal, onRun: () => control.abort() },
      tool(() => true).run,
    );
    expect(report).toMatchObject({ exitCode: 130, runs: { made: 1 } });
  });
});
