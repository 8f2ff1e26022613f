/** Places that a family of hangs is known for, where a dump of this process cannot show the other party. */
import type { Likely } from './likely.js';
import type { ProcessDump } from './process-dump.js';
import { type Reading, readThread, surest } from './reading.js';

export function suspected(readings: readonly Reading[]): Likely | undefined {
  for (const reading of readings) {
    const strong = reading.findings.filter(({ rule: { means } }) => {
      return means.kind === 'suspects' && !means.onlyIfNobodyGoesOn;
    });
    const means = surest({ ...reading, findings: strong }, 'suspects')?.rule.means;
    if (means?.kind !== 'suspects') continue;
    return { family: means.family, because: `it waits for ${means.what}`, tid: reading.thread.tid };
  }
  return undefined;
}

/** What says something only where every thread of the process rests. */
export function suspectedAtRest(dump: ProcessDump): Likely | undefined {
  const readings = dump.threads.map((thread) => readThread(thread, dump));
  for (const { thread, findings } of readings) {
    for (const { rule } of findings) {
      if (rule.means.kind !== 'suspects' || !rule.means.onlyIfNobodyGoesOn) continue;
      if (rule.id === 'pool-worker-waits-for-a-future' && hasFreeWorker(readings)) continue;
      const { family, what } = rule.means;
      return { family, because: `it waits for ${what}`, tid: thread.tid };
    }
  }
  return undefined;
}

function hasFreeWorker(readings: readonly Reading[]): boolean {
  return readings.some((reading) => surest(reading, 'idle')?.rule.id.startsWith('executor-worker'));
}
