import { describe, expect, it } from 'vitest';
import type { Style } from '../../src/report/colour.js';
import { styleFor } from '../../src/report/colour.js';
import { consoleCheck } from '../../src/report/console-check.js';
import { consoleStress } from '../../src/report/console-run.js';
import { consoleScenario, consoleScenarioList } from '../../src/report/console-scenarios.js';
import type { StressReport } from '../../src/report/stress-report.js';
import { explain } from '../../src/scenario/explain.js';
import { modelDouble } from '../model/doubles.js';
import { scenario } from '../services/doubles.js';
import { deadlockedRun, failed, finishedRun, passed } from './reports.js';

const plain: Style = styleFor({ NO_COLOR: '1' }, false);
const ascii: Style = { ...plain, unicode: false };

function stressReport(runs: StressReport['runs']): StressReport {
  return { schemaVersion: 1, command: 'stress', seed: 7, runs, notRun: 0, exitCode: 3, warnings: [] };
}

describe('deadlock-check', () => {
  it('passed', async () => {
    await expect(`${consoleCheck(passed(), plain)}\n`).toMatchFileSnapshot('golden/check-passed.txt');
  });

  it('failed', async () => {
    await expect(`${consoleCheck(failed(), plain)}\n`).toMatchFileSnapshot('golden/check-failed.txt');
  });

  it('opens a log group only in Buildkite, and no other line looks like one', () => {
    const text = consoleCheck(failed(), { ...plain, groups: true });
    const groups = text.split('\n').filter((line) => /^(---|\+\+\+|~~~|\^\^\^)/.test(line));
    expect(groups).toEqual(['+++ kvtool deadlock-check: fail']);
    expect(consoleCheck(passed(), plain)).not.toMatch(/^(---|\+\+\+)/m);
  });

  it('keeps to ASCII where nothing else can be shown', () => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the whole of ASCII is meant
    expect(consoleCheck(passed(), ascii)).toMatch(/^[\x00-\x7f]*$/);
  });
});

describe('stress', () => {
  it('a deadlock', async () => {
    const text = consoleStress(stressReport([deadlockedRun('python')]), plain);
    await expect(`${text}\n`).toMatchFileSnapshot('golden/stress-deadlock.txt');
  });

  it('several runs: one of each kind in full, and a table of all', async () => {
    const hung = deadlockedRun('js');
    const runs = [finishedRun(), finishedRun('js', { seed: 8 }), hung, { ...hung, seed: 9 }];
    const text = consoleStress(stressReport(runs), plain);
    expect(text.match(/\(run \d of 4\)/g)).toEqual(['(run 1 of 4)', '(run 3 of 4)']);
    expect(text).toMatch(/^ +4 +9 +stuck +120 ms +50 +as-expected$/m);
  });

  it('a clean run, and one not made', () => {
    const text = consoleStress({ ...stressReport([finishedRun()]), notRun: 2 }, ascii);
    expect(text).toContain('verdict  ok, confidence 1');
    expect(text).toContain('2 runs not made: interrupted.');
  });
});

describe('scenarios', () => {
  it('explains one', async () => {
    await expect(`${consoleScenario({ real: explain(scenario) }, plain)}\n`).toMatchFileSnapshot(
      'golden/scenario.txt',
    );
  });

  it('lists all', () => {
    const lists = { scenarios: [explain(scenario)], model: [modelDouble], device: [], warnings: ['no luck'] };
    const text = consoleScenarioList(lists, plain);
    expect(text).toMatch(/^ {2}double +gil-vs-cuda-driver +3 +A double$/m);
    expect(text).toMatch(/^ {2}two-locks +C0 +2 +in a ring$/m);
    expect(text).toContain('warning: no luck');
  });

  it('explains one of the model', () => {
    const text = consoleScenario({ model: modelDouble }, plain);
    expect(text).toContain('two-locks in the model: in a ring (C0)');
    expect(text).toContain('  expected: deadlock; in real threads, too');
    expect(text).toMatch(/^ {2}threads +2 +2\.\.6 +threads and locks$/m);
  });
});
