/** What `kvtool scenarios` prints. */
import { sayOutcome } from '../model/judge.js';
import type { ModelScenario } from '../model/lines.js';
import type { ExplainedScenario, Showing } from '../scenario/explain.js';
import type { DeviceScenario } from '../services/device-cells.js';
import type { OneScenario, ScenarioList } from '../services/scenarios.js';
import type { Style } from './colour.js';
import { table } from './table.js';
import { indent } from './text.js';

export function consoleScenarioList(
  { scenarios, model, device, warnings }: ScenarioList,
  style: Style,
): string {
  const columns = [{ title: 'scenario' }, { title: 'family' }, { title: 'variants' }, { title: 'about' }];
  const rows = (all: readonly (ExplainedScenario | ModelScenario | DeviceScenario)[]) =>
    all.map(({ id, family, variants, title }) => [
      style.paint.bold(id),
      family,
      String(variants.length),
      title,
    ]);
  const parts = [
    `${style.paint.bold('on real runtimes')} (kvtool stress ID)\n${indent(table(columns, rows(scenarios)))}`,
    ...(model.length > 0
      ? [`${style.paint.bold('in the model')} (kvtool explore ID)\n${indent(table(columns, rows(model)))}`]
      : []),
    ...(device.length > 0
      ? [
          `${style.paint.bold('on a device')} (kvtool stress ID --on device)\n${indent(table(columns, rows(device)))}`,
        ]
      : []),
    ...warnings.map((warning) => `warning: ${warning}`),
    'kvtool scenarios ID explains one.',
  ];
  return parts.join('\n\n');
}

export function consoleScenario({ real, model, device }: OneScenario, style: Style): string {
  return [
    ...(real === undefined ? [] : [realScenario(real, style)]),
    ...(model === undefined ? [] : [modelScenario(model, style)]),
    ...(device === undefined ? [] : [deviceScenario(device, style)]),
  ].join('\n\n');
}

function realScenario(scenario: ExplainedScenario, style: Style): string {
  const heading = headingIn(style);
  return [
    `${style.paint.bold(scenario.id)}: ${scenario.title} (${scenario.family})`,
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

function modelScenario(scenario: ModelScenario, style: Style): string {
  const heading = headingIn(style);
  const { id, title, family, source, model, parameters, variants, golden } = scenario;
  const columns = [{ title: 'name' }, { title: 'default' }, { title: 'allowed' }, { title: 'meaning' }];
  const rows = parameters.map((each) => [
    ...[each.name, String(each.default), `${each.min}..${each.max}`, each.summary],
  ]);
  const shown = variants.map((variant) => {
    const real = variant.realThreads ? '; in real threads, too' : '';
    return `${variant.name}: ${variant.summary}\n  expected: ${sayOutcome(variant.expected[model])}${real}`;
  });
  return [
    `${style.paint.bold(id)} in the model: ${title} (${family})`,
    heading('source', source),
    ...(parameters.length > 0
      ? [heading('parameters (kvtool explore --param name=value)', table(columns, rows))]
      : []),
    heading(`variants (memory model ${model})`, shown.join('\n')),
    ...(golden === '' ? [] : [heading('measured elsewhere', golden)]),
  ].join('\n\n');
}

function deviceScenario({ id, title, family, source, variants }: DeviceScenario, style: Style): string {
  const heading = headingIn(style);
  const shown = variants.map(({ name, what, expect }) => `${name}: ${what}\n  expected: ${expect}`);
  return [
    `${style.paint.bold(id)} on a device: ${title} (${family})`,
    heading('source', source),
    heading('variants (kvtool stress --on device)', shown.join('\n')),
  ].join('\n\n');
}

function headingIn({ paint }: Style) {
  return (title: string, body: string): string => `${paint.bold(title)}\n${indent(body)}`;
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
  const cycle =
    expected.waits.length > 0
      ? ` ${expected.waits.join(' -> ')}`
      : expected.broken
        ? ` ${expected.broken}`
        : '';
  const family = expected.family === 'none' ? '' : ` (${expected.family})`;
  return `${path}, ${runtime}: ${expected.kind}${family}${cycle}: ${expected.because}`;
}
