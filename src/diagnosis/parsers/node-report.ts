/** Node's diagnostic report (`process.report`, `--report-on-signal`). Written after report versions 1 to 5. */
import type { Frame } from '../process-dump.js';
import type { JsonDump } from './json-frames.js';
import { isObject, type JsonObject, listOf, objectsOf, textOf, wholeOf } from './json-text.js';
import { ProcessDraft } from './process-draft.js';
import { fileAndLine, tidyAddress } from './scan.js';

export function readNodeReport(dump: JsonDump): ProcessDraft[] {
  const report = dump.text.value;
  if (!isObject(report) || !isObject(report.header)) return [];
  if (!('nodejsVersion' in report.header) && !('javascriptStack' in report)) return [];
  const { header } = report;
  const process = new ProcessDraft('node-report', dump.store, dump.text.lineOf(report) ?? 1);
  process.pid = wholeOf(header.processId) ?? 0;
  process.command = listOf(header.commandLine)
    .filter((part) => typeof part === 'string')
    .join(' ');
  process.takenAt = textOf(header.dumpEventTime) ?? '';
  process.runtimeVersion = `Node ${textOf(header.nodejsVersion) ?? ''}`.trim();
  const trigger = [textOf(header.event), textOf(header.trigger)]
    .filter((part) => part !== undefined)
    .join(', ');
  if (trigger !== '') process.note(`Report: ${trigger}`);
  addThread(process, report, dump, true);
  for (const worker of objectsOf(report.workers)) addThread(process, worker, dump, false);
  process.lack('A Node report shows the JavaScript threads only, and each as it writes the report.');
  return [process];
}

function addThread(process: ProcessDraft, report: JsonObject, dump: JsonDump, isMain: boolean): void {
  const { store, text } = dump;
  const header = isObject(report.header) ? report.header : {};
  const worker = wholeOf(header.threadId) ?? 0;
  const isKernelId = isMain && process.pid > 0;
  const thread = process.open({
    tid: isKernelId ? process.pid : worker,
    ...(isKernelId ? {} : { tidKind: 'debugger' }),
    name: isMain ? 'main' : `worker ${worker}`,
    sourceLine: text.lineOf(report) ?? 1,
  });
  if (thread === undefined) return;
  const stack = isObject(report.javascriptStack) ? report.javascriptStack : {};
  const lines = text.linesOf(stack.stack ?? null);
  // The innermost native frames write the report; the JavaScript ones show who was running.
  for (const [index, frame] of listOf(stack.stack).entries()) {
    if (typeof frame === 'string' && frame.startsWith('at '))
      thread.add(scriptFrame(frame.slice(3), dump, lines[index]));
  }
  for (const frame of objectsOf(report.nativeStack)) thread.add(nativeFrame(frame, dump));
  const handles = activeHandles(report);
  if (handles !== '') process.note(`${thread.name}: ${handles}`);
  const message = textOf(stack.message);
  if (message !== undefined && !message.includes('ERR_SYNTHETIC')) process.note(store.keep(message));
}

/** `f (/app/x.js:1:2)`, `async f (node:internal/timers:581:17)`, `/app/x.js:1:2`. */
function scriptFrame(text: string, { store }: JsonDump, sourceLine: number | undefined): Frame {
  const open = text.endsWith(')') ? text.lastIndexOf(' (') : -1;
  const { file, line } = fileAndLine(open < 0 ? text : text.slice(open + 2, -1));
  return {
    ...(open < 0 ? {} : { function: store.keep(text.slice(0, open)) }),
    file: store.keep(file),
    ...(line === undefined ? {} : { line }),
    runtime: 'js',
    ...(sourceLine === undefined ? {} : { sourceLine }),
  };
}

/** `{ "pc": "0x0d5", "symbol": "node::GetNodeReport(...) [node]" }`. */
function nativeFrame(frame: JsonObject, { store, text }: JsonDump): Frame {
  const pc = textOf(frame.pc);
  const symbol = textOf(frame.symbol) ?? '';
  const open = symbol.endsWith(']') ? symbol.lastIndexOf('[') : -1;
  const name = (open < 0 ? symbol : symbol.slice(0, open)).trim();
  const module = open < 0 ? '' : symbol.slice(open + 1, -1);
  const line = text.lineOf(frame);
  return {
    ...(pc?.startsWith('0x') ? { pc: store.keep(tidyAddress(pc)) } : {}),
    ...(name === '' ? {} : { function: store.keep(name) }),
    ...(module === '' ? {} : { module: store.keep(module.slice(module.lastIndexOf('/') + 1)) }),
    runtime: 'native',
    ...(line === undefined ? {} : { sourceLine: line }),
  };
}

/** What keeps the event loop alive. */
function activeHandles(report: JsonObject): string {
  const counts = new Map<string, number>();
  for (const handle of objectsOf(report.libuv)) {
    const type = textOf(handle.type);
    if (type === undefined || type === 'loop' || handle.is_active !== true || handle.is_referenced !== true)
      continue;
    counts.set(type, (counts.get(type) ?? 0) + 1);
  }
  const listed = [...counts].map(([type, times]) => `${times} ${type}`).join(', ');
  return listed === '' ? '' : `libuv's active handles are ${listed}`;
}
