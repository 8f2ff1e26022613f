/**
 * Feeds broken and hostile texts to every reader, to the diagnosis and to every output, and checks what must hold for
 * any text. For hours: node --max-old-space-size=256 --import tsx test/fuzz/parsers.fuzz.ts --seconds 3600
 *
 *   --seed N      of the first text (default 1); text N of a run is that of seed N
 *   --runs N      how many texts (default: until the time is up)
 *   --seconds N   how long (default 60)
 *
 * Prints what it did; exits 1 with the seed of the text that broke something. A text that hangs is named before it is
 * read, in the last line of standard error, when KVTOOL_FUZZ_TRACE is set.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { diagnoseDumps } from '../../src/diagnosis/diagnose-dumps.js';
import { limits } from '../../src/diagnosis/parsers/limits.js';
import { type ReadResult, readDump } from '../../src/diagnosis/parsers/read-dump.js';
import { packageRoot } from '../../src/package-root.js';
import { styleFor } from '../../src/report/colour.js';
import { consoleExplain } from '../../src/report/console-explain.js';
import { dotExplain } from '../../src/report/dot-explain.js';
import { explainReport } from '../../src/report/explain-report.js';
import { markdownExplain } from '../../src/report/markdown-explain.js';
import { problems } from '../contracts/schemas.js';
import { mutated } from './mutate.js';

/** A text of a megabyte is read in a tenth of this on a slow machine. */
const slowest = { baseMs: 2000, msPerMegabyte: 10_000 };

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    runs: { type: 'string', default: 'Infinity' },
    seconds: { type: 'string', default: '60' },
  },
});

const folder = join(packageRoot, 'test', 'fixtures', 'dumps');
const files = readdirSync(folder).filter((file) => /\.\w+$/.test(file));
const corpus = new Map(files.map((file) => [file, readFileSync(join(folder, file), 'utf8')]));

function check(text: string): string | undefined {
  const read = readDump(text);
  const wrong = problemOfReading(read);
  if (wrong !== undefined || read.dumps.length === 0) return wrong;
  const report = explainReport([{ file: 'fuzz.txt', ...read }], diagnoseDumps(read.dumps), 0);
  const [problem] = problems('explain-report', report);
  if (problem !== undefined) return `the report does not fit its schema: ${problem}`;
  const printed = [
    consoleExplain(report, styleFor({ NO_COLOR: '1' }, false)),
    markdownExplain(report),
    dotExplain(report.verdict),
  ];
  return printed.some((output) => hasControl(output)) ? 'a control character is printed' : undefined;
}

function problemOfReading({ dumps, lines, skipped }: ReadResult): string | undefined {
  if (skipped.lines > lines) return `${skipped.lines} of ${lines} lines are skipped`;
  const threads = dumps.flatMap((dump) => dump.threads);
  if (threads.length > limits.threads) return `${threads.length} threads are kept`;
  for (const { sourceLine = 1, tid, frames } of threads) {
    if (!isLine(sourceLine, lines)) return `thread ${tid} is in line ${sourceLine} of ${lines}`;
    if (!Number.isSafeInteger(tid) || tid < 0) return `a thread has the id ${tid}`;
    if (frames.length > limits.innermost + limits.outermost)
      return `thread ${tid} has ${frames.length} frames`;
    const lost = frames.find((frame) => !isLine(frame.sourceLine ?? 1, lines));
    if (lost !== undefined) return `frame ${lost.function} is in line ${lost.sourceLine} of ${lines}`;
  }
  return undefined;
}

function isLine(line: number, lines: number): boolean {
  return Number.isInteger(line) && line >= 1 && line <= lines;
}

function hasControl(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  return /[\x00-\x09\x0b-\x1f\x7f]/.test(text);
}

const [first, runs, seconds] = [Number(values.seed), Number(values.runs), Number(values.seconds)];
const until = performance.now() + seconds * 1000;
let [done, bytes] = [0, 0];
let slow = { ms: 0, seed: first, story: '' };

for (let seed = first; done < runs && performance.now() < until; seed++) {
  const { text, story } = mutated(seed, corpus);
  if (process.env.KVTOOL_FUZZ_TRACE)
    process.stderr.write(`seed ${seed}: ${story}, ${text.length} characters\n`);
  const start = performance.now();
  let wrong: string | undefined;
  try {
    wrong = check(text);
  } catch (error) {
    wrong = error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
  const ms = performance.now() - start;
  const allowed = slowest.baseMs + (slowest.msPerMegabyte * text.length) / 1e6;
  if (ms > allowed) wrong ??= `it took ${Math.round(ms)} ms, more than ${Math.round(allowed)}`;
  if (wrong !== undefined) {
    process.stdout.write(`seed ${seed} (${story}, ${text.length} characters): ${wrong}\n`);
    process.stdout.write(`again: test/fuzz/parsers.fuzz.ts --seed ${seed} --runs 1\n`);
    process.exit(1);
  }
  done++;
  bytes += text.length;
  if (ms > slow.ms) slow = { ms, seed, story };
}

const peak = Math.round(process.resourceUsage().maxRSS / 1024);
process.stdout.write(
  `${done} texts, ${Math.round(bytes / 1e6)} MB, peak ${peak} MiB; slowest ${Math.round(slow.ms)} ms: seed ${slow.seed} (${slow.story})\n`,
);
