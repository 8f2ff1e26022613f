import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Abort } from '../errors.js';
import { exitCodes } from '../exit-codes.js';
import { packageRoot } from '../package-root.js';

/** Absolute paths of what `npm run build` makes of native/. */
export interface NativeTools {
  guard: string;
  snapshot: string;
  driverCell: string;
  transferCell: string;
  explore: string;
  library: string;
  addon: string;
}

const files: Readonly<Record<keyof NativeTools, string>> = {
  guard: 'kvtool-guard',
  snapshot: 'kvtool-snapshot',
  driverCell: 'kvtool-driver-cell',
  transferCell: 'kvtool-transfer-cell',
  explore: 'kvtool-explore',
  library: 'libkvtool.so',
  addon: 'kvtool.node',
};

/**
 * The native tools that the caller is about to use.
 *
 * @param wanted which of them must exist; the paths of the others are returned unchecked
 * @throws Abort (exit 69) naming every missing one
 */
export function nativeTools(
  wanted: readonly (keyof NativeTools)[] = ['guard', 'snapshot'],
  root: string = packageRoot,
): NativeTools {
  const at = (tool: keyof NativeTools) => join(root, 'build', 'Release', files[tool]);
  const missing = wanted.filter((tool) => !existsSync(at(tool)));
  if (missing.length > 0) {
    const names = missing.map((tool) => files[tool]).join(', ');
    throw new Abort(
      `missing native tools: ${names}; expected in ${join(root, 'build', 'Release')}`,
      exitCodes.unavailable,
      [`run "npm run build" in ${root}`],
    );
  }
  return {
    guard: at('guard'),
    snapshot: at('snapshot'),
    driverCell: at('driverCell'),
    transferCell: at('transferCell'),
    explore: at('explore'),
    library: at('library'),
    addon: at('addon'),
  };
}
