/** JUnit XML of `kvtool stress`: a suite per scenario, a case per variant or run. */
import { sayRace } from './console-races.js';
import type { DeviceReport } from './device-report.js';
import type { RunReport } from './report.js';
import { type LaneReport, type SeveralReport, sayPlace } from './several-report.js';
import type { ShardReport } from './shard-report.js';
import type { StressReport } from './stress-report.js';
import type { ThreadsReport } from './threads-report.js';
import { attributesOf, escapeXml } from './xml.js';

export type AnyStressReport = StressReport | ThreadsReport | ShardReport | DeviceReport | SeveralReport;

interface Case {
  scenario: string;
  name: string;
  seconds: number;
  result: RunReport['result'];
  because: string;
  /** Evidence, and how to see it again. */
  details: string;
}

export function junitStress(report: AnyStressReport): string {
  const cases = casesOf(report);
  const suites = [...new Set(cases.map(({ scenario }) => scenario))].map((scenario) => {
    const own = cases.filter((each) => each.scenario === scenario);
    const text = own.map(testCase).join('');
    return `  <testsuite${attributesOf({ name: scenario, ...totals(own) })}>\n${text}  </testsuite>\n`;
  });
  const attributes = attributesOf({ name: 'kvtool stress', ...totals(cases) });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites${attributes}>\n${suites.join('')}</testsuites>\n`;
}

function casesOf(report: AnyStressReport): Case[] {
  if (!('on' in report)) return report.runs.map(runCase);
  switch (report.on) {
    case 'several':
      return report.variants.map(laneCase);
    case 'threads':
      return [plainCase(report, 'threads', report.seconds, [report.repeat])];
    case 'model':
      return [
        plainCase(
          report,
          'model',
          report.seconds,
          report.findings.map(({ replay }) => replay),
        ),
      ];
    case 'device':
      return [
        {
          ...plainCase(report, 'device', report.runs?.seconds ?? 0, []),
          details: (report.races ?? []).map(sayRace).join('\n'),
        },
      ];
  }
}

function plainCase(
  { scenario, variant, judgement }: ThreadsReport | ShardReport | DeviceReport,
  place: string,
  seconds: number,
  repeats: readonly string[],
): Case {
  const details = repeats.map((line) => `repeat with: ${line}`).join('\n');
  const { result, because } = judgement;
  return { scenario, name: `${variant} ${place}`, seconds, result, because, details };
}

function runCase(run: RunReport): Case {
  const { scenario, variant, runtime, path, seed, durationMs, result, because, runFolder, repeat } = run;
  return {
    ...{ scenario, name: `${variant} ${runtime} ${path} seed ${seed}`, seconds: durationMs / 1000 },
    ...{ result, because },
    details: [run.verdict.summary, `run folder: ${runFolder}`, `repeat with: ${repeat}`].join('\n'),
  };
}

function laneCase(lane: LaneReport): Case {
  const { scenario, variant, seconds, findings } = lane;
  const evidence = findings
    .filter(({ result }) => result !== 'as-expected')
    .map(({ because, runFolder, repeat }) =>
      [
        because,
        ...(runFolder === undefined ? [] : [`run folder: ${runFolder}`]),
        `repeat with: ${repeat}`,
      ].join('\n'),
    );
  return {
    ...{ scenario, name: `${variant} ${sayPlace(lane)}`, seconds, because: lane.because },
    // Without any time it was not run, which is no failure of it.
    ...{ result: lane.slices === 0 ? 'interrupted' : lane.result, details: evidence.join('\n\n') },
  };
}

function totals(cases: readonly Case[]): Record<string, number | string> {
  const of = (...results: Case['result'][]) => cases.filter(({ result }) => results.includes(result)).length;
  return {
    ...{ tests: cases.length, failures: of('unexpected', 'inconclusive'), errors: of('error') },
    ...{ skipped: of('interrupted'), time: cases.reduce((sum, { seconds }) => sum + seconds, 0).toFixed(3) },
  };
}

function testCase({ scenario, name, seconds, result, because, details }: Case): string {
  const attributes = attributesOf({ classname: `kvtool.stress.${scenario}`, name, time: seconds.toFixed(3) });
  if (result === 'as-expected') return `    <testcase${attributes}/>\n`;
  const message = attributesOf({ message: because });
  const body =
    result === 'interrupted'
      ? `<skipped${message}/>`
      : `<${elementOf(result)}${message}${attributesOf({ type: result })}>${escapeXml(details)}</${elementOf(result)}>`;
  return `    <testcase${attributes}>\n      ${body}\n    </testcase>\n`;
}

function elementOf(result: Case['result']): string {
  return result === 'error' ? 'error' : 'failure';
}
