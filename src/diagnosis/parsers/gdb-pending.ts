/** A frame, or a row of `info threads`, until it is certain that no wrapped line of it follows. */
import { gdbFrame, isUnfinished } from './gdb-frame.js';
import { pythonOfArguments } from './gdb-python.js';
import type { GdbStops } from './gdb-stops.js';
import { limits } from './limits.js';
import { pythonFrame } from './python-frame.js';
import { skipReasons } from './skipped.js';

export interface Pending {
  text: string;
  /** Undefined for a row of `info threads`. */
  number?: number;
  /** The heading that people write above a stack. */
  lead?: string | undefined;
  sourceLine: number;
  lines: number;
}

export class PendingFrame {
  #pending: Pending | undefined;

  constructor(readonly stops: GdbStops) {}

  /** Number that the next frame should have, whether or not the last one is finished. */
  get nextNumber(): number | undefined {
    return this.#pending?.number === undefined ? this.stops.session?.nextNumber : this.#pending.number + 1;
  }

  get isUnfinished(): boolean {
    return this.#pending !== undefined && isUnfinished(this.#pending.text);
  }

  begin(pending: Pending): void {
    this.flush();
    this.#pending = pending;
    this.#splitJoined();
  }

  /** True for the rest of a frame that was wrapped. */
  goesOn(body: string): boolean {
    const pending = this.#pending;
    if (pending === undefined || pending.lines > limits.wrapped) return false;
    const isPlace = (body.startsWith('at ') || body.startsWith('from ')) && pending.text.endsWith(')');
    if (!isPlace && !isUnfinished(pending.text)) return false;
    if (pending.text.length < limits.line) pending.text += ` ${body}`;
    pending.lines++;
    return true;
  }

  flush(): void {
    const pending = this.#pending;
    this.#pending = undefined;
    if (pending === undefined) return;
    const { around } = this.stops;
    const frame = gdbFrame(pending.text, around.store, pending.sourceLine);
    const session = this.stops.ensure(pending.sourceLine);
    if (pending.number === undefined) {
      if (frame !== undefined && session.current !== undefined) session.addFromTable(session.current, frame);
      return;
    }
    if (frame === undefined) {
      around.store.skipped.add(skipReasons.cut, pending.sourceLine, pending.lines);
      if (session.current !== undefined) session.current.thread.isCut = true;
      return;
    }
    const open = pending.number === 0 ? this.stops.beginStack(pending.sourceLine, pending.lead) : session;
    if (open.current === undefined) open.beginCutStack(pending.sourceLine, pending.lead);
    open.add(frame, pending.number);
    const python = pythonOfArguments(frame, pending.text);
    if (python === undefined) return;
    open.addPythonArgument(pythonFrame(python, around.store, pending.sourceLine), pending.number);
  }

  /** Where line breaks got lost, the next frame stands in the same line. */
  #splitJoined(): void {
    for (let pending = this.#pending; pending?.number !== undefined; pending = this.#pending) {
      const number = pending.number + 1;
      const mark = `  #${number} `;
      const at = pending.text.indexOf(mark);
      if (at < 0) return;
      const rest = { ...pending, number, text: pending.text.slice(at + mark.length).trimStart() };
      pending.text = pending.text.slice(0, at).trimEnd();
      this.flush();
      this.#pending = rest;
    }
  }
}
