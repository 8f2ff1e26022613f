/** `kvtool scenarios`: what there is, or all about one. */
import { type ExplainedScenario, explain } from '../scenario/explain.js';
import { loadScenario, loadScenarios } from '../scenario/registry.js';

export async function listScenarios(): Promise<ExplainedScenario[]> {
  const scenarios = await loadScenarios([]);
  return scenarios.map(explain);
}

/** @throws Abort (exit 2) for an unknown id */
export async function explainScenario(id: string): Promise<ExplainedScenario> {
  return explain(await loadScenario(id));
}
