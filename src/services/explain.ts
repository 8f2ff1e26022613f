/** `kvtool explain`: reads dumps that somebody pasted, and diagnoses them. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { diagnoseDumps } from '../diagnosis/diagnose-dumps.js';
import { type ReadResult, readDumpStream } from '../diagnosis/parsers/read-dump.js';
import { Abort } from '../errors.js';
import { exitCodes } from '../exit-codes.js';
import { type ExplainReport, explainReport } from '../report/explain-report.js';
import { exitOfVerdict } from './exit-of.js';

export interface ExplainRequest {
  /** Paths; `-` is standard input. */
  files: readonly string[];
  stdin: NodeJS.ReadStream;
}

export interface ReadFile extends ReadResult {
  file: string;
}

/** @throws Abort (exit 2) for a file that cannot be read, and when no file has a dump */
export async function explain({ files, stdin }: ExplainRequest): Promise<ExplainReport> {
  const inputs: ReadFile[] = [];
  for (const file of files) inputs.push({ file, ...(await readOne(file, stdin)) });
  const dumps = inputs.flatMap((input) => input.dumps);
  if (dumps.length === 0) throw nothingFound(inputs);
  const diagnosis = diagnoseDumps(dumps);
  return explainReport(inputs, diagnosis, exitOfVerdict(diagnosis.verdict));
}

async function readOne(file: string, stdin: NodeJS.ReadStream): Promise<ReadResult> {
  if (file === '-') return readStandardInput(stdin);
  try {
    const { size, ...kind } = await stat(file).then((found) => ({
      size: found.size,
      isFile: !found.isDirectory(),
    }));
    if (!kind.isFile) throw unreadable(file, 'it is a folder');
    if (size === 0) throw unreadable(file, 'it is empty');
    return await readDumpStream(createReadStream(file, { encoding: 'utf8', highWaterMark: chunkBytes }));
  } catch (error) {
    if (error instanceof Abort) throw error;
    throw unreadable(file, reasonOf(error));
  }
}

const chunkBytes = 256 * 1024;

async function readStandardInput(stdin: NodeJS.ReadStream): Promise<ReadResult> {
  if (stdin.isTTY) {
    throw new Abort('standard input is a terminal, expected a dump piped in', exitCodes.usage, [
      'pipe one in, e.g. py-spy dump --native --pid PID | kvtool explain -',
      'or name a file: kvtool explain dump.txt',
    ]);
  }
  return readDumpStream(stdin.setEncoding('utf8') as AsyncIterable<string>);
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'permission denied',
};

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return reasons[code] ?? error.message;
}

function unreadable(file: string, why: string): Abort {
  return new Abort(`cannot read ${file}: ${why}, expected the text of a dump`, exitCodes.usage, [
    'check the path; - is standard input',
  ]);
}

function nothingFound(inputs: readonly ReadFile[]): Abort {
  const lines = inputs.reduce((sum, input) => sum + input.lines, 0);
  const names = inputs.map((input) => (input.file === '-' ? 'standard input' : input.file)).join(', ');
  return new Abort(
    `found no stack in the ${lines} ${lines === 1 ? 'line' : 'lines'} of ${names}, expected a dump of py-spy, gdb, ` +
      'pystack, faulthandler, jstack, Go, eu-stack, lldb, a Node report or kvtool dump --json',
    exitCodes.usage,
    [
      'take one: py-spy dump --native --pid PID > dump.txt',
      "or: gdb -p PID -batch -ex 'thread apply all bt' > dump.txt",
    ],
  );
}
