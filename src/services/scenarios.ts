/** `kvtool scenarios`: what there is, or all about one. */
import { Abort } from '../errors.js';
import { exitCodes } from '../exit-codes.js';
import { modelScenarios } from '../model/catalogue.js';
import type { ModelScenario } from '../model/lines.js';
import { type ExplainedScenario, explain } from '../scenario/explain.js';
import { loadScenario, loadScenarios, scenarioIds } from '../scenario/registry.js';
import { suggestName } from '../suggest.js';

export interface ScenarioList {
  /** With a manifest: they run on real runtimes. */
  scenarios: ExplainedScenario[];
  /** Of the explorer's catalogue; one id may stand in both. */
  model: ModelScenario[];
  warnings: string[];
}

export async function listScenarios(): Promise<ScenarioList> {
  const scenarios = (await loadScenarios([])).map(explain);
  return { scenarios, ...(await inModel()) };
}

/** In one of them or in both. */
export interface OneScenario {
  real?: ExplainedScenario;
  model?: ModelScenario;
}

/** @throws Abort (exit 2) for an unknown id */
export async function explainScenario(id: string): Promise<OneScenario> {
  const [ids, { model: all }] = await Promise.all([scenarioIds(), inModel()]);
  const model = all.find((scenario) => scenario.id === id);
  if (model === undefined && !ids.includes(id)) {
    const names = [...new Set([...ids, ...all.map((scenario) => scenario.id)])].sort();
    throw new Abort(`there is no scenario "${id}"`, exitCodes.usage, suggestName(id, names));
  }
  return {
    ...(ids.includes(id) ? { real: explain(await loadScenario(id)) } : {}),
    ...(model === undefined ? {} : { model }),
  };
}

/** What needs no explorer works without it. */
async function inModel(): Promise<Pick<ScenarioList, 'model' | 'warnings'>> {
  try {
    return { model: await modelScenarios(), warnings: [] };
  } catch (error) {
    if (!(error instanceof Abort)) throw error;
    return { model: [], warnings: [`the scenarios of the model are not listed: ${error.message}`] };
  }
}
