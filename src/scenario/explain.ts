/** A manifest as data, for people and for JSON. */
import type { Expectation, Path, RuntimeName, Scenario } from './manifest.js';
import { resolveParameters } from './parameters.js';

/** What one variant shows on one path and runtime. */
export interface Showing {
  path: Path;
  runtime: RuntimeName;
  expected: Expectation;
}

/** A manifest as data: everything but its functions, and for each variant what they answer. */
export interface ExplainedScenario extends Omit<Scenario, 'expect' | 'cuts' | 'variants'> {
  variants: (Scenario['variants'][number] & { shows: Showing[]; cuts: string[] })[];
}

export function explain(scenario: Scenario): ExplainedScenario {
  const { expect, cuts, variants, ...data } = scenario;
  return {
    ...data,
    variants: variants.map((variant) => {
      const parameters = resolveParameters(scenario, variant, []);
      const runs = variant.paths.flatMap((path) =>
        scenario.runtimes.map((runtime) => ({
          variant: variant.name,
          path,
          runtime,
          device: 'sim' as const,
          parameters,
        })),
      );
      const shows = runs.map((run) => ({ path: run.path, runtime: run.runtime, expected: expect(run) }));
      const failing = runs.find((run) => expect(run).kind !== 'ok');
      return { ...variant, shows, cuts: failing === undefined ? [] : cuts(failing) };
    }),
  };
}
