/** One sentence for people. */
import { type Activity, activityOf } from './activity.js';
import type { Likely } from './likely.js';
import type { ProcessDump, ThreadDump } from './process-dump.js';
import { sayHolds, sayWaits } from './resources.js';
import { clauses, sayFirst } from './say-first.js';
import type { CycleStep } from './verdict.js';
import type { WaitEdge, WaitGraph } from './wait-graph.js';

/** How many waiters a sentence names before it only counts them. */
const named = 4;

export function cycleSentence(cycle: readonly CycleStep[]): string {
  const [only] = cycle;
  if (only !== undefined && cycle.length === 1) {
    return `${who(only)} waits for ${sayWaits(only.waitsFor)}, which it holds itself`;
  }
  return `cycle of ${cycle.length}: ${stepPhrases(cycle)}`;
}

/** For a chain that ends at somebody who is gone. */
export function chainSentence(chain: readonly CycleStep[]): string {
  return `nobody will end the last of these waits: ${stepPhrases(chain)}`;
}

function stepPhrases(steps: readonly CycleStep[]): string {
  return steps
    .map((step) => `${who(step)} ${sayHolds(step.holds)} and waits for ${sayWaits(step.waitsFor)}`)
    .join('; ');
}

function who({ actor, alike = [] }: CycleStep): string {
  const name = `${actor.name} (tid ${actor.tid})`;
  if (alike.length === 0) return name;
  return `${name}, like ${alike.length} more ${alike.length === 1 ? 'thread' : 'threads'},`;
}

export function waitersSentence(graph: WaitGraph): string {
  const waits = [...graph.waits.values()];
  const parts = sayFirst(waits, named, (wait) => waiterPhrase(graph, wait), clauses);
  const count = waits.length === 1 ? 'one thread waits' : `${waits.length} threads wait`;
  return `${count}, and no cycle is visible: ${parts}`;
}

function waiterPhrase(graph: WaitGraph, wait: WaitEdge): string {
  const holders = graph.holdersOf(wait.resource).map((hold) => graph.nameOf(hold.tid));
  const held = holders.length > 0 ? `, which depends on ${holders.join(' and ')}` : '';
  return `${graph.nameOf(wait.tid)} (tid ${wait.tid}) waits for ${sayWaits(wait.resource)} in ${wait.frame}${held}`;
}

export function likelySentence(graph: WaitGraph, likely: Likely, stuck: readonly WaitEdge[]): string {
  const name = `${graph.nameOf(likely.tid)} (tid ${likely.tid})`;
  const wait = stuck.find((edge) => edge.tid === likely.tid);
  const waits = wait === undefined ? '' : ` waits for ${sayWaits(wait.resource)} in ${wait.frame}`;
  const others = stuck.length - (wait === undefined ? 0 : 1);
  const rest = others > 0 ? `; ${others} more ${others === 1 ? 'thread waits' : 'threads wait'}` : '';
  return `${name}${waits}: ${likely.because}${rest}`;
}

/** For threads that burn a core while they wait for the outside. */
export function spinSentence(graph: WaitGraph, dump: ProcessDump): string {
  const spinners = dump.threads.filter((thread) => thread.state === 'R');
  const say = ({ tid }: ThreadDump): string => {
    const wait = graph.waits.get(tid);
    const what = wait === undefined ? 'the outside' : sayWaits(wait.resource);
    return `${graph.nameOf(tid)} (tid ${tid}) spins while it waits for ${what}`;
  };
  return sayFirst(spinners, named, say, clauses);
}

export function abandonedSentence(graph: WaitGraph, wait: WaitEdge): string {
  return `${graph.nameOf(wait.tid)} (tid ${wait.tid}) waits for ${sayWaits(wait.resource)}, whose owner no longer exists`;
}

const activityPhrases: Readonly<Record<Activity, string>> = {
  runs: 'uses the CPU',
  'waits for the outside': 'waits for input, a timer or another process',
  idle: 'rests',
  unclear: 'stands in a call that this dump does not show',
};

export function threadsSentence(
  graph: WaitGraph,
  dump: ProcessDump,
  activity: Activity,
  previous?: ProcessDump,
): string {
  const threads = dump.threads.filter((thread) => activityOf(thread, dump, previous) === activity);
  const names = sayFirst(threads, named, ({ tid }) => `${graph.nameOf(tid)} (tid ${tid})`);
  return `${names}: ${activityPhrases[activity]}`;
}
