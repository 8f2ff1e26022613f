/** The scenarios that run in the model. */
import { Abort } from '../errors.js';
import { exitCodes } from '../exit-codes.js';
import { runExplorer } from '../harness/explorer-process.js';
import { suggestName } from '../suggest.js';
import type { MemoryModel, ModelScenario } from './lines.js';

/** It only prints a table, ms. */
const listDeadlineMs = 30_000;

/** @throws Abort (exit 69) when the explorer is not built */
export async function modelScenarios(): Promise<ModelScenario[]> {
  const { lines } = await runExplorer({ args: ['--list'], deadlineMs: listDeadlineMs });
  return lines.flatMap((line) => (line.kind === 'catalogue' ? line.scenarios : []));
}

/** @throws Abort (exit 2) for an id that does not exist, with the nearest one */
export function pickModelScenario(scenarios: readonly ModelScenario[], id: string): ModelScenario {
  const found = scenarios.find((scenario) => scenario.id === id);
  if (found !== undefined) return found;
  const ids = scenarios.map((scenario) => scenario.id);
  throw new Abort(`there is no scenario "${id}" in the model`, exitCodes.usage, suggestName(id, ids));
}

/** @throws Abort (exit 2) */
export function pickModelVariant(scenario: ModelScenario, name: string): ModelScenario['variants'][number] {
  const found = scenario.variants.find((variant) => variant.name === name);
  if (found !== undefined) return found;
  const names = scenario.variants.map((variant) => variant.name);
  throw new Abort(
    `scenario ${scenario.id} has no variant "${name}"`,
    exitCodes.usage,
    suggestName(name, names),
  );
}

/** What every job of the explorer is told of a scenario. */
export interface ModelOptions {
  model?: MemoryModel;
  /** `name=value`. */
  parameters: readonly string[];
  /** `name=value`: steps, timeouts, spurious-wakeups, store-buffer. */
  limits: readonly string[];
  memoryMb?: number;
}

export function optionArguments({ model, parameters, limits, memoryMb }: ModelOptions): string[] {
  return [
    ...(model === undefined ? [] : ['--model', model]),
    ...parameters.flatMap((parameter) => ['--param', parameter]),
    ...limits.flatMap((limit) => ['--limit', limit]),
    ...(memoryMb === undefined ? [] : ['--memory-mb', String(memoryMb)]),
  ];
}
