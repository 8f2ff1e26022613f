import type { ProcessDump } from './process-dump.js';

/** Who has a shared lock that this process waits for, and is in none of the dumps of `seen`: one sentence each. */
export function ownersElsewhere({ threads }: ProcessDump, seen: ReadonlySet<number> = new Set()): string[] {
  const sentences = threads.flatMap(({ wait }) => {
    if (wait?.ownerPid === undefined || seen.has(wait.ownerPid)) return [];
    return [
      `The lock at ${wait.address} is shared between processes, and thread ${wait.ownerTid} of process ${wait.ownerPid} ` +
        'has it: look at both processes in one dump, or at their parent with --tree.',
    ];
  });
  return [...new Set(sentences)];
}
