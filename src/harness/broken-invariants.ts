/** What a harness says of invariants that did not hold, in counters of its flight file. */
import type { Flight } from './flight-file.js';

export interface BrokenInvariant {
  name: string;
  times: number;
}

const prefix = 'violation.';

/** Those of the counters named `violation.NAME` that are not 0. */
export function brokenInvariants(flight: Pick<Flight, 'counters'> | undefined): BrokenInvariant[] {
  const counters = flight?.counters ?? [];
  return counters
    .filter(({ name, value }) => name.startsWith(prefix) && value > 0)
    .map(({ name, value }) => ({ name: name.slice(prefix.length), times: value }));
}
