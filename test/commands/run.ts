import type { Command } from '@oclif/core';
import { captureOutput } from '@oclif/test';
import { packageRoot } from '../../src/package-root.js';

export interface Ran {
  exitCode: number | undefined;
  stdout: string;
  stderr: string;
  /** What oclif would print and exit with. */
  error: (Error & { suggestions?: string[] | undefined; oclif?: { exit?: number | undefined } }) | undefined;
}

/** A command that can be made; the base class itself cannot. */
type Runnable = typeof Command & (new (...args: ConstructorParameters<typeof Command>) => Command);

/** Runs a command from its source in this process, as `kvtool NAME ARGV...` would. */
export async function run(command: Runnable, argv: string[]): Promise<Ran> {
  process.exitCode = undefined;
  try {
    // oclif takes the id from the file's name, but only when it loads the file itself.
    command.id ??= command.name.replaceAll(/(?<=.)([A-Z])/g, '-$1').toLowerCase();
    const { error, stdout, stderr } = await captureOutput(() => command.run(argv, packageRoot), {
      testNodeEnv: 'production',
    });
    const exitCode: unknown = process.exitCode;
    return { exitCode: typeof exitCode === 'number' ? exitCode : undefined, stdout, stderr, error };
  } finally {
    process.exitCode = undefined;
  }
}
