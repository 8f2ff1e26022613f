/** What holds for every format: evidence has its line, nothing is lost in silence, and limits are said. */
import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { cleanLine } from '../../src/diagnosis/parsers/clean-line.js';
import { limits } from '../../src/diagnosis/parsers/limits.js';
import { LineSplitter } from '../../src/diagnosis/parsers/line-splitter.js';
import { readDump } from '../../src/diagnosis/parsers/read-dump.js';
import { dumpFolder, fixtureText, lineAt, onlyDump, readFixture, sketch } from './fixtures.js';

const files = readdirSync(dumpFolder).filter((file) => /\.\w+$/.test(file));

describe.each(files)('%s', (file) => {
  const text = fixtureText(file);
  const { dumps, lines, skipped } = readFixture(file);
  const threads = dumps.flatMap((dump) => dump.threads);

  it('has for every frame and thread the line that says so', () => {
    expect(threads.length).toBeGreaterThan(0);
    for (const thread of threads) expect(lineAt(text, thread)).not.toBe('');
    for (const frame of threads.flatMap((thread) => thread.frames)) {
      const named = frame.function ?? frame.pc?.replace(/^0x/, '') ?? frame.module ?? '';
      const line = cleanLine(lineAt(text, frame));
      // A frame that is an object of JSON begins in the line before its name.
      if (line.trim() !== '{') expect(line).toContain(named.slice(0, 12));
    }
  });

  it('counts lines, and those that it skipped', () => {
    expect(lines).toBe(text.replace(/\n$/, '').split('\n').length);
    expect(skipped.lines).toBe(skipped.reasons.reduce((sum, reason) => sum + reason.lines, 0));
    expect(skipped.lines).toBeLessThan(lines);
    for (const { firstLine } of skipped.reasons) expect(firstLine).toBeLessThanOrEqual(lines);
  });

  it('reads the same in pieces of any size', () => {
    const whole = readDump(text);
    for (const size of [1, 7, 4096]) {
      const pieces = Array.from({ length: Math.ceil(text.length / size) }, (_, at) =>
        text.slice(at * size, (at + 1) * size),
      );
      expect(readDump(pieces)).toEqual(whole);
    }
  });

  it('gives up no thread that stands before a cut', () => {
    for (const share of [0.5, 0.8]) {
      const cut = readDump(text.slice(0, Math.floor(text.length * share)));
      const before = threads.filter((thread) => (thread.sourceLine ?? 0) < cut.lines - 20);
      const found = cut.dumps.flatMap((dump) => dump.threads.map((thread) => thread.tid));
      expect(found).toEqual(expect.arrayContaining(before.map((thread) => thread.tid)));
    }
  });
});

describe('a text that breaks off', () => {
  const text = fixtureText('py-spy-native.txt');

  it('inside of a frame: said, and the half line is no frame', () => {
    const { dumps, warnings, skipped } = readDump(text.slice(0, text.indexOf('cudaSetDevice') + 5));
    expect(warnings).toEqual(['The text ends in the middle of a stack.']);
    expect(skipped.reasons).toEqual([{ reason: 'a line that was cut off', lines: 1, firstLine: 16 }]);
    const last = dumps[0]?.threads.at(-1);
    expect(last && sketch(last)).toHaveLength(3);
    expect(last?.stack).toBe('partial');
  });

  it('between two stacks: nothing to say', () => {
    expect(readDump(text.slice(0, text.indexOf('Thread 4721'))).warnings).toEqual([]);
  });
});

describe('limits', () => {
  it('a line that is too long is cut, and said', () => {
    const { dumps, warnings } = readDump(`Thread 1 (idle): "a"\n    f${'x'.repeat(limits.line)} (a.py:1)\n`);
    expect(warnings).toContainEqual(expect.stringMatching(/1 line longer than 16384 characters cut/));
    expect(dumps[0]?.threads).toHaveLength(1);
  });

  it('a line without an end is not kept', () => {
    let longest = 0;
    const splitter = new LineSplitter((line) => {
      longest = Math.max(longest, line.length);
    });
    for (let at = 0; at < 1000; at++) splitter.push('x'.repeat(10_000));
    splitter.end();
    expect(longest).toBeLessThanOrEqual(limits.line + 1);
  });

  it('a very deep stack keeps both its ends', () => {
    const frames = Array.from({ length: 5000 }, (_, at) => `    f${at} (a.py:${at + 1})`).join('\n');
    const [thread] = onlyDump(`Thread 1 (idle): "a"\n${frames}\n`).threads;
    expect(thread?.frames).toHaveLength(limits.innermost + limits.outermost);
    expect(thread?.framesLeftOut).toBe(5000 - 250);
    expect([thread?.frames[0]?.function, thread?.frames.at(-1)?.function]).toEqual(['f0', 'f4999']);
  });

  it('threads beyond the limit are counted as skipped', () => {
    const text = Array.from(
      { length: limits.threads + 5 },
      (_, at) => `Thread ${at + 1} (idle)\n    f (a.py:1)\n`,
    );
    const { dumps, warnings, skipped } = readDump(text);
    expect(dumps[0]?.threads).toHaveLength(limits.threads);
    expect(warnings).toEqual(['Only the first 100000 threads were read.']);
    expect(skipped.reasons[0]).toMatchObject({ reason: 'threads or frames above the limit' });
  });
});

describe('names', () => {
  it('cannot steer a terminal', () => {
    const json = JSON.stringify([
      {
        pid: 1,
        thread_id: 2,
        os_thread_id: 3,
        thread_name: '\u001b]0;x\u0007\u009b2J',
        frames: [],
        owns_gil: false,
      },
    ]);
    expect(onlyDump(json).threads[0]?.name).toBe(' ]0;x  2J');
  });
});
