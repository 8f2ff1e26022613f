/** The scenarios: each is a folder with a compiled `scenario.js` (`scenario.ts` when the sources run directly). */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Abort } from '../errors.js';
import { exitCodes } from '../exit-codes.js';
import { packageRoot } from '../package-root.js';
import { suggestName } from '../suggest.js';
import type { Scenario } from './manifest.js';

const defaultFolder = new URL('../../scenarios/', import.meta.url);
const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';

/** Ids of all scenarios, sorted. */
export async function scenarioIds(folder: URL = defaultFolder): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory() && existsSync(manifestUrl(folder, entry.name)))
    .map((entry) => entry.name)
    .sort();
}

/** @throws Abort (exit 2) for an id that does not exist, with the nearest one */
export async function loadScenario(id: string, folder: URL = defaultFolder): Promise<Scenario> {
  const ids = await scenarioIds(folder);
  if (!ids.includes(id)) {
    if (runsInModel(id)) {
      throw new Abort(`scenario "${id}" runs in the model and on plain threads only`, exitCodes.usage, [
        `kvtool explore ${id}`,
        `kvtool stress ${id}`,
      ]);
    }
    throw new Abort(`there is no scenario "${id}"`, exitCodes.usage, suggestName(id, ids));
  }
  const loaded: unknown = await import(manifestUrl(folder, id).href);
  if (isManifestModule(loaded, id)) return loaded.default;
  throw new Error(`${fileURLToPath(manifestUrl(folder, id))} does not export a scenario called ${id}`);
}

/** Its folder registers it in the explorer's catalogue. */
export function runsInModel(id: string): boolean {
  return /^[a-z0-9-]+$/.test(id) && existsSync(join(packageRoot, 'scenarios', id, 'model.cc'));
}

/** The scenarios with the given ids, or all of them when none is given. */
export async function loadScenarios(
  ids: readonly string[],
  folder: URL = defaultFolder,
): Promise<Scenario[]> {
  const chosen = ids.length > 0 ? [...new Set(ids)] : await scenarioIds(folder);
  return Promise.all(chosen.map((id) => loadScenario(id, folder)));
}

function manifestUrl(folder: URL, id: string): URL {
  return new URL(`${id}/scenario.${extension}`, folder);
}

function isManifestModule(value: unknown, id: string): value is { default: Scenario } {
  if (typeof value !== 'object' || value === null || !('default' in value)) return false;
  const { default: manifest } = value;
  return typeof manifest === 'object' && manifest !== null && 'id' in manifest && manifest.id === id;
}
