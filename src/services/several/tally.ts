/** What all slices of a lane show together. */
import { exitCodes } from '../../exit-codes.js';
import { count } from '../../report/format.js';
import type { LaneReport, SeveralFinding } from '../../report/several-report.js';
import { strongest } from '../exit-of.js';
import type { Lane, Slice } from './lane.js';

/** One failure a second for an hour says no more than its first ten. */
const keptFindings = 10;

export class Tally {
  work = 0;
  failures = 0;
  slices = 0;
  #ms = 0;
  #firstFailureMs: number | undefined;
  #unexpected = 0;
  #shown = 0;
  /** Codes of the slices that were not as expected. */
  #codes: number[] = [];
  #worst: Pick<SeveralFinding, 'result' | 'because'> | undefined;
  readonly #findings: SeveralFinding[] = [];
  #notKept = 0;

  constructor(private readonly lane: Lane) {}

  /** @returns the finding, where the slice was one */
  add(slice: Slice, seed: number): SeveralFinding | undefined {
    if (slice.failures > 0 && this.failures === 0)
      this.#firstFailureMs = Math.round(this.#ms + (slice.firstFailureMs ?? slice.ms));
    this.slices++;
    this.work += slice.work;
    this.failures += slice.failures;
    this.#ms += slice.ms;
    if (slice.result === 'as-expected') this.#shown++;
    if (slice.result === 'unexpected') this.#unexpected++;
    if (slice.result !== 'as-expected') this.#codes.push(codeOf(slice));
    if (this.#worst === undefined || rank(slice) < rank(this.#worst)) this.#worst = slice;
    if (slice.failures === 0 && slice.result !== 'unexpected' && slice.result !== 'error') return undefined;
    const { work: _, ms: __, failures: ___, firstFailureMs: ____, ...finding } = slice;
    const found = { ...finding, seed, afterMs: Math.round(this.#ms) };
    if (this.#findings.length < keptFindings) this.#findings.push(found);
    else this.#notKept++;
    return found;
  }

  report(isInterrupted = false): LaneReport {
    const { scenario, variant, on, runtime, path, expected, unit } = this.lane;
    const seconds = this.#ms / 1000;
    return {
      ...{ scenario, variant, on, expected, unit, work: this.work, slices: this.slices },
      ...(runtime === undefined ? {} : { runtime }),
      ...(path === undefined ? {} : { path }),
      ...{
        seconds: Number(seconds.toFixed(3)),
        rate: seconds > 0 ? Number((this.work / seconds).toFixed(1)) : 0,
      },
      ...{ failures: this.failures, unexpected: this.#unexpected },
      ...(this.#firstFailureMs === undefined ? {} : { timeToFirstFailureMs: this.#firstFailureMs }),
      ...this.#judge(isInterrupted),
      ...{ findings: [...this.#findings], findingsNotKept: this.#notKept },
    };
  }

  #judge(isInterrupted: boolean): Pick<LaneReport, 'result' | 'because' | 'exitCode'> {
    const worst = this.#worst;
    if (worst === undefined) {
      const exitCode = exitCodes.inconclusive;
      if (isInterrupted) return { result: 'interrupted', because: 'Interrupted before it ran.', exitCode };
      return { result: 'inconclusive', because: 'There was no time for it.', exitCode };
    }
    // A slice in which a bug did not show says nothing beside one in which it did.
    if (worst.result === 'inconclusive' && this.#shown > 0) return this.#asExpected();
    if (worst.result === 'as-expected') return this.#asExpected();
    return { result: worst.result, because: worst.because, exitCode: strongest(this.#codes) };
  }

  #asExpected(): Pick<LaneReport, 'result' | 'because' | 'exitCode'> {
    const work = count(this.work, this.lane.unit);
    const because =
      this.lane.expected === 'failure'
        ? `It fails as expected: ${this.failures} in ${work}.`
        : `Nothing failed in ${work}.`;
    return { result: 'as-expected', because, exitCode: exitCodes.clean };
  }
}

const worstFirst: readonly SeveralFinding['result'][] = [
  'unexpected',
  'error',
  'interrupted',
  'inconclusive',
  'as-expected',
];

function rank({ result }: Pick<SeveralFinding, 'result'>): number {
  return worstFirst.indexOf(result);
}

/** A control that finished although its window was open is clean by itself, and shows that the check cannot see. */
function codeOf({ exitCode }: Slice): number {
  return exitCode === exitCodes.clean ? exitCodes.inconclusive : exitCode;
}
