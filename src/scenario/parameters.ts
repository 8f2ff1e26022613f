/** A scenario's parameters: defaults, what the variant changes, what the user sets, checked at the door. */
import { Abort } from '../errors.js';
import { exitCodes } from '../exit-codes.js';
import { suggestName } from '../suggest.js';
import type { Parameter, ParameterValues, Path, Run, RuntimeName, Scenario, Variant } from './manifest.js';

/** `name=value` as given to `--set`. */
export interface Setting {
  name: string;
  value: string;
}

/** @throws Abort (exit 2) when there is no `=` or no name */
export function parseSetting(text: string): Setting {
  const at = text.indexOf('=');
  if (at > 0) return { name: text.slice(0, at).trim(), value: text.slice(at + 1).trim() };
  throw new Abort(`"${text}" is not a setting; expected name=value`, exitCodes.usage, [
    'write it like --set workers=4',
  ]);
}

/**
 * Every parameter of the scenario with its value.
 *
 * @throws Abort (exit 2) for an unknown name or a value out of range
 */
export function resolveParameters(
  scenario: Scenario,
  variant: Variant,
  settings: readonly Setting[],
): ParameterValues {
  const values: Record<string, number | string> = {};
  for (const parameter of scenario.parameters) {
    values[parameter.name] = variant.defaults?.[parameter.name] ?? parameter.default;
  }
  for (const setting of settings) {
    const parameter = scenario.parameters.find(({ name }) => name === setting.name);
    if (parameter === undefined) throw unknownParameter(scenario, setting.name);
    values[parameter.name] = parseValue(parameter, setting.value);
  }
  return values;
}

/** `--threads` and `--blocking-call` as settings; a scenario may call its threads workers. */
export function shortSettings(
  scenario: Scenario,
  { threads, blockingCall }: { threads?: number; blockingCall?: string },
): Setting[] {
  const has = (name: string) => scenario.parameters.some((parameter) => parameter.name === name);
  const settings: Setting[] = [];
  if (threads !== undefined)
    settings.push({ name: has('threads') ? 'threads' : 'workers', value: String(threads) });
  if (blockingCall !== undefined) settings.push({ name: 'blocking-call', value: blockingCall });
  return settings;
}

/** The settings that differ from the variant's defaults: what a command line must repeat. */
export function settingsToRepeat(scenario: Scenario, variant: Variant, values: ParameterValues): Setting[] {
  const defaults = resolveParameters(scenario, variant, []);
  return scenario.parameters
    .filter(({ name }) => values[name] !== defaults[name])
    .map(({ name }) => ({ name, value: String(values[name]) }));
}

function unknownParameter(scenario: Scenario, name: string): Abort {
  const names = scenario.parameters.map((parameter) => parameter.name);
  return new Abort(
    `scenario ${scenario.id} has no parameter "${name}"`,
    exitCodes.usage,
    suggestName(name, names),
  );
}

function parseValue(parameter: Parameter, text: string): number | string {
  if (parameter.type === 'choice') return parseChoice(parameter, text);
  const value = /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
  const { min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER, unit } = parameter;
  if (value >= min && value <= max) return value;
  const range = `a whole number${unit ? ` of ${unit}` : ''} ${rangeWords(parameter)}`;
  throw new Abort(`parameter ${parameter.name}: found "${text}", expected ${range}`, exitCodes.usage, [
    `the default is ${parameter.default}`,
  ]);
}

function rangeWords({ min, max }: Parameter): string {
  if (min !== undefined && max !== undefined) return `from ${min} to ${max}`;
  if (min !== undefined) return `of at least ${min}`;
  return max === undefined ? 'of any size' : `of at most ${max}`;
}

function parseChoice(parameter: Parameter, text: string): string {
  const choices = parameter.choices ?? [];
  if (choices.includes(text)) return text;
  throw new Abort(
    `parameter ${parameter.name}: found "${text}"`,
    exitCodes.usage,
    suggestName(text, choices),
  );
}

/** @throws Abort (exit 2) */
export function pickVariant(scenario: Scenario, name: string): Variant {
  const variant = scenario.variants.find((candidate) => candidate.name === name);
  if (variant !== undefined) return variant;
  const names = scenario.variants.map((candidate) => candidate.name);
  throw new Abort(
    `scenario ${scenario.id} has no variant "${name}"`,
    exitCodes.usage,
    suggestName(name, names),
  );
}

/** The variant's first path when none is asked for. @throws Abort (exit 2) */
export function pickPath(variant: Variant, path: Path | undefined): Path {
  const [first] = variant.paths;
  if (path === undefined && first !== undefined) return first;
  if (path !== undefined && variant.paths.includes(path)) return path;
  throw new Abort(`variant ${variant.name} does not run on the ${path} path`, exitCodes.usage, [
    `use --path ${variant.paths.join(' or --path ')}`,
  ]);
}

/** @throws Abort (exit 2) */
export function checkRuntime(scenario: Scenario, runtime: RuntimeName): void {
  if (scenario.runtimes.includes(runtime)) return;
  throw new Abort(`scenario ${scenario.id} has no ${runtime} harness`, exitCodes.usage, [
    `use --runtime ${scenario.runtimes.join(' or --runtime ')}`,
  ]);
}

/** @throws Abort (exit 2) when the run's values do not go together */
export function checkCombination(scenario: Scenario, run: Run): void {
  const refusal = scenario.refuse?.(run);
  if (refusal !== undefined) throw new Abort(refusal.problem, exitCodes.usage, refusal.suggestions);
}
