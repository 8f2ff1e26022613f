/** Waits that no thread of a forked child can end. */
import type { Likely } from './likely.js';
import type { ProcessDump } from './process-dump.js';
import { isPythonTool, type Reading, surest } from './reading.js';
import { isLock } from './resources.js';
import { byThread, type WaitEdge, type WaitGraph } from './wait-graph.js';

/** Between fork and exec there is one thread, and it takes no lock that somebody could still let go. */
const beforeExec: ReadonlySet<string> = new Set([
  'rust-child-before-exec',
  'python-after-fork',
  'libc-atfork-child',
  'java-child-before-exec',
]);

/** Workers of a team: where they are seen, the team was not lost in a fork. */
const teamWorkers = /^(gomp|kmp|openblas)-worker/;

/** The only thread that is shown may be the only one there is: a bare backtrace, or the main thread alone. */
function isAlone(dump: ProcessDump): 'certainly' | 'maybe' | undefined {
  const { threads, pid, listsAllThreads } = dump;
  const [only] = threads;
  // The runtimes of Go and Java do not fork and go on.
  if (only === undefined || threads.length > 1 || /^(go|jstack)$/.test(dump.format ?? '')) return undefined;
  // Tools for Python list the threads of Python; others can hold a lock too.
  if (listsAllThreads && !isPythonTool(dump)) return 'certainly';
  return only.tid === pid || only.tidKind === 'ordinal' ? 'maybe' : undefined;
}

export function afterFork(
  readings: readonly Reading[],
  stuck: readonly WaitEdge[],
  graph: WaitGraph,
  dump: ProcessDump,
): Likely | undefined {
  const alone = isAlone(dump);
  const waits = byThread(stuck);
  const hasTeam = readings.some((reading) => teamWorkers.test(surest(reading, 'idle')?.rule.id ?? ''));
  for (const reading of readings) {
    const { thread, machinery, findings, stack } = reading;
    const { tid } = thread;
    const team = hasTeam ? undefined : graph.waits.get(tid);
    const wait = waits.get(tid) ?? (team?.resource.startsWith('team:') ? team : undefined);
    const mark = findings.find(({ rule }) => rule.means.kind === 'fork-child');
    const waitsForALock = wait !== undefined && (isLock(wait.resource) || wait.resource.startsWith('team:'));
    const isBlocked = stack.depth > 0 && machinery !== 'outside' && machinery !== 'sleep';
    if (mark !== undefined && beforeExec.has(mark.rule.id) && (isBlocked || waitsForALock)) {
      const because =
        'it was forked and has not yet called exec, so that whoever held what it waits for does not exist here';
      return { family: 'fork-held-lock', because, tid, isCertain: waitsForALock };
    }
    if (mark?.rule.id === 'atfork-handler') {
      if (!isBlocked && !waitsForALock) continue;
      if (alone !== undefined) {
        const because =
          'a handler of fork waits, for a thread that is in the middle of it or does not exist here';
        return { family: 'fork-held-lock', because, tid };
      }
      if (!stuck.some((edge) => edge.tid !== tid && isLock(edge.resource))) continue;
      const because =
        'it takes locks one after the other for a fork, while another thread waits, which may hold one of them';
      return { family: 'abba-mutex', because, tid };
    }
    // A signal handler waits for the very thread that it interrupted.
    const isInHandler = findings.some(({ rule }) => rule.means.kind === 'signal-handler');
    if (!waitsForALock || isInHandler) continue;
    if (mark !== undefined) {
      const because = 'it was forked, and a thread that held that lock in the parent does not exist here';
      return { family: 'fork-held-lock', because, tid, isCertain: alone === 'certainly' };
    }
    if (alone === 'certainly' && !wait.resource.startsWith('spinlock:')) {
      const because =
        'it is the only thread of its process, and whoever held that lock does not exist here, as after a fork';
      return { family: 'fork-held-lock', because, tid, isCertain: true };
    }
    if (alone === 'maybe' && (wait.isBrief || wait.resource.startsWith('io-lock:'))) {
      const because =
        'nobody else is shown; such a lock is held for moments, unless its holder vanished in a fork';
      return { family: 'fork-held-lock', because, tid };
    }
  }
  return undefined;
}
