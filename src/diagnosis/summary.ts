/** One sentence for people. */
import { type Activity, activityOf } from './activity.js';
import type { ProcessDump } from './process-dump.js';
import { sayHolds, sayWaits } from './resources.js';
import type { CycleStep } from './verdict.js';
import type { WaitEdge, WaitGraph } from './wait-graph.js';

/** How many waiters a sentence names before it only counts them. */
const named = 4;

export function cycleSentence(cycle: readonly CycleStep[]): string {
  const [only] = cycle;
  if (only !== undefined && cycle.length === 1) {
    return `${who(only)} waits for ${sayWaits(only.waitsFor)}, which it holds itself`;
  }
  const parts = cycle.map(
    (step) => `${who(step)} ${sayHolds(step.holds)} and waits for ${sayWaits(step.waitsFor)}`,
  );
  return `cycle of ${cycle.length}: ${parts.join('; ')}`;
}

function who(step: CycleStep): string {
  return `${step.actor.name} (tid ${step.actor.tid})`;
}

export function waitersSentence(graph: WaitGraph): string {
  const waits = [...graph.waits.values()];
  const parts = waits.slice(0, named).map((wait) => waiterPhrase(graph, wait));
  const rest = waits.length > named ? `; and ${waits.length - named} more` : '';
  const count = waits.length === 1 ? 'one thread waits' : `${waits.length} threads wait`;
  return `${count}, and no cycle is visible: ${parts.join('; ')}${rest}`;
}

function waiterPhrase(graph: WaitGraph, wait: WaitEdge): string {
  const holders = graph.holdersOf(wait.resource).map((hold) => graph.nameOf(hold.tid));
  const held = holders.length > 0 ? `, which depends on ${holders.join(' and ')}` : '';
  return `${graph.nameOf(wait.tid)} (tid ${wait.tid}) waits for ${sayWaits(wait.resource)} in ${wait.frame}${held}`;
}

export function abandonedSentence(graph: WaitGraph, wait: WaitEdge): string {
  return `${graph.nameOf(wait.tid)} (tid ${wait.tid}) waits for ${sayWaits(wait.resource)}, whose owner no longer exists`;
}

const activityPhrases: Readonly<Record<Activity, string>> = {
  runs: 'uses the CPU',
  'waits for the outside': 'waits for input, a timer or another process',
  idle: 'rests',
};

export function threadsSentence(
  graph: WaitGraph,
  dump: ProcessDump,
  activity: Activity,
  previous?: ProcessDump,
): string {
  const names = dump.threads
    .filter((thread) => activityOf(thread, dump, previous) === activity)
    .map((thread) => `${graph.nameOf(thread.tid)} (tid ${thread.tid})`);
  const rest = names.length > named ? ` and ${names.length - named} more` : '';
  return `${names.slice(0, named).join(', ')}${rest}: ${activityPhrases[activity]}`;
}
