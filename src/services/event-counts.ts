import type { EventCounts } from '../report/report.js';

const nsPerUs = 1000;

/** What the scenario's counters say of its events. */
export function eventCounts(counters: Readonly<Record<string, number>>): EventCounts {
  const publishUs = mean(counters['publish.ns'], counters['publish.count']);
  const deliverUs = mean(counters['deliver.ns'], counters['deliver.count']);
  return {
    scheduled: counters['events.scheduled'] ?? 0,
    delivered: counters['events.delivered'] ?? 0,
    lost: counters['events.lost'] ?? 0,
    ...(publishUs === undefined ? {} : { publishUs }),
    ...(deliverUs === undefined ? {} : { deliverUs }),
  };
}

/** Counts of several runs as if they were one. */
export function sumCounters(all: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const counters of all) {
    for (const [name, value] of Object.entries(counters)) sums[name] = (sums[name] ?? 0) + value;
  }
  return sums;
}

function mean(sumNs: number | undefined, samples: number | undefined): number | undefined {
  if (sumNs === undefined || samples === undefined || samples === 0) return undefined;
  return sumNs / samples / nsPerUs;
}
