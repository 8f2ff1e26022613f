/** The door to all readers: text of any known format in, process dumps out. */
import type { ProcessDump } from '../process-dump.js';
import { DumpReader, type ReadOptions } from './dump-reader.js';
import { LineSplitter } from './line-splitter.js';
import type { Skipped } from './skipped.js';

export interface ReadResult {
  /** One per process and sample, in the order of the text. */
  dumps: ProcessDump[];
  /** Of the dumps, each once; `kvtool` for our own dumps, which carry none. */
  formats: string[];
  /** How many lines the text has. */
  lines: number;
  skipped: Skipped;
  /** What a person should know of the reading, one sentence each. */
  warnings: string[];
}

/** Detects the format by itself, several formats and processes in one text included. */
export function readDump(text: string | Iterable<string>, options: ReadOptions = {}): ReadResult {
  const reader = new DumpReader(options);
  const lines = new LineSplitter((line) => reader.push(line));
  for (const chunk of typeof text === 'string' ? [text] : text) lines.push(chunk);
  lines.end();
  return reader.end();
}

/** The same for a stream, e.g. a file that is too large to be one string. */
export async function readDumpStream(
  chunks: AsyncIterable<string>,
  options: ReadOptions = {},
): Promise<ReadResult> {
  const reader = new DumpReader(options);
  const lines = new LineSplitter((line) => reader.push(line));
  for await (const chunk of chunks) lines.push(chunk);
  lines.end();
  return reader.end();
}
