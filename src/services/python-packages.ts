/** Whether an interpreter has the packages that a harness imports: a missing one shows here and not in a harness. */
import { Abort } from '../errors.js';
import { exitCodes } from '../exit-codes.js';
import type { PythonPackage } from '../scenario/manifest.js';
import type { Python } from './python.js';
import { runShort } from './short-command.js';

/** A first import of PyTorch reads gigabytes. */
const deadlineMs = 120_000;

/** @throws Abort (exit 69) that names the package, the interpreter and why it could not be imported */
export async function checkPackages(
  packages: readonly PythonPackage[],
  python: Python,
  run: typeof runShort = runShort,
): Promise<void> {
  for (const { module, suggestions } of packages) {
    // Without the working directory, which a harness does not look into either.
    const program = `import sys; sys.path = [p for p in sys.path if p]; import ${module}`;
    const result = await run(python.executable, ['-c', program], { deadlineMs });
    if (result.code === 0) continue;
    const why = result.timedOut ? `no end within ${deadlineMs / 1000} s` : lastLine(result.stderr);
    throw new Abort(
      `${module} is not importable by ${python.description}: ${why}`,
      exitCodes.unavailable,
      suggestions,
    );
  }
}

/** Of a traceback: the error itself. */
function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) || 'the interpreter ended without saying why';
}
