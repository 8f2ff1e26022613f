/**
 * The reader of `events.kvr`, which the harness maps and stores to while it lives. The layout is that of
 * native/core/runtime/flight_layout.h, version 1: change both together.
 *
 * The supervisor only ever reads this file, so nothing that hangs in the harness can hang the supervisor.
 */
import { open } from 'node:fs/promises';

const magic = 'KVFLIGHT';
const version = 1;
const headerBytes = 256;
const counterCapacity = 64;
const counterBytes = 64;
const lineCapacity = 256;
const lineBytes = 512;
const lineHolds = 6;
const textBytes = 48;
const headBytes = headerBytes + counterCapacity * counterBytes;
const fileBytes = headBytes + lineCapacity * lineBytes;

const states = ['created', 'starting', 'running', 'finished', 'failed'] as const;
export type FlightState = (typeof states)[number];

const counterKinds = ['none', 'progress', 'heartbeat', 'gauge'] as const;
export type CounterKind = (typeof counterKinds)[number];

export interface FlightCounter {
  name: string;
  /** Only `progress` counters feed the watchdog. */
  kind: CounterKind;
  value: number;
}

/** What one thread said of itself. Resources are named `kind:name`, e.g. `runtime-lock:GIL`. */
export interface FlightLine {
  tid: number;
  name: string;
  holds: string[];
  /** What it waits for; absent when it waits for nothing. */
  wants?: string;
  /** The call in which it waits. */
  where?: string;
  /** CLOCK_MONOTONIC ns: since when it waits; 0 when it never has. */
  sinceNs: number;
  /** Its owner was writing it when it was read: the fields may belong to two moments. */
  torn: boolean;
}

/** All times are CLOCK_MONOTONIC in ns; 0 means "not yet". */
export interface Flight {
  pid: number;
  state: FlightState;
  startedNs: number;
  lastProgressNs: number;
  finishedNs: number;
  windowOpens: number;
  windowFirstNs: number;
  /** Why `state` is failed; empty otherwise. */
  message: string;
  counters: FlightCounter[];
  lines: FlightLine[];
}

export interface FlightReading {
  /** Absent until the harness has initialised the file. */
  flight?: Flight;
  /** What is wrong with the file, one sentence; a file that is merely not there yet is no problem. */
  problem?: string;
}

/** Decodes as much as `bytes` hold: the whole file, or its first 4352 bytes for header and counters alone. */
export function decodeFlight(bytes: Buffer): FlightReading {
  const problem = foreignContent(bytes);
  if (problem !== undefined) return { problem };
  if (bytes.length < headerBytes || bytes.readBigUInt64LE(0) === 0n) return {};

  const state = states[bytes.readUInt32LE(44)];
  if (state === undefined) return { problem: `unknown state ${bytes.readUInt32LE(44)} in the flight file` };
  return {
    flight: {
      pid: bytes.readInt32LE(40),
      state,
      startedNs: readNumber(bytes, 48),
      lastProgressNs: readNumber(bytes, 56),
      finishedNs: readNumber(bytes, 64),
      windowOpens: readNumber(bytes, 72),
      windowFirstNs: readNumber(bytes, 80),
      message: state === 'failed' ? readText(bytes, 88, headerBytes - 88) : '',
      counters: decodeCounters(bytes),
      lines: decodeLines(bytes),
    },
  };
}

/** Something other than a flight file of this version stands there. All zero is fine: not initialised yet. */
function foreignContent(bytes: Buffer): string | undefined {
  const start = bytes.subarray(0, magic.length);
  if (start.every((byte) => byte === 0)) return undefined;
  if (!magic.startsWith(start.toString('latin1')))
    return 'not a flight file: it does not start with KVFLIGHT';
  if (bytes.length < headerBytes) return undefined;

  const found = bytes.readUInt32LE(8);
  if (found !== version) return `flight file of version ${found}; this kvtool reads version ${version}`;
  const sizes = [12, 16, 20, 24, 28].map((offset) => bytes.readUInt32LE(offset));
  const expected = [headerBytes, counterCapacity, counterBytes, lineCapacity, lineBytes];
  if (sizes.some((size, i) => size !== expected[i])) {
    return `flight file with sizes ${sizes.join('/')}; version ${version} has ${expected.join('/')}`;
  }
  return undefined;
}

function decodeCounters(bytes: Buffer): FlightCounter[] {
  const counters: FlightCounter[] = [];
  for (let i = 0; i < counterCapacity; i++) {
    const offset = headerBytes + i * counterBytes;
    if (offset + counterBytes > bytes.length) break;
    const name = readText(bytes, offset, textBytes);
    if (name === '') break;
    const kind = counterKinds[bytes.readUInt32LE(offset + 48)] ?? 'none';
    counters.push({ name, kind, value: readNumber(bytes, offset + 56) });
  }
  return counters;
}

function decodeLines(bytes: Buffer): FlightLine[] {
  const lines: FlightLine[] = [];
  for (let i = 0; i < lineCapacity; i++) {
    const offset = headBytes + i * lineBytes;
    if (offset + lineBytes > bytes.length) break;
    const tid = bytes.readInt32LE(offset + 4);
    if (tid === 0) continue;
    const held = Math.min(bytes.readUInt32LE(offset + 16), lineHolds);
    const holds: string[] = [];
    for (let j = 0; j < held; j++) holds.push(readText(bytes, offset + 160 + j * textBytes, textBytes));
    const wants = readText(bytes, offset + 64, textBytes);
    const where = readText(bytes, offset + 112, textBytes);
    lines.push({
      tid,
      name: readText(bytes, offset + 24, 40),
      holds,
      ...(wants === '' ? {} : { wants }),
      ...(where === '' ? {} : { where }),
      sinceNs: readNumber(bytes, offset + 8),
      torn: bytes.readUInt32LE(offset) % 2 === 1,
    });
  }
  return lines;
}

function readNumber(bytes: Buffer, offset: number): number {
  return Number(bytes.readBigUInt64LE(offset));
}

function readText(bytes: Buffer, offset: number, capacity: number): string {
  const field = bytes.subarray(offset, offset + capacity);
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end === -1 ? capacity : end);
}

/**
 * Reads header and counters, and with `lines` the lock lines as well. Never throws: what cannot be read is told in
 * `problem`.
 */
export async function readFlight(path: string, { lines = false } = {}): Promise<FlightReading> {
  try {
    if (!lines) return decodeFlight(await readBytes(path, headBytes));
    return await readWhole(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {};
    return {
      problem: `cannot read the flight file: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
}

/**
 * A read is no atomic copy of a file that somebody stores to: a line counts as whole when its sequence number is even
 * and the same before and after. A blocked thread does not write, so one retry settles every line that matters.
 */
async function readWhole(path: string): Promise<FlightReading> {
  let before = await readBytes(path, fileBytes);
  for (let attempt = 0; ; attempt++) {
    const after = await readBytes(path, fileBytes);
    const reading = decodeFlight(after);
    const moving = movingLines(before, after);
    if (moving.size === 0 || attempt === 3) {
      for (const line of reading.flight?.lines ?? []) line.torn ||= moving.has(line.tid);
      return reading;
    }
    before = after;
  }
}

/** The threads whose lines changed between two reads or were being written during the second. */
function movingLines(before: Buffer, after: Buffer): Set<number> {
  const moving = new Set<number>();
  const end = Math.min(before.length, after.length);
  for (let offset = headBytes; offset + lineBytes <= end; offset += lineBytes) {
    const tid = after.readInt32LE(offset + 4);
    if (tid === 0) continue;
    const sequence = after.readUInt32LE(offset);
    if (sequence % 2 === 1 || sequence !== before.readUInt32LE(offset)) moving.add(tid);
  }
  return moving;
}

async function readBytes(path: string, length: number): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const bytes = Buffer.alloc(length);
    let filled = 0;
    while (filled < length) {
      const { bytesRead } = await file.read(bytes, filled, length - filled, filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return bytes.subarray(0, filled);
  } finally {
    await file.close();
  }
}
