import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { styleFor } from '../../src/report/colour.js';
import { isAnimated, startProgress } from '../../src/report/progress.js';
import { showCheck } from '../../src/report/progress-text.js';
import { deadlockedRun } from './reports.js';

const style = styleFor({}, false);

function stream(over: { isTTY?: boolean; columns?: number } = {}) {
  const through = new PassThrough();
  const written: string[] = [];
  through.setEncoding('utf8').on('data', (text: string) => written.push(text));
  return { stream: Object.assign(through, over) as unknown as NodeJS.WriteStream, written };
}

describe('isAnimated', () => {
  it.each([
    ['a terminal', { isTTY: true, columns: 80 }, {}, true],
    ['a pipe', { isTTY: false, columns: 80 }, {}, false],
    ['a pseudo-terminal of no width', { isTTY: true, columns: 0 }, {}, false],
    ['CI', { isTTY: true, columns: 160 }, { CI: 'true' }, false],
    ['CI=false', { isTTY: true, columns: 160 }, { CI: 'false' }, true],
    ['a dumb terminal', { isTTY: true, columns: 80 }, { TERM: 'dumb' }, false],
  ])('%s', (_, terminal, env, animated) => {
    expect(isAnimated(terminal as NodeJS.WriteStream, env)).toBe(animated);
  });
});

describe('startProgress', () => {
  const row = { scenario: 'double', runtime: 'js', path: 'callback' } as const;

  it('writes a line per event where there is no terminal', async () => {
    const { stream: pipe, written } = stream();
    const progress = await startProgress({ stream: pipe, env: {}, silent: false, style });
    showCheck({ kind: 'note', text: 'Python is left out.' }, progress);
    showCheck({ kind: 'run-started', row, number: 1, of: 3 }, progress);
    showCheck({ kind: 'harness', event: { kind: 'started', pid: 5 } }, progress);
    showCheck({ kind: 'harness', event: { kind: 'suspicion', quietMs: 2010, busy: false } }, progress);
    showCheck(
      { kind: 'harness', event: { kind: 'dump-failed', file: 'dump-1.json', reason: 'no' } },
      progress,
    );
    showCheck({ kind: 'run-ended', row, number: 1, of: 3, report: deadlockedRun() }, progress);
    progress.stop();
    expect(written.join('')).toBe(
      [
        'Python is left out.',
        'double js callback: run 1 of 3',
        'no progress for 2.0 s, and no work: taking dumps',
        'dump-1.json: no',
        'double js callback: run 1 of 3: stuck after 2.6 s, as-expected',
        '',
      ].join('\n'),
    );
  });

  it('writes nothing under --json', async () => {
    const { stream: pipe, written } = stream({ isTTY: true, columns: 80 });
    const progress = await startProgress({ stream: pipe, env: {}, silent: true, style });
    progress.update('a');
    progress.note('b');
    progress.stop();
    expect(written).toEqual([]);
  });

  it('spins on a terminal, and keeps what is noted', async () => {
    const terminal = Object.assign(stream({ isTTY: true, columns: 80 }), {});
    Object.assign(terminal.stream, { cursorTo() {}, clearLine() {}, moveCursor() {} });
    const progress = await startProgress({ stream: terminal.stream, env: {}, silent: false, style });
    progress.update('working');
    progress.note('noted');
    progress.stop();
    expect(terminal.written.join('')).toContain('noted\n');
    expect(terminal.written.join('')).toContain('working');
  });
});
