import { rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { ProcessDump } from '../diagnosis/process-dump.js';
import type { Verdict } from '../diagnosis/verdict.js';
import { takeDump } from './dumper.js';
import type { HarnessEvent } from './outcome.js';
import type { RunFolder } from './run-folder.js';
import { runFiles } from './run-folder.js';

/** `previous` is an earlier dump of the same process: what both show lasts. */
export type Diagnose = (dump: ProcessDump, previous?: ProcessDump) => Verdict;

export interface EvidenceOptions {
  snapshot: string;
  pid: number;
  runFolder: RunFolder;
  dumpDeadlineMs: number;
  diagnose: Diagnose;
  onEvent: (event: HarnessEvent) => void;
}

export interface Evidence {
  /** Oldest first; fewer than asked for when a dump failed. */
  dumps: ProcessDump[];
  /** Of the newest dump, seen beside the older one; absent without a dump. */
  verdict?: Verdict;
  /** A whole pair: what the verdict says of it lasts. */
  paired: boolean;
  /** What the dumps lack and why a dump failed, one sentence each. */
  lacks: string[];
}

/** Two dumps this far apart: a lock that is merely handed around looks different by then, ms. */
const apartMs = 100;

/** Takes one dump or two and diagnoses them. Takes at most their deadlines and a moment; throws only if `diagnose` does. */
export async function takeEvidence(options: EvidenceOptions, count: 1 | 2): Promise<Evidence> {
  const dumps: ProcessDump[] = [];
  const lacks: string[] = [];
  for (const number of [1, 2] as const) {
    if (number > count) break;
    if (number === 2) await delay(apartMs);
    const file = runFiles.dump(number);
    const { dump, reason } = await takeOne(options, file);
    if (dump === undefined) {
      lacks.push(`${file}: ${reason}`);
      options.onEvent({ kind: 'dump-failed', file, reason: reason ?? 'unknown' });
      break;
    }
    // The dump after this one may fail: the older pair's second must not pass for it.
    if (number === 1) await rm(options.runFolder.file(runFiles.dump(2)), { force: true });
    dumps.push(dump);
    for (const lack of dump.lacks) if (!lacks.includes(lack)) lacks.push(lack);
    options.onEvent({ kind: 'dumped', file, pausedUs: dump.pausedUs });
  }
  const [first, second] = dumps;
  if (first === undefined) return { dumps, lacks, paired: false };
  const verdict = second === undefined ? options.diagnose(first) : options.diagnose(second, first);
  return { dumps, verdict, lacks, paired: second !== undefined };
}

function takeOne({ snapshot, pid, runFolder, dumpDeadlineMs }: EvidenceOptions, file: string) {
  return takeDump({
    snapshot,
    pid,
    flight: runFolder.file(runFiles.events),
    output: runFolder.file(file),
    deadlineMs: dumpDeadlineMs,
  });
}
