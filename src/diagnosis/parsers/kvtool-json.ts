/** Our own dumps: what `kvtool-snapshot` writes, and the document of `kvtool dump --json` around it. */
import type {
  Frame,
  LockLine,
  LockRecord,
  ProcessDump,
  Syscall,
  ThreadDump,
  ThreadMark,
  ThreadWait,
} from '../process-dump.js';
import { frameLine, type JsonDump, numbers, texts } from './json-frames.js';
import { isObject, type Json, type JsonObject, listOf, objectsOf, textOf, wholeOf } from './json-text.js';
import { limits } from './limits.js';

const waitKinds: ReadonlySet<string> = new Set<ThreadWait['kind']>([
  'mutex',
  'rwlock-read',
  'rwlock-write',
  'condvar',
  'join',
  'semaphore',
  'futex',
  'gil',
  'python-lock',
  'python-rlock',
  'js-thread',
  'sleep',
  'poll',
  'read',
  'child',
  'other',
]);
const lockKinds: ReadonlySet<string> = new Set<LockRecord['kind']>([
  'mutex',
  'rwlock',
  'monitor',
  'synchronizer',
  'runtime-lock',
  'python-lock',
  'python-rlock',
]);
const tiers: ReadonlySet<string> = new Set<NonNullable<Frame['tier']>>([
  'interpreted',
  'baseline',
  'maglev',
  'turbofan',
  'builtin',
]);
const marks: ReadonlySet<string> = new Set<ThreadMark>([
  'gc',
  'dropping-gil',
  'current',
  'crashed',
  'interrupted',
  'daemon',
  'exiting',
]);
const rungs: ReadonlySet<string> = new Set<NonNullable<ThreadDump['rung']>>([
  'no-stop',
  'stopped',
  'frozen',
  'core',
]);
const accuracies: ReadonlySet<string> = new Set<NonNullable<ThreadDump['accuracy']>>([
  'exact',
  'recovered',
  'approximate',
]);
const runtimes: ReadonlySet<string> = new Set<Frame['runtime']>(['native', 'python', 'js']);

/** Looks some levels deep: a dump is the whole document, its result, or one of several in it. */
export function readKvtoolJson(dump: JsonDump): ProcessDump[] {
  const found: ProcessDump[] = [];
  const seek = (value: Json | undefined, depth: number): void => {
    if (depth > 4 || found.length >= limits.lanes) return;
    if (Array.isArray(value)) for (const each of value) seek(each, depth + 1);
    if (!isObject(value)) return;
    if (isDump(value)) found.push(processOf(value, dump));
    else for (const each of Object.values(value)) seek(each, depth + 1);
  };
  seek(dump.text.value, 0);
  return found;
}

function isDump(value: JsonObject): boolean {
  return wholeOf(value.pid) !== undefined && Array.isArray(value.threads) && 'schemaVersion' in value;
}

function processOf(from: JsonObject, dump: JsonDump): ProcessDump {
  const { store, text } = dump;
  const line = text.lineOf(from);
  return {
    schemaVersion: 1,
    pid: wholeOf(from.pid) ?? 0,
    ...texts(from, store, 'command', 'label', 'runtimeVersion'),
    // Without a format it counts as what it is: a live process, read by ourselves.
    ...texts(from, store, 'format'),
    ...(from.listsAllThreads === true || from.format === undefined ? { listsAllThreads: !text.isCut } : {}),
    takenAt: textOf(from.takenAt) ?? '',
    ...numbers(from, 'tookUs', 'pausedUs', 'parentPid', 'forkedFrom'),
    ...(from.refused === true ? { refused: true as const } : {}),
    threads: objectsOf(from.threads).flatMap((thread) => threadOf(thread, dump) ?? []),
    lockLines: objectsOf(from.lockLines).map((each) => lockLineOf(each, dump)),
    lacks: listOf(from.lacks).filter((each) => typeof each === 'string'),
    ...(line === undefined ? {} : { sourceLine: line }),
  };
}

function threadOf(from: JsonObject, dump: JsonDump): ThreadDump | undefined {
  const { store } = dump;
  const line = dump.text.lineOf(from) ?? 1;
  if (!store.admitThread(line)) return undefined;
  const tid = wholeOf(from.tid) ?? 0;
  const frames: Frame[] = [];
  const given = objectsOf(from.frames);
  for (const frame of given.slice(0, limits.innermost + limits.outermost)) {
    if (store.admitFrame()) frames.push(frameOf(frame, dump));
  }
  const framesLeftOut = given.length - frames.length + (wholeOf(from.framesLeftOut) ?? 0);
  const shared = store.share(frames, tid);
  const { stack, wait, syscall, gil } = from;
  return {
    tid,
    name: store.keep(textOf(from.name) ?? ''),
    state: textOf(from.state)?.slice(0, 1) ?? '?',
    ...(gil === 'holds' || gil === 'waits' ? { gil } : {}),
    ...texts(from, store, 'said', 'pthread', 'waitChannel'),
    ...numbers(from, 'cpuUs', 'alike', 'pausedUs'),
    ...(rungs.has(textOf(from.rung) ?? '') ? { rung: from.rung as NonNullable<ThreadDump['rung']> } : {}),
    ...(accuracies.has(textOf(from.accuracy) ?? '')
      ? { accuracy: from.accuracy as NonNullable<ThreadDump['accuracy']> }
      : {}),
    ...(isObject(syscall) ? { syscall: syscallOf(syscall, dump) } : {}),
    ...(isObject(wait) ? { wait: waitOf(wait, dump) } : {}),
    ...holdsOf(from, dump),
    ...marksOf(from),
    ...shared,
    ...(framesLeftOut === 0 ? {} : { framesLeftOut }),
    stack: stack === 'complete' || stack === 'none' ? stack : 'partial',
    sourceLine: line,
  };
}

function frameOf(from: JsonObject, dump: JsonDump): Frame {
  const runtime = textOf(from.runtime) ?? '';
  const tier = textOf(from.tier) ?? '';
  return {
    ...texts(from, dump.store, 'pc', 'function', 'module', 'file', 'args'),
    ...numbers(from, 'line', 'column'),
    ...(tiers.has(tier) ? { tier: tier as NonNullable<Frame['tier']> } : {}),
    ...(from.inlined === true ? { inlined: true } : {}),
    runtime: runtimes.has(runtime) ? (runtime as Frame['runtime']) : 'native',
    ...frameLine(from, dump),
  };
}

function waitOf(from: JsonObject, { store, text }: JsonDump): ThreadWait {
  const kind = textOf(from.kind) ?? '';
  const line = text.lineOf(from);
  return {
    kind: waitKinds.has(kind) ? (kind as ThreadWait['kind']) : 'other',
    ...texts(from, store, 'address', 'name', 'symbol', 'type', 'shared', 'mutex'),
    ...numbers(from, 'ownerTid', 'ownerPid', 'childPid', 'waitingMs', 'mutexOwnerTid'),
    ...(from.ownerDead === true ? { ownerDead: true } : {}),
    ...pipeOf(from),
    ...(line === undefined ? {} : { sourceLine: line }),
  };
}

function pipeOf({ pipe }: JsonObject): Pick<ThreadWait, 'pipe'> {
  if (!isObject(pipe)) return {};
  const { id, end } = pipe;
  if (typeof id !== 'string' || (end !== 'read' && end !== 'write')) return {};
  return { pipe: { id, end, others: listOf(pipe.others).flatMap((each) => wholeOf(each) ?? []) } };
}

function syscallOf(from: JsonObject, { store }: JsonDump): Syscall {
  return {
    number: wholeOf(from.number) ?? -1,
    ...texts(from, store, 'name'),
    args: listOf(from.args).filter((each) => typeof each === 'string'),
    sp: textOf(from.sp) ?? '0x0',
    pc: textOf(from.pc) ?? '0x0',
  };
}

function holdsOf(from: JsonObject, { store }: JsonDump): Pick<ThreadDump, 'holds'> {
  const holds = objectsOf(from.holds).map((each) => {
    const kind = textOf(each.kind) ?? '';
    return {
      kind: lockKinds.has(kind) ? (kind as LockRecord['kind']) : ('mutex' as const),
      ...texts(each, store, 'address', 'name', 'symbol', 'type'),
      ...numbers(each, 'ownerTid'),
    };
  });
  return holds.length === 0 ? {} : { holds };
}

function marksOf(from: JsonObject): Pick<ThreadDump, 'marks'> {
  const found = listOf(from.marks).filter((each) => typeof each === 'string' && marks.has(each));
  return found.length === 0 ? {} : { marks: found as ThreadMark[] };
}

function lockLineOf(from: JsonObject, { store }: JsonDump): LockLine {
  return {
    tid: wholeOf(from.tid) ?? 0,
    name: store.keep(textOf(from.name) ?? ''),
    holds: listOf(from.holds).filter((each) => typeof each === 'string'),
    ...texts(from, store, 'wants', 'where'),
    ...numbers(from, 'waitingMs'),
    ...(from.byModel === true ? { byModel: true } : {}),
  };
}
