/**
 * Several live processes that wait for each other: through locks in shared memory, and a parent for its child. Each
 * process has a wait-for graph of its own; here they are joined to one. The kernel numbers threads across processes, so
 * a thread id stands for one thread in all of them.
 */
import { type BuiltGraph, buildGraph } from './build-graph.js';
import { bystandersOf } from './bystanders.js';
import { confidenceOf } from './confidence.js';
import { findCycles } from './cycles.js';
import { familyOf } from './families.js';
import { ownersElsewhere } from './owners-elsewhere.js';
import type { ProcessDump, ThreadDump } from './process-dump.js';
import { isText } from './reading.js';
import { parseResource } from './resources.js';
import { cycleSentence } from './summary.js';
import type { CycleStep, Verdict } from './verdict.js';
import { type Step, WaitGraph } from './wait-graph.js';

/**
 * @param processes samples of each, oldest first
 * @returns undefined when no cycle goes through more than one process
 */
export function treeVerdict(processes: readonly (readonly ProcessDump[])[]): Verdict | undefined {
  const newest = processes.flatMap((samples) => samples.at(-1) ?? []);
  if (newest.length < 2 || !areComparable(newest)) return undefined;
  const joined = join(newest);
  const cycles = findCycles(joined.graph).filter((cycle) => spansProcesses(cycle, joined));
  const [first] = cycles;
  if (first === undefined) return undefined;
  const hasPrevious = processes.every((samples) => samples.length > 1);
  const before = hasPrevious ? join(processes.flatMap((samples) => samples[0] ?? [])) : undefined;
  const lasting = before && cycles.find((cycle) => isIn(before.graph, cycle));
  return verdictOf(lasting ?? first, joined, hasPrevious, before === undefined || lasting !== undefined);
}

/** Live ones of one machine: no thread id occurs twice. */
function areComparable(dumps: readonly ProcessDump[]): boolean {
  const tids = dumps.flatMap((dump) => dump.threads.map((thread) => thread.tid));
  return !dumps.some(isText) && new Set(tids).size === tids.length;
}

interface Joined {
  graph: WaitGraph;
  /** Of each thread. */
  processOf: Map<number, ProcessDump>;
  built: Map<ProcessDump, BuiltGraph>;
}

function join(dumps: readonly ProcessDump[]): Joined {
  const joined: Joined = { graph: new WaitGraph(), processOf: new Map(), built: new Map() };
  for (const dump of dumps) {
    for (const thread of dump.threads) joined.processOf.set(thread.tid, dump);
  }
  for (const dump of dumps) addProcess(joined, dump);
  for (const dump of dumps) {
    addChildren(joined, dump, dumps);
    addPipes(joined, dump, dumps);
  }
  return joined;
}

function addProcess({ graph, built }: Joined, dump: ProcessDump): void {
  const own = buildGraph(dump);
  built.set(dump, own);
  const shared = sharedNames(dump, own);
  const seen = new Set<string>();
  for (const [tid, name] of own.graph.threads) graph.addThread(tid, name);
  for (const wait of own.graph.waits.values()) {
    const name = (resource: string) => shared.get(resource) ?? `${resource}${ofProcess}${dump.pid}`;
    graph.addWait({ ...wait, resource: name(wait.resource) });
    if (seen.has(wait.resource)) continue;
    seen.add(wait.resource);
    for (const hold of own.graph.holdersOf(wait.resource)) {
      graph.addHold({ ...hold, resource: name(hold.resource) });
    }
  }
}

/** Two processes may have different locks at one address. */
const ofProcess = ' of process ';

/** What a lock in shared memory is called in all processes, by what it is called in this one. */
function sharedNames({ threads }: ProcessDump, { graph }: BuiltGraph): Map<string, string> {
  const names = new Map<string, string>();
  for (const { tid, wait } of threads) {
    const resource = graph.waits.get(tid)?.resource;
    if (wait?.shared === undefined || resource === undefined) continue;
    names.set(resource, `${parseResource(resource).kind}:in shared memory ${wait.shared}`);
  }
  return names;
}

/** Who waits for a child waits until that one's main thread has come to its end. */
function addChildren({ graph }: Joined, dump: ProcessDump, dumps: readonly ProcessDump[]): void {
  for (const thread of dump.threads) {
    const child = thread.wait?.kind === 'child' ? childOf(thread, dump, dumps) : undefined;
    if (child === undefined) continue;
    const main = child.threads.find(({ tid }) => tid === child.pid) ?? child.threads[0];
    if (main === undefined) continue;
    const resource = `process:${child.pid}`;
    const frame = thread.syscall?.name ?? 'wait';
    graph.addWait({ tid: thread.tid, resource, evidence: 'read', frame });
    graph.addHold({ tid: main.tid, resource, evidence: 'inferred', because: 'it is the main thread' });
  }
}

/**
 * Who reads from an empty pipe waits for a process that has the other end open; likewise who writes into a full one. Where
 * that is one other process with one thread, it is that thread that has to do it.
 */
function addPipes({ graph }: Joined, { threads }: ProcessDump, dumps: readonly ProcessDump[]): void {
  for (const { tid, wait, syscall } of threads) {
    const { id, end, others } = wait?.pipe ?? {};
    const other = others?.length === 1 ? dumps.find((dump) => dump.pid === others[0]) : undefined;
    const [only, ...more] = other?.threads ?? [];
    if (id === undefined || only === undefined || more.length > 0 || only.tid === tid) continue;
    const resource = `pipe:${end === 'read' ? 'data in' : 'room in'} ${id}`;
    graph.addWait({ tid, resource, evidence: 'read', frame: syscall?.name ?? 'read' });
    const because = 'it is the only thread of the only process that has the other end open';
    graph.addHold({ tid: only.tid, resource, evidence: 'inferred', because });
  }
}

/** The one child that the call names, or that it can only mean: the process has no other. */
function childOf(
  { wait }: ThreadDump,
  { pid }: ProcessDump,
  dumps: readonly ProcessDump[],
): ProcessDump | undefined {
  const children = dumps.filter((other) => other.parentPid === pid);
  if (wait?.childPid !== undefined) return children.find((child) => child.pid === wait.childPid);
  return children.length === 1 ? children[0] : undefined;
}

function spansProcesses(cycle: readonly Step[], { processOf }: Joined): boolean {
  return new Set(cycle.map((step) => processOf.get(step.from)?.pid)).size > 1;
}

function isIn(before: WaitGraph, cycle: readonly Step[]): boolean {
  return cycle.every(({ from, to, wait }) => {
    const then = before.waits.get(from);
    return (
      then?.resource === wait.resource && before.holdersOf(wait.resource).some((hold) => hold.tid === to)
    );
  });
}

function verdictOf(
  steps: readonly Step[],
  { graph, processOf, built }: Joined,
  hasPrevious: boolean,
  lasts: boolean,
): Verdict {
  const cycle = steps.map((step, index) => cycleStep(graph, processOf, step, steps.at(index - 1) ?? step));
  const family = familyOf(cycle.map((step) => step.waitsFor));
  const summary = `across processes, ${cycleSentence(cycle)}`;
  const pids = new Set([...built.keys()].map((dump) => dump.pid));
  const contradictions = [...built.values()].flatMap((own) => own.contradictions);
  return {
    kind: lasts ? 'deadlock' : 'unknown',
    family: family.family,
    confidence: confidenceOf(steps, {
      isText: false,
      contradictions: contradictions.length,
      hasPrevious,
      lasts,
    }),
    summary: lasts ? summary : `seen once, not proven: ${summary}`,
    cycle,
    bystanders: [...built].flatMap(([dump, own]) => bystandersOf(own.graph, cycle, dump)),
    cuts: [...family.cuts],
    unknowns: [
      ...contradictions,
      ...new Set([...built.keys()].flatMap((dump) => [...dump.lacks, ...ownersElsewhere(dump, pids)])),
      ...(hasPrevious
        ? []
        : [
            'There is one dump of each process: a wait that was about to end looks the same as one that never ends.',
          ]),
    ],
  };
}

function cycleStep(
  graph: WaitGraph,
  processOf: ReadonlyMap<number, ProcessDump>,
  step: Step,
  previous: Step,
): CycleStep {
  const { pid = 0, command = '' } = processOf.get(step.from) ?? {};
  const name = graph.nameOf(step.from);
  return {
    actor: { pid, tid: step.from, name: command === name || command === '' ? name : `${command}/${name}` },
    holds: plain(previous.hold.resource),
    holdsEvidence: previous.hold.evidence,
    waitsFor: plain(step.wait.resource),
    waitsEvidence: step.wait.evidence,
    frame: step.wait.frame,
  };
}

function plain(resource: string): string {
  return resource.split(ofProcess)[0] ?? resource;
}
