/**
 * Which of two calls into a real driver came first is told by the threads' own account, and that is made before the
 * call: the driver may have had them the other way round.
 *
 * A call that takes C and waits for nothing returns within microseconds. Where it has not, and another that stays in the
 * driver until the device is idle is said to wait for its lock, the other one came first.
 */
import type { LockLine } from '../process-dump.js';

const contextLock = /^driver-lock:C(@\d+)?$/;
/** They have C and W while they wait for an idle device, as the simulated driver's table of calls has it. */
const waitsForIdle = /^(cudaFree|cudaFreeHost|cudaLaunchKernel \(first load\))$/;
/** Longer than any call takes that waits for nothing, ms. */
const longMs = 100;

/** The lines as they must be, given what has not returned. */
export function inTrueOrder(lines: readonly LockLine[]): LockLine[] {
  const swapped = new Map<number, LockLine>();
  for (const late of lines) {
    const { wants = '', waitingMs = 0, where = '' } = late;
    const context = contextLock.exec(wants);
    if (late.byModel !== true || context === null || !waitsForIdle.test(where) || waitingMs < longMs)
      continue;
    const early = lines.find(({ byModel, holds, wants: none }) => byModel && !none && holds.includes(wants));
    if (early === undefined) continue;
    const on = context[1] ?? '';
    swapped.set(late.tid, {
      ...late,
      holds: [...late.holds, wants, `driver-lock:W${on}`],
      wants: `device:idle${on}`,
    });
    swapped.set(early.tid, {
      ...early,
      holds: early.holds.filter((hold) => hold !== wants),
      wants,
      where: 'a call of the driver',
      waitingMs,
    });
  }
  return lines.map((line) => swapped.get(line.tid) ?? line);
}
