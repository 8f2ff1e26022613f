/** One run of one variant under the supervisor, from request to report. */
import { diagnose } from '../diagnosis/diagnose.js';
import { given } from '../given.js';
import { brokenInvariants } from '../harness/broken-invariants.js';
import { monotonicNs, nsPerMs } from '../harness/clock.js';
import { type NativeTools, nativeTools } from '../harness/native-tools.js';
import { createRunFolder, type RunFolder, runFiles } from '../harness/run-folder.js';
import { type HarnessEvent, type HarnessOutcome, superviseHarness } from '../harness/supervisor.js';
import type { RunReport } from '../report/report.js';
import type {
  DeviceName,
  ParameterValues,
  Path,
  RuntimeName,
  Scenario,
  Variant,
} from '../scenario/manifest.js';
import { eventCounts } from './event-counts.js';
import { harnessCommand } from './harness-command.js';
import { judge } from './judge.js';
import type { Python } from './python.js';
import { repeatCommand } from './repeat-command.js';

export interface RunRequest {
  scenario: Scenario;
  variant: Variant;
  path: Path;
  runtime: RuntimeName;
  device: DeviceName;
  seed: number;
  parameters: ParameterValues;
  iterations: number;
  /** 0: no limit. */
  durationMs: number;
  inactivityMs?: number;
  deadlineMs?: number;
  startMs?: number;
  /** Where run folders go. */
  runRoot?: string;
  /** Required for runtime `python`. */
  python?: Python;
  /** `--python` as it was given, for the command that repeats the run. */
  pythonFlag?: string;
  signal: AbortSignal;
  onEvent?: (event: HarnessEvent) => void;
}

/** What a run touches outside of this process; tests pass their own. */
export interface RunDependencies {
  supervise: typeof superviseHarness;
  tools: (wanted: readonly (keyof NativeTools)[]) => NativeTools;
}

export const realDependencies: RunDependencies = { supervise: superviseHarness, tools: nativeTools };

/**
 * @throws Abort (exit 69 when a native tool or the interpreter is missing, 2 or 75 when the run folder cannot be
 * written)
 */
export async function runOne(
  request: RunRequest,
  { supervise, tools }: RunDependencies = realDependencies,
): Promise<RunReport> {
  const { library } = tools(['guard', 'snapshot', request.runtime === 'js' ? 'addon' : 'library']);
  const startedAt = new Date();
  const folder = await createRunFolder({
    scenario: request.scenario.id,
    seed: request.seed,
    now: startedAt,
    ...given({ root: request.runRoot }),
    about: {
      variant: request.variant.name,
      path: request.path,
      runtime: request.runtime,
      repeat: repeatCommand(request),
    },
  });
  let stallToVerdictMs: number | undefined;
  const save = async (outcome: HarnessOutcome): Promise<RunReport> => {
    const report = reportOf(request, outcome, folder, startedAt);
    if (stallToVerdictMs !== undefined) report.stallToVerdictMs = stallToVerdictMs;
    report.artefacts = await folder.artefacts();
    await folder.writeReport(report);
    return report;
  };
  const configuration = configurationOf(request, folder, library);
  const { inactivityMs, deadlineMs, startMs, onEvent } = request;
  const outcome = await supervise({
    ...harnessCommand(request.runtime, configuration, request.python?.executable),
    runFolder: folder,
    signal: request.signal,
    diagnose,
    ...given({ inactivityMs, deadlineMs, startMs, onEvent }),
    beforeKill: async (alive) => {
      await save(alive);
      // Known only now that the verdict is on disk; the last writing has it.
      if (alive.ending === 'stuck') stallToVerdictMs = sinceNs(alive.timings.lastProgressNs);
    },
  });
  return save(outcome);
}

function configurationOf(request: RunRequest, folder: RunFolder, library: string) {
  return {
    scenario: request.scenario.id,
    variant: request.variant.name,
    path: request.path,
    device: request.device,
    seed: request.seed,
    flight: folder.file(runFiles.events),
    library,
    parameters: request.parameters,
    iterations: request.iterations,
    durationMs: request.durationMs,
  };
}

function reportOf(
  request: RunRequest,
  outcome: HarnessOutcome,
  folder: RunFolder,
  startedAt: Date,
): RunReport {
  const { scenario, variant, path, runtime, parameters } = request;
  const run = { variant: variant.name, path, runtime, device: request.device, parameters };
  const expected = scenario.expect(run);
  const counters: Record<string, number> = {};
  for (const { name, value } of outcome.flight?.counters ?? []) counters[name] = value;
  const events = eventCounts(counters);
  const broken = brokenInvariants(outcome.flight).map(({ name }) => name);
  const windowOpens = outcome.flight?.windowOpens ?? 0;
  const { ending, because: why, logTail, timings } = outcome;
  const verdict = { ...outcome.verdict };
  // The scenario knows the cure of its own hang better than the family's general one; of another hang it knows none.
  const isFailure = verdict.kind === 'deadlock' || verdict.kind === 'violation';
  const isItsOwn = isFailure && verdict.family === expected.family;
  if (isItsOwn) verdict.cuts = scenario.cuts(run);
  return {
    schemaVersion: 1,
    scenario: scenario.id,
    variant: variant.name,
    path,
    runtime,
    runtimeVersion:
      runtime === 'js' ? `Node ${process.versions.node}` : (request.python?.description ?? 'unknown'),
    device: request.device,
    seed: request.seed,
    parameters,
    startedAt: startedAt.toISOString(),
    durationMs: Math.round(sinceNs(timings.spawnedNs)),
    ending,
    ...given({ exit: outcome.exit }),
    windowOpens,
    ...timeToDeadlock(outcome),
    events,
    counters,
    expected,
    verdict,
    ...judge({ ending, why, verdict, windowOpens, events, broken, logTail }, expected),
    runFolder: folder.path,
    artefacts: [],
    repeat: repeatCommand(request),
    warnings: outcome.warnings,
  };
}

/** The cycle closed when the last of its parties began to wait; without lock lines the last progress is the nearest. */
function timeToDeadlock({
  ending,
  timings,
  verdict,
  flight,
}: HarnessOutcome): Pick<RunReport, 'timeToDeadlockMs'> {
  const { startedNs, lastProgressNs } = timings;
  if (ending !== 'stuck' || startedNs === undefined) return {};
  const parties = new Set((verdict.chain ?? verdict.cycle).map((step) => step.actor.tid));
  const waits = (flight?.lines ?? []).filter((line) => parties.has(line.tid) && line.wants !== undefined);
  const closedNs = waits.length > 0 ? Math.max(...waits.map((line) => line.sinceNs)) : lastProgressNs;
  return { timeToDeadlockMs: roundMs(Math.max(0, closedNs - startedNs) / nsPerMs) };
}

function sinceNs(ns: number): number {
  return roundMs((monotonicNs() - ns) / nsPerMs);
}

function roundMs(ms: number): number {
  return Math.round(ms * 10) / 10;
}
