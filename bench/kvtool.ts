/** Runs kvtool itself, as a user would, and reads its JSON document. */
import { execa } from 'execa';
import { packageRoot } from '../src/package-root.js';

export async function kvtoolJson<Result>(
  args: readonly string[],
): Promise<{ exitCode: number; result: Result }> {
  const { stdout, exitCode } = await execa(
    process.execPath,
    [`${packageRoot}/bin/run.js`, ...args, '--json'],
    {
      reject: false,
      stderr: 'ignore',
      cwd: packageRoot,
    },
  );
  const document = JSON.parse(stdout) as { result: Result };
  return { exitCode: exitCode ?? -1, result: document.result };
}
