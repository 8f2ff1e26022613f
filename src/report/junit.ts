/** JUnit XML: a suite per scenario, a case per runtime and path. What did not pass is a failure with its evidence. */
import { drawCycle } from './cycle-drawing.js';
import type { CheckReport, PathSummary } from './report.js';
import { attributesOf, escapeXml } from './xml.js';

export function junit(report: CheckReport): string {
  const scenarios = [...new Set(report.paths.map((path) => path.scenario))];
  const suites = scenarios.map((scenario) =>
    suite(
      scenario,
      report.paths.filter((path) => path.scenario === scenario),
      report,
    ),
  );
  const attributes = attributesOf({ name: 'kvtool deadlock-check', ...totals(report.paths) });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites${attributes}>\n${suites.join('')}</testsuites>\n`;
}

function suite(scenario: string, paths: readonly PathSummary[], report: CheckReport): string {
  const attributes = attributesOf({ name: scenario, timestamp: report.startedAt, ...totals(paths) });
  const properties = Object.entries({ seed: report.seed, device: report.device, report: report.reportFile })
    .map(([name, value]) => `      <property${attributesOf({ name, value })}/>\n`)
    .join('');
  const cases = paths.map((path) => testCase(path)).join('');
  return `  <testsuite${attributes}>\n    <properties>\n${properties}    </properties>\n${cases}  </testsuite>\n`;
}

function totals(paths: readonly PathSummary[]): Record<string, number | string> {
  const of = (...results: PathSummary['result'][]) =>
    paths.filter((path) => results.includes(path.result)).length;
  return {
    tests: paths.length,
    failures: of('fail', 'inconclusive'),
    errors: of('error'),
    skipped: of('interrupted'),
    time: seconds(paths.reduce((sum, path) => sum + timeOf(path), 0)),
  };
}

function testCase(path: PathSummary): string {
  const attributes = attributesOf({
    classname: `kvtool.deadlock-check.${path.scenario}`,
    name: `${path.runtime} ${path.path}`,
    time: seconds(timeOf(path)),
  });
  const body = outcome(path);
  return body === ''
    ? `    <testcase${attributes}/>\n`
    : `    <testcase${attributes}>\n${body}    </testcase>\n`;
}

function outcome(path: PathSummary): string {
  const { result, because } = path;
  if (result === 'pass') return '';
  if (result === 'interrupted') return `      <skipped${attributesOf({ message: because })}/>\n`;
  const element = result === 'error' ? 'error' : 'failure';
  const attributes = attributesOf({ message: because, type: result });
  return `      <${element}${attributes}>${escapeXml(details(path))}</${element}>\n`;
}

function details(path: PathSummary): string {
  const runs = path.runs.filter((run) => run.result !== 'as-expected');
  return runs
    .map((run) =>
      [
        `${run.ending}, seed ${run.seed}: ${run.because}`,
        run.verdict.summary,
        ...(run.verdict.cycle.length > 0 ? [drawCycle(run.verdict.cycle)] : []),
        `run folder: ${run.runFolder}`,
        `repeat with: ${run.repeat}`,
      ].join('\n'),
    )
    .join('\n\n');
}

function timeOf(path: PathSummary): number {
  return path.runs.reduce((sum, run) => sum + run.durationMs, 0);
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}
