import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { Abort } from '../../src/errors.js';
import { explain } from '../../src/scenario/explain.js';
import { loadScenario, loadScenarios, scenarioIds } from '../../src/scenario/registry.js';
import { temporaryFolder } from '../services/doubles.js';

describe('registry', () => {
  it('lists folders with a manifest, sorted', async () => {
    const folder = await temporaryFolder();
    for (const id of ['b', 'a', 'notes']) await mkdir(join(folder, id));
    for (const id of ['b', 'a']) await writeFile(join(folder, id, 'scenario.ts'), 'export default {};\n');
    expect(await scenarioIds(pathToFileURL(`${folder}/`))).toEqual(['a', 'b']);
  });

  it('suggests the nearest id', async () => {
    const error = await loadScenario('gil-hostfun').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Abort);
    expect(error).toMatchObject({
      exitCode: 2,
      suggestions: ['did you mean gil-hostfunc?', expect.any(String)],
    });
  });

  it('loads every scenario once, however often it is named', async () => {
    expect(await loadScenarios(['gil-hostfunc', 'gil-hostfunc'])).toHaveLength(1);
  });
});

describe('every scenario of this package', async () => {
  for (const scenario of await loadScenarios([])) {
    it(`${scenario.id} is complete and consistent`, () => {
      const names = scenario.variants.map((variant) => variant.name);
      expect(names).toContain(scenario.check.variant);
      expect(new Set(names).size).toBe(names.length);
      for (const variant of explain(scenario).variants) {
        expect(variant.paths.length).toBeGreaterThan(0);
        for (const name of Object.keys(variant.defaults ?? {})) {
          expect(scenario.parameters.map((parameter) => parameter.name)).toContain(name);
        }
        for (const { expected } of variant.shows) {
          expect(expected.waits.length > 0).toBe(expected.kind === 'deadlock');
          expect(expected.broken !== undefined).toBe(expected.kind === 'violation');
          expect(expected.family === 'none').toBe(expected.kind === 'ok');
        }
      }
    });

    it(`${scenario.id} can be checked: its callback path deadlocks and its recorder path does not`, () => {
      const checked = explain(scenario).variants.find((variant) => variant.name === scenario.check.variant);
      for (const { path, expected } of checked?.shows ?? []) {
        expect(expected.kind).toBe(path === 'callback' ? 'deadlock' : 'ok');
      }
    });
  }
});
