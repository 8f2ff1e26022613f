/** What `kvtool scenarios` prints. */
import type { ExplainedScenario, Showing } from '../scenario/explain.js';
import type { Style } from './colour.js';
import { table } from './table.js';
import { indent } from './text.js';

export function consoleScenarioList(scenarios: readonly ExplainedScenario[], { paint }: Style): string {
  const columns = [{ title: 'scenario' }, { title: 'family' }, { title: 'variants' }, { title: 'about' }];
  const rows = scenarios.map((scenario) => [
    paint.bold(scenario.id),
    scenario.family,
    String(scenario.variants.length),
    scenario.title,
  ]);
  return `${table(columns, rows)}\n\nkvtool scenarios ID explains one; kvtool stress ID runs it.`;
}

export function consoleScenario(scenario: ExplainedScenario, { paint }: Style): string {
  const heading = (title: string, body: string) => `${paint.bold(title)}\n${indent(body)}`;
  return [
    `${paint.bold(scenario.id)}: ${scenario.title} (${scenario.family})`,
    scenario.summary,
    heading('sources', scenario.sources.map(({ label, url }) => `${label}: ${url}`).join('\n')),
    heading('the hazard window is open when', scenario.window),
    heading('invariants', scenario.invariants.map((invariant) => `* ${invariant}`).join('\n')),
    heading('parameters (kvtool stress --set name=value)', parameterTable(scenario)),
    heading('variants', scenario.variants.map(variantText).join('\n')),
    `runtimes: ${scenario.runtimes.join(', ')}; devices: ${scenario.devices.join(', ')}; ` +
      `deadlock-check runs variant ${scenario.check.variant}`,
  ].join('\n\n');
}

function parameterTable({ parameters }: ExplainedScenario): string {
  const columns = [{ title: 'name' }, { title: 'default' }, { title: 'allowed' }, { title: 'meaning' }];
  const rows = parameters.map((parameter) => [
    parameter.name,
    `${parameter.default}${parameter.unit ? ` ${parameter.unit}` : ''}`,
    parameter.choices?.join(' | ') ?? `${parameter.min ?? ''}..${parameter.max ?? ''}`,
    parameter.summary,
  ]);
  return table(columns, rows);
}

function variantText(variant: ExplainedScenario['variants'][number]): string {
  const defaults = Object.entries(variant.defaults ?? {}).map(([name, value]) => `${name}=${value}`);
  return [
    `${variant.name}: ${variant.summary} (${variant.source})`,
    ...(defaults.length > 0 ? [`  with ${defaults.join(', ')}`] : []),
    ...variant.shows.map((showing) => `  ${showingText(showing)}`),
  ].join('\n');
}

function showingText({ path, runtime, expected }: Showing): string {
  const cycle = expected.waits.length > 0 ? ` ${expected.waits.join(' -> ')}` : '';
  const family = expected.family === 'none' ? '' : ` (${expected.family})`;
  return `${path}, ${runtime}: ${expected.kind}${family}${cycle}: ${expected.because}`;
}
