/** How a scenario's harness is started: its command line and the one JSON document that configures it. */
import { join } from 'node:path';
import { packageRoot } from '../package-root.js';
import type { DeviceName, ParameterValues, Path, RuntimeName } from '../scenario/manifest.js';

/** What a harness finds, as JSON, in the environment variable KVTOOL_HARNESS. */
export interface HarnessConfiguration {
  scenario: string;
  variant: string;
  path: Path;
  device: DeviceName;
  seed: number;
  /** The flight file that it maps. */
  flight: string;
  /** The C ABI, for ctypes. */
  library: string;
  /** The folder of the Python module on top of it. */
  binding: string;
  parameters: ParameterValues;
  /** Requests per worker. */
  iterations: number;
  /** Starts no new request after this long, ms; 0: no limit. */
  durationMs: number;
}

export interface HarnessCommand {
  command: string;
  args: string[];
  env: { KVTOOL_HARNESS: string };
  cwd: string;
}

/** @param python the interpreter, for runtime `python` */
export function harnessCommand(
  runtime: RuntimeName,
  configuration: Omit<HarnessConfiguration, 'binding'>,
  python: string | undefined,
): HarnessCommand {
  const { scenario } = configuration;
  const programs = {
    js: { command: process.execPath, program: join('dist', 'scenarios', scenario, 'harness.js') },
    python: { command: python ?? 'python3', program: join('scenarios', scenario, 'harness.py') },
  };
  const { command, program } = programs[runtime];
  const complete: HarnessConfiguration = { ...configuration, binding: join(packageRoot, 'native', 'capi') };
  return {
    command,
    args: [join(packageRoot, program)],
    env: { KVTOOL_HARNESS: JSON.stringify(complete) },
    cwd: process.cwd(),
  };
}
