/**
 * CLOCK_MONOTONIC in nanoseconds, the clock that the harness stamps its flight file with.
 *
 * A number, not a bigint: exact for the first 104 days of uptime and to a few nanoseconds for decades after.
 */
export function monotonicNs(): number {
  return Number(process.hrtime.bigint());
}

export const nsPerMs = 1e6;
