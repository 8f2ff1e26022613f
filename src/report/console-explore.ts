/** What `kvtool explore` and `kvtool replay` print. */
import type { Verdict } from '../diagnosis/verdict.js';
import { sayOutcome } from '../model/judge.js';
import type { Comparison, Trace } from '../model/trace.js';
import type { Style } from './colour.js';
import type { ExploreReport, ReplayReport, VariantReport } from './explore-report.js';
import { count, sayDuration } from './format.js';
import { table } from './table.js';
import { indent, painter } from './text.js';
import { sayComparison, traceTable } from './trace-table.js';

export interface ConsoleExploreOptions {
  /** Left out where the same text must come out every time. */
  times?: boolean;
  /** One table over all scenarios, and in full only what deviates. */
  all?: boolean;
  /** Which variants to show in full instead. */
  details?: readonly VariantReport[];
}

export function consoleExplore(
  report: ExploreReport,
  style: Style,
  { times = true, all = false, details }: ConsoleExploreOptions = {},
): string {
  const { paint } = style;
  const parts = all
    ? [variantTable(report.variants, style, { times, scenario: true })]
    : byScenario(report.variants).map((variants) =>
        [
          paint.bold(titleOf(variants)),
          indent(variantTable(variants, style, { times, scenario: false })),
        ].join('\n'),
      );
  for (const variant of report.variants) {
    const shown = details?.includes(variant) ?? (!all || variant.judgement.result !== 'as-expected');
    const text = shown ? variantText(variant, style) : '';
    if (text !== '') parts.push(text);
  }
  if (report.notRun > 0) parts.push(`${count(report.notRun, 'variant')} not run: interrupted.`);
  for (const warning of report.warnings) parts.push(`warning: ${warning}`);
  return parts.join('\n\n');
}

function byScenario(variants: readonly VariantReport[]): VariantReport[][] {
  const groups = new Map<string, VariantReport[]>();
  for (const variant of variants)
    groups.set(variant.scenario, [...(groups.get(variant.scenario) ?? []), variant]);
  return [...groups.values()];
}

function titleOf([first]: readonly VariantReport[]): string {
  if (first === undefined) return '';
  const sizes = Object.entries(first.parameters).map(([name, value]) => `${name}=${value}`);
  return [`${first.scenario}, memory model ${first.model}`, ...sizes, `seed ${first.seed}`].join(', ');
}

interface TableOptions {
  times: boolean;
  scenario: boolean;
}

function variantTable(
  variants: readonly VariantReport[],
  style: Style,
  { times, scenario }: TableOptions,
): string {
  const columns = [
    ...(scenario ? [{ title: 'scenario' }] : []),
    { title: 'variant' },
    { title: 'result' },
    { title: 'expected' },
    { title: 'first failure found by' },
    { title: 'execution', align: 'right' as const },
    { title: 'length', align: 'right' as const },
    ...(times ? [{ title: 'time', align: 'right' as const }] : []),
  ];
  const rows = variants.map((variant) => {
    const { failure, judgement, seconds } = variant;
    return [
      ...(scenario ? [variant.scenario] : []),
      variant.variant,
      painter(style, judgement.result)(resultOf(variant)),
      expectedWord(variant),
      failure?.foundBy ?? '-',
      failure === undefined ? '-' : String(failure.executions),
      failure === undefined ? '-' : count(failure.steps, 'step'),
      ...(times ? [sayTime(failure?.seconds ?? seconds, style)] : []),
    ];
  });
  return table(columns, rows);
}

function sayTime(seconds: number | undefined, { unicode }: Style): string {
  if (seconds === undefined) return '-';
  if (seconds < 0.001) return `${Math.round(seconds * 1e6)} ${unicode ? 'µs' : 'us'}`;
  return sayDuration(seconds * 1000);
}

function expectedWord({ judgement, expected }: VariantReport): string {
  if (judgement.result === 'as-expected') return 'yes';
  const wanted = expected.outcome === 'ok' ? 'a proof' : clip(sayOutcome(expected));
  return `no: ${wanted}`;
}

/** `proved (7 states, 2 executions)`, `not found (explored 20000 executions)`, `deadlock`. */
function resultOf({
  conclusion,
  failure,
  states,
  phases = [],
  explanation,
  executions,
}: VariantReport): string {
  if (failure !== undefined) return clip(sayOutcome(failure));
  if (conclusion === 'proved') {
    const search = phases.findLast((phase) => phase.name === 'exhaustive search');
    const sizes = [
      ...(states ? [count(states, 'state')] : []),
      count(search?.executions ?? executions ?? 0, 'execution'),
    ];
    return `proved (${sizes.join(', ')})`;
  }
  const word = conclusion === 'not-found' ? 'not found' : conclusion;
  return `${word} (${clip(explanation)})`;
}

function clip(text: string): string {
  return text.length > 70 ? `${text.slice(0, 67)}...` : text;
}

function variantText(variant: VariantReport, style: Style): string {
  const { failure, judgement, predictions = [] } = variant;
  const title = `${variant.scenario} ${variant.variant}: ${variant.summary}`;
  const parts = [style.paint.bold(title), indent(painter(style, judgement.result)(judgement.because))];
  for (const { text, status, reason } of predictions.filter(({ status: s }) => s !== 'confirmed'))
    parts.push(indent(`predicted, ${status}: ${text}${reason === '' ? '' : ` (${reason})`}`));
  if (failure !== undefined) {
    parts.push(...failureText({ ...variant, ...failure }, style));
    parts.push(`${style.paint.bold('replay with')}  ${variant.replay}`);
  }
  return parts.join('\n');
}

interface Failing {
  trace: Trace;
  verdict?: Verdict;
  comparison?: Comparison;
}

function failureText({ trace, verdict, comparison }: Failing, { paint }: Style): string[] {
  const parts = [indent(traceTable(trace))];
  if (verdict !== undefined) {
    parts.push(
      `${paint.bold('verdict')}  ${paint.red(verdict.kind)} (${verdict.family}): ${verdict.summary}`,
    );
    for (const cut of verdict.cuts) parts.push(`${paint.bold('cut')}  ${cut}`);
  } else if (trace.failingActor !== undefined) {
    parts.push(`${paint.bold('verdict')}  ${sayOutcome(trace)} (in ${trace.failingActor})`);
  }
  if (comparison !== undefined) parts.push(`${paint.bold('fix')}  ${sayComparison(comparison)}`);
  return parts;
}

export function consoleReplay(report: ReplayReport, style: Style): string {
  const { trace, warnings } = report;
  const sizes = Object.entries(report.parameters).map(([name, value]) => `${name}=${value}`);
  const title = [`${report.scenario} ${report.variant}, memory model ${report.model}`, ...sizes].join(', ');
  const fails = report.exitCode !== 0;
  const parts = [
    style.paint.bold(title),
    fails ? sayOutcome(trace) : `It does not fail: ${trace.steps.length} steps, and every check holds.`,
    ...failureText(report, style),
    ...warnings.map((warning) => `warning: ${warning}`),
  ];
  return parts.join('\n');
}
