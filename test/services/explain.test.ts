import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ExplainProgress } from '../../src/report/progress-events.js';
import { showExplain } from '../../src/report/progress-text.js';
import { explain } from '../../src/services/explain.js';
import { dumpFolder } from '../parsers/fixtures.js';
import { temporaryFolder } from './doubles.js';

async function progressOf(file: string): Promise<ExplainProgress[]> {
  const events: ExplainProgress[] = [];
  await explain({
    files: [file],
    stdin: process.stdin,
    onProgress: async (event) => void events.push(event),
  });
  return events;
}

describe('progress', () => {
  it('is told while a large text is read: how far, and of how much', async () => {
    const file = join(await temporaryFolder(), 'large.txt');
    const thread = 'Thread 1 (idle): "a"\n    f (a.py:1)\n';
    const text = `${thread}${`${'x'.repeat(99)}\n`.repeat(130_000)}`;
    await writeFile(file, text);
    const events = await progressOf(file);
    expect(events).toHaveLength(3);
    for (const event of events) expect(event).toMatchObject({ file, size: text.length });
    expect(events.map(({ done }) => done)).toEqual(events.map(({ done }) => done).sort((a, b) => a - b));
  });

  it('is not told of a text that is read at once', async () => {
    expect(await progressOf(join(dumpFolder, 'jstack.txt'))).toEqual([]);
  });

  it.each([
    [{ file: 'dump.txt', done: 8.4e6, size: 1e8 }, 'reading dump.txt: 8 MB of 100 MB'],
    [{ file: 'standard input', done: 12e6 }, 'reading standard input: 12 MB'],
  ])('reads %j', (event, text) => {
    const shown: string[] = [];
    showExplain(event, { isLive: false, update: (line) => void shown.push(line), note() {}, stop() {} });
    expect(shown).toEqual([text]);
  });
});
