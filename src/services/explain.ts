/** `kvtool explain`: reads dumps that somebody pasted, and diagnoses them. */
import { diagnoseDumps } from '../diagnosis/diagnose-dumps.js';
import { type ReadResult, readDumpStream } from '../diagnosis/parsers/read-dump.js';
import { Abort } from '../errors.js';
import { exitCodes } from '../exit-codes.js';
import { type ExplainReport, explainReport, sayFile } from '../report/explain-report.js';
import type { ExplainProgress } from '../report/progress-events.js';
import { exitOfVerdict } from './exit-of.js';
import { type Input, Inputs } from './explain-input.js';

export interface ExplainRequest {
  /** Paths; `-` is standard input. */
  files: readonly string[];
  stdin: NodeJS.ReadStream;
  /** Told while a large text is read. */
  onProgress?: (event: ExplainProgress) => Promise<void>;
}

interface ReadFile extends ReadResult {
  file: string;
}

/** @throws Abort (exit 2) for a file that cannot be read, and when no file has a dump */
export async function explain({ files, stdin, onProgress }: ExplainRequest): Promise<ExplainReport> {
  const inputs = new Inputs(stdin);
  const read: ReadFile[] = [];
  for (const file of files) {
    const input = await inputs.open(file);
    if (input !== undefined) read.push({ file, ...(await readDumpStream(watched(input, onProgress))) });
  }
  const dumps = read.flatMap((each) => each.dumps);
  if (dumps.length === 0) throw nothingFound(read);
  const diagnosis = diagnoseDumps(dumps);
  return explainReport(read, diagnosis, exitOfVerdict(diagnosis.verdict), inputs.warnings);
}

/** Characters between two words of progress. */
const everyChars = 4 * 1024 * 1024;

/** Passes the text on, and tells now and then how far it is; a small text goes by without a word. */
async function* watched(
  { file, size, text }: Input,
  onProgress?: ExplainRequest['onProgress'],
): AsyncIterable<string> {
  let done = 0;
  let told = 0;
  for await (const chunk of text) {
    yield chunk;
    done += chunk.length;
    if (done - told < everyChars) continue;
    told = done;
    await onProgress?.({ file: sayFile(file), done, ...(size === undefined ? {} : { size }) });
    // Reading never waits on a fast disk: let signals and the spinner have their turn.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function nothingFound(inputs: readonly ReadFile[]): Abort {
  const lines = inputs.reduce((sum, input) => sum + input.lines, 0);
  const names = inputs.map((input) => sayFile(input.file)).join(', ');
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
