import { describe, expect, it } from 'vitest';
import { diagnoseDumps } from '../../src/diagnosis/diagnose-dumps.js';
import { readDump } from '../../src/diagnosis/parsers/read-dump.js';
import { type Style, styleFor } from '../../src/report/colour.js';
import { consoleExplain } from '../../src/report/console-explain.js';
import { dotExplain } from '../../src/report/dot-explain.js';
import { type ExplainReport, explainReport } from '../../src/report/explain-report.js';
import { markdownExplain } from '../../src/report/markdown-explain.js';
import { drawSvg } from '../../src/report/svg.js';
import { fixtureText } from '../parsers/fixtures.js';
import { deadlockReport, unknownReport } from './explanations.js';

const plain: Style = styleFor({ NO_COLOR: '1' }, false);
const colourful: Style = styleFor({ FORCE_COLOR: '1' }, true);

function reportOf(...texts: string[]): ExplainReport {
  const inputs = texts.map((text, index) => ({ file: `dump-${index + 1}.txt`, ...readDump(text) }));
  return explainReport(inputs, diagnoseDumps(inputs.flatMap((input) => input.dumps)), 3, []);
}

const threeParties = fixtureText('py-spy-native.txt');
const pool = Array.from({ length: 30 }, (_, at) => idleThread(at)).join('');

function idleThread(at: number): string {
  return `Thread ${100 + at} (idle): "pool_${at}"\n    wait (threading.py:320)\n    get (queue.py:171)\n    _worker (concurrent/futures/thread.py:81)\n`;
}

describe('for the terminal', () => {
  it('a deadlock: verdict and cycle first, then evidence, cuts, bystanders, unknowns, what was read', async () => {
    await expect(`${consoleExplain(deadlockReport, plain)}\n`).toMatchFileSnapshot(
      'golden/explain-deadlock.txt',
    );
  });

  it('no cycle: what is likely, and the missing piece', async () => {
    await expect(`${consoleExplain(unknownReport, plain)}\n`).toMatchFileSnapshot(
      'golden/explain-unknown.txt',
    );
  });

  it('folds bystanders that do the same', () => {
    const text = consoleExplain(reportOf(threeParties + pool), plain);
    expect(text).toMatch(
      /bystanders \(\d+ threads\)\n( {2}.*\n)* {2}30 x rests: .*pool_0 \(100\).* and 24 more/,
    );
    expect(text).not.toContain('pool_29');
  });

  it('tells processes apart when there are several', () => {
    const text = consoleExplain(reportOf(threeParties, fixtureText('jstack.txt')), plain);
    expect(text).toMatch(
      /processes\n {2}process 4711: deadlock \(gil-vs-cuda-driver\), \d threads, 1 sample\n/,
    );
    expect(text).toMatch(/read\n {2}dump-1\.txt: py-spy, .*\n {2}dump-2\.txt: jstack, /);
  });

  it('has the line of the text beside every claim that rests on a frame', () => {
    const lines = `It hangs:\n\n${threeParties}`.split('\n');
    const claims = reportOf(lines.join('\n')).verdict.claims ?? [];
    expect(claims.length).toBeGreaterThanOrEqual(6);
    for (const { frame = '', line = 0 } of claims) expect(lines[line - 1]).toContain(frame);
  });

  it('is the same text in colour', () => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are control characters
    const bare = consoleExplain(deadlockReport, colourful).replaceAll(/\x1b\[\d+m/g, '');
    expect(bare).toBe(consoleExplain(deadlockReport, plain));
    expect(consoleExplain(deadlockReport, colourful)).not.toBe(bare);
  });

  it('keeps to ASCII where nothing else can be shown', () => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the whole of ASCII is meant
    expect(consoleExplain(deadlockReport, { ...plain, unicode: false })).toMatch(/^[\x00-\x7f]*$/);
  });
});

describe('for an issue', () => {
  it('a deadlock', async () => {
    await expect(markdownExplain(deadlockReport)).toMatchFileSnapshot('golden/explain-deadlock.md');
  });

  it('keeps names from becoming markup', () => {
    const hostile = threeParties
      .replaceAll('load_block (', '__load__<img src=x>&`*b* (')
      .replaceAll('worker_0', '__w__');
    const text = markdownExplain(reportOf(hostile)).replaceAll(/^```\n[\s\S]*?^```$/gm, '');
    expect(text).toContain('\\_\\_load\\_\\_&lt;img');
    expect(text).not.toMatch(/<img|(?<!\\)`|(?<![\\\w])__w/);
  });
});

describe('as a graph', () => {
  it('has a node for each party and for who waits behind them', async () => {
    await expect(dotExplain(deadlockReport.verdict)).toMatchFileSnapshot('golden/explain-deadlock.dot');
  });

  it('can be drawn, whatever the names are', async () => {
    const hostile = threeParties
      .replaceAll('worker_0', '"];}\\N<b>&amp;é\u2028')
      .replaceAll('load_block', 'a\\"b');
    const { verdict } = reportOf(hostile);
    expect(verdict.kind).toBe('deadlock');
    const svg = await drawSvg(dotExplain(verdict));
    expect(svg.match(/<g id="node/g)).toHaveLength(3);
    expect(svg.match(/<g id="edge/g)).toHaveLength(3);
    expect(svg).not.toContain('<b>');
  });

  it('asks for the holder that is not known', () => {
    expect(dotExplain(unknownReport.verdict)).toContain('u0 [label="who holds mutex left?"');
  });

  it('is empty, and still a graph, where nobody waits', async () => {
    const { verdict } = reportOf(pool);
    expect(await drawSvg(dotExplain(verdict))).toMatch(/<svg [\s\S]*<\/svg>/);
  });
});
