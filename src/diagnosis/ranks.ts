/** Several processes of one job: who waits in which collective operation, and who does not come. */
import { activityOf } from './activity.js';
import { sayPlace } from './frames.js';
import type { Frame, ProcessDump, ThreadDump } from './process-dump.js';
import { readThread, surest, whatOf } from './reading.js';
import { labelOf } from './thread-label.js';
import type { Actor, Bystander, Claim, CycleStep, Family, Verdict } from './verdict.js';

/** Where the thread that drives one rank stands. */
export interface Rank {
  dump: ProcessDump;
  thread: ThreadDump;
  /** How many ranks stand here, when the text folds them. */
  count: number;
  /** The collective operation it waits in, with the place that called it. */
  collective: Place | undefined;
  /** It waits for another rank, in a point-to-point operation. */
  isPointToPoint: boolean;
}

interface Place {
  operation: string;
  /** `_bcast (engine.py:542)`: the same operation called from two places is two operations. */
  site: string;
  frame: Frame | undefined;
}

/** Different collectives at one moment may still be different groups of ranks that make progress. */
const sureness = { mismatch: 0.48, ahead: 0.45, lasting: 0.8, straggler: 0.5 } as const;

/** Undefined when these are no ranks, or none of them waits for the others. */
export function ranksVerdict(dumps: readonly ProcessDump[], isLasting: boolean): Verdict | undefined {
  const ranks = dumps.flatMap((dump) => rankOf(dump) ?? []);
  const total = ranks.reduce((sum, rank) => sum + rank.count, 0);
  const waiting = ranks.filter((rank) => rank.collective !== undefined);
  if (total < 2 || waiting.length === 0) return undefined;
  const elsewhere = ranks.filter((rank) => rank.collective === undefined && !rank.isPointToPoint);
  const groups = groupsOf(waiting);
  if (elsewhere.length > 0) return stragglerVerdict(elsewhere, groups, ranks);
  if (groups.length > 1) return mismatchVerdict(groups, ranks, isLasting);
  const site = groups[0]?.[0]?.collective?.site ?? '';
  const summary = `all ${total} ranks shown wait in ${site}: for a rank that is not shown, or for the network or the GPU`;
  return verdictOf('waiting-external', 'none', sureness.straggler, summary, ranks, []);
}

function rankOf(dump: ProcessDump): Rank | undefined {
  const thread =
    dump.threads.find((each) => each.tid === dump.pid || each.name === 'MainThread') ??
    (dump.threads.length === 1 ? dump.threads[0] : undefined);
  if (thread === undefined || thread.frames.length === 0) return undefined;
  const reading = readThread(thread, dump);
  const finding = surest(reading, 'collective');
  const isPointToPoint = surest(reading, 'waits-external')?.rule.id.includes('point-to-point') ?? false;
  const collective = finding === undefined ? undefined : placeOf(thread.frames, finding.at);
  return { dump, thread, count: thread.alike ?? 1, collective, isPointToPoint };
}

function placeOf(frames: readonly Frame[], at: number): Place {
  const frame = frames[at];
  const operation = frame?.function ?? 'a collective operation';
  const caller = frames
    .slice(at + 1)
    .find((each) => each.runtime === 'python' && each.function !== operation && each.function !== 'wrapper');
  const site = caller === undefined ? operation : `${operation}, called by ${sayPlace(caller)}`;
  return { operation, site, frame };
}

/** The largest first. */
function groupsOf(ranks: readonly Rank[]): Rank[][] {
  const groups = new Map<string, Rank[]>();
  for (const rank of ranks) {
    const site = rank.collective?.site ?? '';
    groups.set(site, [...(groups.get(site) ?? []), rank]);
  }
  return [...groups.values()].sort((a, b) => size(b) - size(a));
}

const size = (ranks: readonly Rank[]): number => ranks.reduce((sum, rank) => sum + rank.count, 0);

function mismatchVerdict(groups: readonly Rank[][], ranks: readonly Rank[], isLasting: boolean): Verdict {
  const cycle = groups.flatMap((group, index) => {
    const next = groups[(index + groups.length - 1) % groups.length]?.[0]?.collective;
    return stepOf(group, next?.operation ?? '', group[0]?.collective?.operation ?? '', next?.site);
  });
  const parts = groups.map((group) => `${size(group)} in ${group[0]?.collective?.site}`);
  return verdictOf(
    'deadlock',
    'collective-mismatch',
    isLasting ? sureness.lasting : sureness.mismatch,
    `the ranks stand in different collective operations: ${parts.join('; ')}`,
    ranks,
    cycle,
  );
}

/** Somebody is not in the operation that the others wait in: late, or already past it. */
function stragglerVerdict(
  elsewhere: readonly Rank[],
  groups: readonly Rank[][],
  ranks: readonly Rank[],
): Verdict {
  const [group] = groups;
  const [first] = elsewhere;
  const waiting = group?.[0];
  if (group === undefined || first === undefined || waiting === undefined) throw new Error('no rank waits');
  const operation = waiting.collective?.operation ?? '';
  const allWait = `${groups.reduce((sum, each) => sum + size(each), 0)} of ${size(ranks)} ranks wait for the others`;
  const where = sayPlace(first.thread.frames[0] ?? { runtime: 'native' });
  const who = `${nameOf(first)} (tid ${first.thread.tid})`;
  const suspicion = surest(readThread(first.thread, first.dump), 'suspects');
  if (suspicion?.rule.means.kind === 'suspects') {
    const summary = `${allWait}; ${who} is not there: it waits for ${whatOf(suspicion)}`;
    return verdictOf('unknown', suspicion.rule.means.family, sureness.straggler, summary, ranks, []);
  }
  if (size(elsewhere) > 1 && isSamePlace(elsewhere) && isAhead(first.thread, waiting.thread)) {
    const cycle = [
      ...stepOf(group, `a later call in ${where}`, operation),
      ...stepOf(elsewhere, operation, `a later call in ${where}`),
    ];
    const summary = `${size(group)} ranks wait in ${waiting.collective?.site}; ${size(elsewhere)} others are already past it, in ${where}`;
    return verdictOf('deadlock', 'collective-mismatch', sureness.ahead, summary, ranks, cycle);
  }
  const works = elsewhere.some((rank) => activityOf(rank.thread, rank.dump) === 'runs');
  const summary = `${allWait}; ${who} is not there: it ${works ? 'works' : 'stands'} in ${where}`;
  if (works) return verdictOf('busy', 'none', sureness.straggler, summary, ranks, []);
  return verdictOf('unknown', 'collective-mismatch', sureness.straggler, summary, ranks, []);
}

function isSamePlace(ranks: readonly Rank[]): boolean {
  const places = ranks.map((rank) => rank.thread.frames.map(sayPlace).join('\n'));
  return new Set(places).size === 1;
}

/** True when `one` has left the call, common to both stacks, in which `other` still is: a later line of one function. */
function isAhead(one: ThreadDump, other: ThreadDump): boolean {
  const [a, b] = [one.frames.toReversed(), other.frames.toReversed()];
  for (const [at, frame] of a.entries()) {
    const twin = b[at];
    if (twin === undefined || twin.function !== frame.function || twin.file !== frame.file) return false;
    if (twin.line !== frame.line) return (frame.line ?? 0) > (twin.line ?? 0);
  }
  return false;
}

function stepOf(ranks: readonly Rank[], missing: string, waitsIn: string, site?: string): CycleStep[] {
  const [first, ...rest] = ranks;
  if (first === undefined) return [];
  const frame = first.collective?.frame ?? first.thread.frames[0];
  const own = first.thread.frames.find((each) => each.runtime === 'python' && each !== frame);
  return [
    {
      actor: actorOf(first),
      holds: `collective:${missing}`,
      holdsEvidence: 'inferred',
      waitsFor: `collective:${waitsIn}`,
      waitsEvidence: 'inferred',
      frame: frame === undefined ? (site ?? '') : sayPlace(frame),
      ...(own === undefined ? {} : { site: sayPlace(own) }),
      ...(rest.length === 0 ? {} : { alike: rest.map(actorOf) }),
    },
  ];
}

function verdictOf(
  kind: Verdict['kind'],
  family: Family,
  confidence: number,
  summary: string,
  ranks: readonly Rank[],
  cycle: CycleStep[],
): Verdict {
  const inCycle = new Set(
    cycle.flatMap((step) => [step.actor.pid, ...(step.alike ?? []).map((actor) => actor.pid)]),
  );
  return {
    kind,
    family,
    confidence,
    summary,
    cycle,
    bystanders: ranks.filter((rank) => !inCycle.has(rank.dump.pid)).map(bystanderOf),
    claims: ranks.slice(0, mostClaims).map(claimOf),
    cuts:
      family === 'collective-mismatch'
        ? [
            'Make every rank enter the same collective operations in the same order: no early return, break or condition on local data before one.',
          ]
        : [],
    unknowns: [
      ...(isFolded(ranks) ? [] : ['Ranks that are not in this text may be the ones that are missing.']),
      'Which ranks form which process group is not in these stacks.',
    ],
  };
}

const mostClaims = 50;
const isFolded = (ranks: readonly Rank[]): boolean => ranks.some((rank) => rank.count > 1);

function bystanderOf(rank: Rank): Bystander {
  const { thread, dump, collective, isPointToPoint } = rank;
  const actor = actorOf(rank);
  if (collective !== undefined) {
    return { actor, waitsFor: `collective:${collective.operation}`, why: `waits in ${collective.site}` };
  }
  if (isPointToPoint) return { actor, why: 'waits for another rank' };
  const suspicion = surest(readThread(thread, dump), 'suspects', 'waits-external', 'idle');
  const where = sayPlace(thread.frames[0] ?? { runtime: 'native' });
  return { actor, why: suspicion === undefined ? `stands in ${where}` : `waits for ${whatOf(suspicion)}` };
}

function claimOf(rank: Rank): Claim {
  const frame = rank.collective?.frame ?? rank.thread.frames[0];
  const line = frame?.sourceLine ?? rank.thread.sourceLine;
  const says =
    rank.collective === undefined
      ? `stands in ${sayPlace(frame ?? { runtime: 'native' })}`
      : `waits in ${rank.collective.site}`;
  const more = rank.count > 1 ? `, like ${rank.count - 1} more` : '';
  return {
    actor: actorOf(rank),
    says: says + more,
    evidence: 'inferred',
    ...(frame?.function === undefined ? {} : { frame: frame.function }),
    ...(line === undefined ? {} : { line }),
  };
}

function nameOf({ dump, thread }: Rank): string {
  return dump.label === undefined ? labelOf(thread) : `${dump.label} ${labelOf(thread)}`;
}

function actorOf(rank: Rank): Actor {
  return { pid: rank.dump.pid, tid: rank.thread.tid, name: nameOf(rank) };
}
