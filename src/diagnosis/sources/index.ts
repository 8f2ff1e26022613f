import type { Claims } from '../claims.js';
import type { ProcessDump } from '../process-dump.js';
import { driverClaims } from './driver.js';
import { frameClaims } from './frames.js';
import { lineClaims } from './lock-lines.js';
import { memoryClaims } from './memory.js';

/** What every source says of the threads of a dump, side by side. */
export function claimsOf(dump: ProcessDump): Claims {
  const sources = [memoryClaims(dump), lineClaims(dump), frameClaims(dump)];
  return {
    names: new Map(sources.flatMap((claims) => [...claims.names])),
    waits: [...sources.flatMap((claims) => claims.waits), ...driverClaims(dump)],
    holds: sources.flatMap((claims) => claims.holds),
  };
}
