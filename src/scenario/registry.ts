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
    const places = otherPlaces(id);
    if (places.length > 0) {
      const where = [
        ...(places.includes('model') ? ['in the model', 'on plain threads'] : []),
        ...(places.includes('device') ? ['on the device'] : []),
      ];
      throw new Abort(`scenario "${id}" runs ${where.join(' and ')} only`, exitCodes.usage, [
        ...(places.includes('model') ? [`kvtool explore ${id}`, `kvtool stress ${id}`] : []),
        ...(places.includes('device') ? [`kvtool stress ${id} --on device`] : []),
      ]);
    }
    throw new Abort(`there is no scenario "${id}"`, exitCodes.usage, suggestName(id, ids));
  }
  const loaded: unknown = await import(manifestUrl(folder, id).href);
  if (isManifestModule(loaded, id)) return loaded.default;
  throw new Error(`${fileURLToPath(manifestUrl(folder, id))} does not export a scenario called ${id}`);
}

/** Where else a scenario runs than on a language runtime: its folder registers it there by a file of that name. */
export function otherPlaces(id: string): ('model' | 'device')[] {
  if (!/^[a-z0-9-]+$/.test(id)) return [];
  return (['model', 'device'] as const).filter((place) =>
    existsSync(join(packageRoot, 'scenarios', id, `${place}.cc`)),
  );
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
