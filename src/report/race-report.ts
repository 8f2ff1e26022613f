/** What an access log found: accesses to the same bytes that nothing orders, whatever the bytes turned out to be. */

/** One for each pair of places in the code. */
export interface RaceReport {
  /** `bytes 0 to 1024 of staging buffer 0` */
  memory: string;
  /** In the order in which they were asked for. */
  first: RaceSide;
  second: RaceSide;
  /** The event, wait or lock that is not there, as an instruction. */
  missing: string;
  /** Pairs of accesses of these two places. */
  pairs: number;
}

export interface RaceSide {
  access: 'read' | 'write';
  /** `stream 1`, `thread scheduler` */
  actor: string;
  /** The thread that enqueued a stream's work. */
  enqueuedBy?: string;
  what: string;
  /** `two-offloads-one-slot/device.cc:142` */
  at?: string;
}

/** Of accesses that conflict: the same bytes, and at least one of the two writes. */
export interface AccessPairs {
  /** By an event, a wait or what else orders threads and streams. */
  ordered: number;
  /** By the stream that both are on, or the thread. */
  inOneStream: number;
  unordered: number;
  /** All accesses that were logged. */
  accesses: number;
  /** For lack of room: races with these are not found. */
  forgotten: number;
  /** KV transfers whose lists were not known: only the buffer's side was logged. */
  unknownTransfers: number;
}
