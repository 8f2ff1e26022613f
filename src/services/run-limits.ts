/** How much a run does and how long it may take, when nobody says. */

export const runDefaults = { iterations: 50, durationMs: 0 } as const;

/** With a duration only, the duration is the limit. 31 bits: every harness's plain integer holds it. */
const unlimited = 2 ** 31 - 1;

/** A run that has nothing to wait for is done in seconds, ms. */
const usualDeadlineMs = 30_000;
/** What a harness may take to start when it imports packages: PyTorch alone takes many seconds, ms. */
export const packagesStartMs = 60_000;
/** Enough for the start, the work before a stall, one quiet period and the dumps. */
const quietPeriods = 4;

export interface RunAmount {
  iterations: number;
  /** 0: no limit. */
  durationMs: number;
}

export function runAmount(asked: { iterations?: number; durationMs?: number }): RunAmount {
  const { durationMs = runDefaults.durationMs } = asked;
  return {
    iterations: asked.iterations ?? (durationMs > 0 ? unlimited : runDefaults.iterations),
    durationMs,
  };
}

/** The deadline of a run that was given none, ms. */
export function defaultDeadlineMs({
  durationMs = 0,
  inactivityMs = 0,
}: {
  durationMs?: number;
  inactivityMs?: number;
}): number {
  return durationMs + Math.max(usualDeadlineMs, quietPeriods * inactivityMs);
}

/** Whether a command line must repeat the iterations to get the same run. */
export function isUsualAmount({ iterations, durationMs }: RunAmount): boolean {
  return iterations === runAmount({ durationMs }).iterations;
}
