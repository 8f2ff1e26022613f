/** Hands a report to the Buildkite agent, when there is one. */
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { annotation } from '../report/buildkite.js';
import type { CheckReport } from '../report/report.js';
import { runShort } from './short-command.js';

export const annotateModes = ['auto', 'always', 'never'] as const;
export type AnnotateMode = (typeof annotateModes)[number];

const agent = 'buildkite-agent';
/** The agent speaks to a server; after a cancel we have 10 s for everything. */
const deadlineMs = 5000;

/**
 * `auto` annotates inside a Buildkite job whose agent is on the PATH.
 *
 * @returns why there is no annotation although one was to be made; failing to annotate never fails a check
 */
export async function annotate(
  report: CheckReport,
  mode: AnnotateMode,
  env: NodeJS.ProcessEnv = process.env,
): Promise<string | undefined> {
  if (mode === 'never') return undefined;
  const isInJob = env.BUILDKITE === 'true' && (await isOnPath(agent, env.PATH ?? ''));
  if (mode === 'auto' && !isInJob) return undefined;
  const { style, context, body } = annotation(report, env);
  const result = await runShort(agent, ['annotate', '--style', style, '--context', context], {
    input: body,
    env,
    deadlineMs,
  });
  if (result.code === 0) return undefined;
  if (result.failure === 'ENOENT') return `No annotation: there is no ${agent} on the PATH.`;
  if (result.timedOut) return `No annotation: ${agent} did not answer within ${deadlineMs / 1000} s.`;
  const said = result.stderr.trim().split('\n').at(-1) ?? '';
  return `No annotation: ${agent} failed (${result.failure ?? `exit code ${result.code ?? 'unknown'}`})${said && `: ${said}`}.`;
}

async function isOnPath(program: string, path: string): Promise<boolean> {
  for (const folder of path.split(delimiter)) {
    try {
      await access(join(folder, program), constants.X_OK);
      return true;
    } catch {
      // Not in this folder.
    }
  }
  return false;
}
