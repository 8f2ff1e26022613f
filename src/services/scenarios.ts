/** `kvtool scenarios`: what there is, or all about one. */
import { Abort } from '../errors.js';
import { exitCodes } from '../exit-codes.js';
import { given } from '../given.js';
import { modelScenarios } from '../model/catalogue.js';
import type { ModelScenario } from '../model/lines.js';
import { type ExplainedScenario, explain } from '../scenario/explain.js';
import { loadScenario, loadScenarios, scenarioIds } from '../scenario/registry.js';
import { suggestName } from '../suggest.js';
import { type DeviceScenario, deviceScenarios } from './device-cells.js';

export interface ScenarioList {
  /** With a manifest: they run on real runtimes. */
  scenarios: ExplainedScenario[];
  /** Of the explorer's catalogue; one id may stand in both. */
  model: ModelScenario[];
  /** Copies and KV transfers with real bytes. */
  device: DeviceScenario[];
  warnings: string[];
}

export async function listScenarios(): Promise<ScenarioList> {
  const scenarios = (await loadScenarios([])).map(explain);
  const [model, device] = await Promise.all([inModel(), onDevice()]);
  return {
    ...{ scenarios, model: model.all, device: device.all },
    warnings: [...model.warnings, ...device.warnings],
  };
}

/** In one of them or in several. */
export interface OneScenario {
  real?: ExplainedScenario;
  model?: ModelScenario;
  device?: DeviceScenario;
}

/** @throws Abort (exit 2) for an unknown id */
export async function explainScenario(id: string): Promise<OneScenario> {
  const [ids, inCatalogue, cells] = await Promise.all([scenarioIds(), inModel(), onDevice()]);
  const model = inCatalogue.all.find((scenario) => scenario.id === id);
  const device = cells.all.find((scenario) => scenario.id === id);
  if (model === undefined && device === undefined && !ids.includes(id)) {
    const others = [...inCatalogue.all, ...cells.all].map((scenario) => scenario.id);
    const names = [...new Set([...ids, ...others])].sort();
    throw new Abort(`there is no scenario "${id}"`, exitCodes.usage, suggestName(id, names));
  }
  return {
    ...(ids.includes(id) ? { real: explain(await loadScenario(id)) } : {}),
    ...given({ model, device }),
  };
}

interface Listed<T> {
  all: T[];
  warnings: string[];
}

function inModel(): Promise<Listed<ModelScenario>> {
  return unlessMissing('of the model', modelScenarios);
}

function onDevice(): Promise<Listed<DeviceScenario>> {
  return unlessMissing('on the device', () => deviceScenarios());
}

/** What needs no native tool works without it. */
async function unlessMissing<T>(which: string, list: () => Promise<T[]>): Promise<Listed<T>> {
  try {
    return { all: await list(), warnings: [] };
  } catch (error) {
    if (!(error instanceof Abort)) throw error;
    return { all: [], warnings: [`the scenarios ${which} are not listed: ${error.message}`] };
  }
}
