/** Explanations that are written by hand, so that every output of them can be compared as a whole. */
import type { Verdict } from '../../src/diagnosis/verdict.js';
import type { ExplainReport } from '../../src/report/explain-report.js';

const actor = (tid: number, name: string) => ({ pid: 4711, tid, name });

export const deadlock: Verdict = {
  kind: 'deadlock',
  family: 'gil-vs-cuda-driver',
  confidence: 0.52,
  summary:
    'cycle of 3: worker_0 (tid 4720) holds the GIL and waits for the launch lock (W) of the driver; and so on',
  cycle: [
    {
      actor: actor(4720, 'worker_0'),
      holds: 'runtime-lock:GIL',
      holdsEvidence: 'inferred',
      waitsFor: 'driver-lock:W',
      waitsEvidence: 'inferred',
      frame: 'cudaSetDevice',
      site: 'load_block (blocks.py:88)',
    },
    {
      actor: actor(4721, 'worker_1'),
      holds: 'driver-lock:W',
      holdsEvidence: 'read',
      waitsFor: 'device:idle',
      waitsEvidence: 'inferred',
      frame: 'cuLibraryGetModule',
      site: 'store_block (blocks.py:131)',
    },
    {
      actor: actor(4722, 'Dummy-3'),
      holds: 'device:idle',
      holdsEvidence: 'inferred',
      waitsFor: 'runtime-lock:GIL',
      waitsEvidence: 'inferred',
      frame: 'on_copied',
      alike: [actor(4723, 'Dummy-4'), actor(4724, 'Dummy-5')],
    },
  ],
  bystanders: [
    { actor: actor(4711, 'MainThread'), waitsFor: 'runtime-lock:GIL', why: 'waits for a lock of the cycle' },
    ...Array.from({ length: 11 }, (_, at) => ({
      actor: actor(4730 + at, `pool_${at}`),
      why: 'rests: a worker of a thread pool, waiting for work',
    })),
  ],
  claims: [
    {
      actor: actor(4720, 'worker_0'),
      says: 'holds the GIL',
      evidence: 'inferred',
      frame: 'THCPModule_setDevice_wrap',
      line: 19,
      rule: 'keeps-the-gil',
      because: 'the only thread that can hold it',
    },
    {
      actor: actor(4720, 'worker_0'),
      says: 'waits for the launch lock (W) of the driver',
      evidence: 'inferred',
      frame: 'cudaSetDevice',
      line: 16,
      rule: 'driver-entry',
    },
    {
      actor: actor(4721, 'worker_1'),
      says: 'holds the launch lock (W) of the driver',
      evidence: 'read',
      line: 27,
    },
  ],
  cuts: [
    'Make the host callback native.',
    'At least release the GIL around cudaSetDevice, in __enter__ (a.py:5).',
  ],
  unknowns: ['There is one dump only: a wait that was about to end looks the same as one that never ends.'],
};

const unknown: Verdict = {
  kind: 'unknown',
  family: 'abba-mutex',
  confidence: 0.5,
  summary: 'main (tid 1) waits for mutex left in take_left: several threads wait for locks',
  cycle: [],
  bystanders: [
    { actor: actor(1, 'main'), waitsFor: 'mutex:left', why: 'waits; who would let it go on is not known' },
  ],
  claims: [
    { actor: actor(1, 'main'), says: 'waits for mutex left', evidence: 'read', frame: 'take_left', line: 3 },
  ],
  cuts: [],
  unknowns: ['Who holds mutex left is not known: it could be other (tid 2).'],
};

function report(verdict: Verdict, over: Partial<ExplainReport>): ExplainReport {
  const { kind, family, confidence, summary } = verdict;
  const process = {
    file: 'dump.txt',
    pid: 4711,
    format: 'py-spy',
    samples: 1,
    kind,
    family,
    confidence,
    summary,
    threads: [],
  };
  return {
    schemaVersion: 1,
    command: 'explain',
    verdict,
    inputs: [{ file: 'dump.txt', formats: ['py-spy'], lines: 43, skippedLines: 0, skipped: [] }],
    processes: [process],
    exitCode: 3,
    warnings: [],
    ...over,
  };
}

export const deadlockReport = report(deadlock, {
  inputs: [
    {
      file: 'dump.txt',
      formats: ['py-spy'],
      lines: 43,
      skippedLines: 3,
      skipped: [
        { reason: 'text around the dump', lines: 2, firstLine: 1 },
        { reason: 'Markdown and HTML around the dump', lines: 1, firstLine: 3 },
      ],
    },
  ],
});

/** Two processes, from standard input and a file that has no dump. */
export const unknownReport = report(unknown, {
  inputs: [
    { file: '-', formats: ['gdb'], lines: 1, skippedLines: 0, skipped: [] },
    { file: 'prose.txt', formats: [], lines: 9, skippedLines: 9, skipped: [] },
  ],
  processes: [
    { ...report(unknown, {}).processes[0], pid: 0, format: 'gdb', label: 'rank 0' },
    { ...report(unknown, {}).processes[0], kind: 'idle', family: 'none', samples: 2 },
  ] as ExplainReport['processes'],
  exitCode: 5,
  warnings: ['prose.txt: No stack of any known format was found.'],
});
