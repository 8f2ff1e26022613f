/**
 * What a user printed beside the stacks: `p *mutex` shows the owner of a lock, `info registers` the lock that a thread
 * waits for, and scripts such as folly's deadlock.py say who waits for whom.
 */
import { tidyAddress } from './scan.js';

export interface PrintedLock {
  /** What was printed: an address, a variable, a register. */
  of: { address?: string; symbol?: string; isRegister?: boolean };
  ownerTid: number;
  /** The thread that was selected. */
  tid: number | undefined;
  sourceLine: number;
}

export interface WaitSaid {
  waiter: number;
  owner: number;
  address?: string;
  sourceLine: number;
}

const longest = 8192;
/** Nobody prints more by hand. */
const most = 10_000;

export class GdbValues {
  readonly locks: PrintedLock[] = [];
  readonly waits: WaitSaid[] = [];
  /** Addresses of variables, from `p &lock` and from arguments. */
  readonly addresses = new Map<string, string>();
  /** The selected thread: its registers are meant. */
  tid: number | undefined;
  #expression = '';
  #value = '';
  #valueLine = 0;

  /** A command after the prompt. */
  command(text: string): void {
    this.end();
    const found = /^(?:p|print|inspect|output|call)(?:\/[a-z]+)? +(.{1,500})$/.exec(text);
    this.#expression = found?.[1] ?? '';
  }

  /** True when the line is the beginning of a value, `$1 = ...`. */
  begins(body: string, lineNumber: number): boolean {
    if (body[0] !== '$' || !/^\$\d+ = /.test(body)) return false;
    this.end();
    this.#value = body;
    this.#valueLine = lineNumber;
    return true;
  }

  /** True while a value of several lines goes on. */
  continues(body: string): boolean {
    if (this.#value === '' || this.#isClosed()) return false;
    if (this.#value.length < longest) this.#value += ` ${body}`;
    return true;
  }

  /** Nothing more belongs to the value. */
  end(): void {
    const value = this.#value;
    this.#value = '';
    if (value === '') return;
    const expression = this.#expression;
    this.#expression = '';
    const pointer = /^\$\d+ = \([^()]{1,200}\) (0x[0-9a-f]+) <([^<>+]{1,200})>$/.exec(value);
    if (pointer?.[1] !== undefined && pointer[2] !== undefined) {
      this.addresses.set(pointer[2], tidyAddress(pointer[1]));
      return;
    }
    const owner = /\b(?:__owner|__cur_writer) = (\d+)/.exec(value) ?? plainOwner(value, expression);
    if (owner === null) return;
    const ownerTid = Number(owner[1]);
    if (ownerTid === 0 || this.locks.length >= most) return;
    this.locks.push({ of: subject(expression), ownerTid, tid: this.tid, sourceLine: this.#valueLine });
  }

  /** `Thread: 7960 waits for thread: 7959 AND DEADLOCKED`; `Thread 2 (LWP 9) is waiting on ... held by Thread 3 (LWP 10)`. */
  said(body: string, sourceLine: number): boolean {
    if (!body.startsWith('Thread')) return false;
    const script = /^Thread: (\d+) waits for thread: (\d+)/.exec(body);
    const folly =
      /^Thread \d+ \(LWP (\d+)\) is waiting on [^(]*(?:\((0x[0-9a-f]+)\))? held by Thread \d+ \(LWP (\d+)\)/.exec(
        body,
      );
    const address = folly?.[2];
    const found = script === null ? folly && [folly[1], folly[3]] : [script[1], script[2]];
    if (found === null) return false;
    if (this.waits.length >= most) return true;
    this.waits.push({
      waiter: Number(found[0]),
      owner: Number(found[1]),
      sourceLine,
      ...(address === undefined ? {} : { address: tidyAddress(address) }),
    });
    return true;
  }

  #isClosed(): boolean {
    let depth = 0;
    for (const letter of this.#value) {
      if (letter === '{') depth++;
      else if (letter === '}') depth--;
    }
    return depth <= 0;
  }
}

/** `p mutex.__data.__owner` prints the number alone. */
function plainOwner(value: string, expression: string): RegExpExecArray | null {
  return /__owner|__cur_writer/.test(expression) ? /^\$\d+ = (\d+)$/.exec(value) : null;
}

/** `*(pthread_mutex_t*)0x601300`, `read_mutex.__data.__owner`, `*(pthread_mutex_t *)$rdi`. */
function subject(expression: string): PrintedLock['of'] {
  const address = /0x[0-9a-fA-F]+/.exec(expression);
  if (address !== null) return { address: tidyAddress(address[0]) };
  if (/\$(rdi|r14|r12|x0)\b/.test(expression)) return { isRegister: true };
  const symbol = expression
    .replace(/\([^()]*\)/g, '')
    .replace(/(?:\.|->)_*(?:data|owner|cur_writer|M_mutex).*$/, '');
  const name = symbol.replace(/^[\s*&'"]+|[\s'"]+$/g, '');
  return name === '' ? {} : { symbol: name };
}

/** `rdi            0x62bf90   6471568`. */
export function register(body: string): { name: string; value: string } | undefined {
  const found = /^([a-z][a-z0-9_]{1,8}) +(0x[0-9a-f]+)\b/.exec(body);
  if (found?.[1] === undefined || found[2] === undefined) return undefined;
  return registers.test(found[1]) ? { name: found[1], value: tidyAddress(found[2]) } : undefined;
}

const registers =
  /^(r[a-ds][xip]|r[sd]i|r[bi]p|rsp|r\d{1,2}|e[a-ds][xip]|eflags|[c-gs]s|fs_base|gs_base|k[0-7]|x\d{1,2}|pc|sp|lr|cpsr|[sd]p)$/;
