/** `py-spy dump --json`: an array of threads. */
import type { Frame } from '../process-dump.js';
import { frameLine, type JsonDump } from './json-frames.js';
import { isObject, type JsonObject, listOf, objectsOf, textOf, wholeOf } from './json-text.js';
import { ProcessDraft } from './process-draft.js';
import { pySpyPlace } from './py-spy-frame.js';

export function readPySpyJson(dump: JsonDump): ProcessDraft[] {
  const threads = objectsOf(dump.text.value);
  const isPySpy =
    threads.length > 0 && threads.every((thread) => 'thread_id' in thread && 'frames' in thread);
  if (!isPySpy && !(dump.text.isCut && threads.some((thread) => 'owns_gil' in thread))) return [];
  const processes = new Map<number, ProcessDraft>();
  for (const thread of threads) {
    const pid = wholeOf(thread.pid) ?? 0;
    const line = dump.text.lineOf(thread) ?? 1;
    let process = processes.get(pid);
    if (process === undefined) {
      process = new ProcessDraft('py-spy-json', dump.store, line);
      process.pid = pid;
      process.listsAllThreads = !dump.text.isCut;
      processes.set(pid, process);
    }
    const info = thread.process_info;
    if (isObject(info)) process.command = textOf(info.command_line);
    addThread(process, thread, line, dump);
  }
  return [...processes.values()];
}

function addThread(process: ProcessDraft, thread: JsonObject, sourceLine: number, dump: JsonDump): void {
  const isActive = thread.active === true;
  const ownsGil = thread.owns_gil === true;
  const osThread = wholeOf(thread.os_thread_id);
  const draft = process.open({
    tid: osThread ?? wholeOf(thread.thread_id) ?? 0,
    ...(osThread === undefined ? { tidKind: 'pthread' } : {}),
    name: textOf(thread.thread_name) ?? '',
    state: isActive ? 'R' : 'S',
    said: ownsGil ? 'active+gil' : isActive ? 'active' : 'idle',
    ...(ownsGil ? { gil: 'holds' } : {}),
    sourceLine,
  });
  if (draft === undefined) return;
  for (const frame of listOf(thread.frames)) {
    if (isObject(frame)) draft.add(frameOf(frame, dump));
  }
}

function frameOf(frame: JsonObject, dump: JsonDump): Frame {
  const file = textOf(frame.short_filename) ?? textOf(frame.filename) ?? '';
  const line = wholeOf(frame.line);
  return {
    ...pySpyPlace(
      textOf(frame.name) ?? '',
      file,
      line !== undefined && line > 0 ? line : undefined,
      dump.store,
    ),
    ...frameLine(frame, dump),
  };
}
