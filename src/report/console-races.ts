/** Races and the counts of an access log, as text. */
import { count } from './format.js';
import type { AccessPairs, RaceReport, RaceSide } from './race-report.js';
import { indent } from './text.js';

const mostShown = 4;

export function sayRaces(races: readonly RaceReport[]): string {
  const more = races.length - mostShown;
  return [
    ...races.slice(0, mostShown).map(sayRace),
    ...(more > 0 ? [`and ${count(more, 'more race')}: --json has all`] : []),
  ].join('\n');
}

export function sayRace({ memory, first, second, missing, pairs }: RaceReport): string {
  const lines = [saySide(first), saySide(second), `missing: ${missing}`].join('\n');
  return `race on ${memory}${pairs > 1 ? ` (${pairs} pairs)` : ''}\n${indent(lines)}`;
}

function saySide({ access, actor, enqueuedBy, what, at }: RaceSide): string {
  const place = at === undefined ? '' : ` (${at})`;
  return `${actor} ${access}s: ${what}${place}${enqueuedBy === undefined ? '' : `, enqueued by ${enqueuedBy}`}`;
}

/** `8 pairs of conflicting accesses ordered between streams and threads, 3 within one, 1 not at all` */
export function sayPairs({ ordered, inOneStream, unordered }: AccessPairs): string {
  return (
    `${count(ordered, 'pair')} of conflicting accesses ordered between streams and threads, ` +
    `${inOneStream} within one, ${unordered} not at all`
  );
}

/** What a clean log does not say. */
export function lacksOf({ forgotten, unknownTransfers }: AccessPairs): string[] {
  return [
    ...(forgotten > 0 ? [`accesses forgotten for lack of room: ${forgotten}`] : []),
    ...(unknownTransfers > 0
      ? [`KV transfers whose pages were not logged, as their lists are unknown: ${unknownTransfers}`]
      : []),
  ].map((what) => `${what}; races there are not found`);
}
