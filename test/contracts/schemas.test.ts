import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { diagnose } from '../../src/diagnosis/diagnose.js';
import { diagnoseDumps } from '../../src/diagnosis/diagnose-dumps.js';
import { families, verdictKinds } from '../../src/diagnosis/verdict.js';
import { exitCodes } from '../../src/exit-codes.js';
import { modelScenarios } from '../../src/model/catalogue.js';
import { document, type Failure, statusOf } from '../../src/report/json.js';
import { explain } from '../../src/scenario/explain.js';
import { loadScenarios } from '../../src/scenario/registry.js';
import { deviceScenarios } from '../../src/services/device-cells.js';
import { explain as explainFiles } from '../../src/services/explain.js';
import { explore } from '../../src/services/explore.js';
import { mergeShards } from '../../src/services/merge-shards.js';
import { replay } from '../../src/services/replay.js';
import { writeShard } from '../../src/services/shard-file.js';
import { stressModel } from '../../src/services/stress-model.js';
import { abba, dump, thread, threePartyPython, unmapWaitsForever } from '../diagnosis/dumps.js';
import { dumpFolder, fixtureDumps } from '../parsers/fixtures.js';
import { deadlockedRun, failed, finishedRun, passed } from '../report/reports.js';
import { okVerdict, temporaryFolder } from '../services/doubles.js';
import { problems } from './schemas.js';

describe('documents fit their published schemas', () => {
  it.each([
    ['a deadlock', diagnose(threePartyPython())],
    ['a chain', diagnose(unmapWaitsForever(['runtime-lock:GIL']))],
    ['a deadlock in memory', diagnose(abba())],
    ['nothing found', diagnose(dump([thread(1, 'main')]))],
    ['a deadlock in a text', diagnoseDumps(fixtureDumps('gdb-abba.txt')).verdict],
  ])('verdict: %s', (_, verdict) => {
    expect(problems('verdict', verdict)).toEqual([]);
  });

  it('verdict: every kind and family of the code', () => {
    for (const kind of verdictKinds) expect(problems('verdict', { ...okVerdict(), kind })).toEqual([]);
    for (const family of families) expect(problems('verdict', { ...okVerdict(), family })).toEqual([]);
    expect(problems('verdict', { ...okVerdict(), kind: 'maybe' })).not.toEqual([]);
  });

  it('run report', () => {
    expect(problems('run-report', deadlockedRun('python'))).toEqual([]);
    expect(problems('run-report', finishedRun())).toEqual([]);
    expect(problems('run-report', { ...finishedRun(), surprise: 1 })).not.toEqual([]);
  });

  it('check report', () => {
    expect(problems('check-report', passed())).toEqual([]);
    expect(problems('check-report', failed())).toEqual([]);
  });

  it('stress report', () => {
    const report = {
      schemaVersion: 1,
      command: 'stress',
      seed: 1,
      runs: [finishedRun()],
      notRun: 0,
      exitCode: 0,
    };
    expect(problems('stress-report', { ...report, warnings: [] })).toEqual([]);
  });

  it.each(readdirSync(dumpFolder).filter((file) => /\.\w+$/.test(file)))(
    'explain report: %s',
    async (file) => {
      const report = await explainFiles({ files: [join(dumpFolder, file)], stdin: process.stdin });
      expect(problems('explain-report', report)).toEqual([]);
    },
  );

  it('every scenario', async () => {
    for (const scenario of await loadScenarios([]))
      expect(problems('scenario', explain(scenario))).toEqual([]);
  });

  it('every scenario of the model', async () => {
    for (const scenario of await modelScenarios()) expect(problems('model-scenario', scenario)).toEqual([]);
  });

  it('every scenario on a device', async () => {
    const scenarios = await deviceScenarios();
    expect(scenarios.length).toBeGreaterThan(5);
    for (const scenario of scenarios) expect(problems('device-scenario', scenario)).toEqual([]);
  });

  it('what the model shows, whole and in shards', async () => {
    const signal = new AbortController().signal;
    const options = { parameters: ['threads=3'], limits: [], signal, seed: 1 };
    const report = await explore({ ...options, scenarios: ['abba'], all: false, variants: [], seconds: 60 });
    expect(problems('explore-report', report)).toEqual([]);
    const schedule = report.variants[0]?.failure?.schedule ?? '';
    expect(problems('replay-report', await replay({ subject: schedule, signal }))).toEqual([]);
    const shard = await stressModel({
      ...options,
      ...{ scenario: 'abba', variant: 'buggy', executions: 1000, shard: { index: 0, of: 2 } },
    });
    expect(problems('shard-report', shard)).toEqual([]);
    const folder = await temporaryFolder();
    await writeShard(shard, `${folder}/1.ndjson`);
    expect(problems('merge-report', await mergeShards([`${folder}/1.ndjson`]))).toEqual([]);
  });

  it('document, with a status for every exit code', () => {
    for (const code of Object.values(exitCodes)) {
      expect(problems('document', document('stress', code, {}, []))).toEqual([]);
    }
    expect(statusOf(255)).toBe('error');
  });

  it('failure', () => {
    const failure: Failure = { message: 'no', exitCode: 2, suggestions: [] };
    expect(problems('document#/$defs/failure', failure)).toEqual([]);
  });
});
