/** Which child a thread waits for. The call has the number that the thread's own PID namespace gives to it. */
import type { ProcessDump, Syscall } from '../diagnosis/process-dump.js';
import { listProcesses, readProcessStatus } from './proc.js';

/** Linux on x86-64. */
const wait4Call = 61;
const waitidCall = 247;
const byPid = 1;

/** Completes the waits of `dump`, a live process, by the child's number in our PID namespace. Never throws. */
export async function readAwaitedChildren(dump: ProcessDump): Promise<void> {
  const waits = dump.threads.flatMap(({ wait, syscall }) => {
    const wanted = wait?.kind === 'child' && syscall !== undefined ? childIn(syscall) : undefined;
    return wait === undefined || wanted === undefined ? [] : [{ wait, wanted }];
  });
  if (waits.length === 0) return;
  const depth = ((await readProcessStatus(dump.pid))?.namespaceIds.length ?? 1) - 1;
  const ids = new Map<number, number>();
  for (const { pid: child, parentPid } of await listProcesses()) {
    if (parentPid !== dump.pid) continue;
    const seenAs = (await readProcessStatus(child))?.namespaceIds[depth];
    if (seenAs !== undefined) ids.set(seenAs, child);
  }
  for (const { wait, wanted } of waits) {
    const child = ids.get(wanted);
    if (child !== undefined) wait.childPid = child;
  }
}

/** The child that the call names; undefined when any child will do, or one of a group. */
function childIn({ number, args: [first = '0x0', second = '0x0'] }: Syscall): number | undefined {
  const isWaitid = number === waitidCall && BigInt(first) === BigInt(byPid);
  const word = number === wait4Call ? first : isWaitid ? second : '0x0';
  const pid = Number(BigInt.asIntN(32, BigInt(word)));
  return pid > 0 ? pid : undefined;
}
