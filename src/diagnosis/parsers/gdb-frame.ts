/** One frame as gdb, cuda-gdb and rocgdb print it, with or without symbols and sources. */
import type { Frame } from '../process-dump.js';
import { type FrameParts, makeFrame } from './make-frame.js';
import { addressEnd, baseName, digitsEnd, fileAndLine, tidyAddress } from './scan.js';
import type { Store } from './store.js';

/** Index after `#12` and its blanks; 0 when the text does not begin so. */
export function frameNumberEnd(body: string): number {
  if (body[0] !== '#') return 0;
  const end = digitsEnd(body, 1);
  if (end === 1 || end > 8 || (body[end] !== ' ' && end < body.length)) return 0;
  let at = end;
  while (body[at] === ' ') at++;
  return at;
}

/**
 * `0x7f12 in f (a=1) at x.c:3`, `f () from /lib/x.so`, `<signal handler called>`. Undefined when nothing is told: a
 * line that was cut off inside of its address.
 */
export function gdbFrame(text: string, store: Store, sourceLine: number): Frame | undefined {
  return store.frameCache.frame(text, sourceLine, () => parse(text, store, sourceLine));
}

function parse(text: string, store: Store, sourceLine: number): Frame | undefined {
  const end = addressEnd(text, 0);
  const hasPc = end > 0 && text.startsWith(' in ', end);
  if (end > 0 && !hasPc) {
    const rest = text.slice(end).trim();
    if (rest !== '' && rest !== 'in') return undefined;
    // Cut off after the address, or inside of it.
    if (rest === '') return undefined;
    return makeFrame({ pc: store.keepPart(tidyAddress(text.slice(0, end))), runtime: 'native', sourceLine });
  }
  const rest = text.slice(hasPc ? end + 4 : 0).trim();
  const pc = hasPc ? tidyAddress(text.slice(0, end)) : undefined;
  if (rest === '') return undefined;
  const { head, place } = splitPlace(rest);
  // Some builds print nothing, not even `??`, for a function without a name.
  const open = head.startsWith('(') && !head.startsWith('(anonymous namespace)') ? 0 : argumentsStart(head);
  const name = plainName(open < 0 ? head : head.slice(0, open));
  const args = open < 0 ? '' : head.slice(open).trimStart();
  return makeFrame({
    pc: store.keepPart(pc),
    function: name === '??' ? undefined : store.keepPart(name),
    ...placeParts(place, store),
    args: store.keepPart(tellingArguments(args)),
    runtime: 'native',
    sourceLine,
  });
}

/** Takes ` at x.c:3` or ` from /lib/x.so` off the end. */
function splitPlace(text: string): { head: string; place?: { word: 'at' | 'from'; path: string } } {
  const at = text.lastIndexOf(') at ');
  const from = text.lastIndexOf(') from ');
  if (at < 0 && from < 0) return { head: text };
  const word = at > from ? 'at' : 'from';
  const index = Math.max(at, from) + 1;
  return { head: text.slice(0, index), place: { word, path: text.slice(index + word.length + 2).trim() } };
}

function placeParts(
  place: { word: 'at' | 'from'; path: string } | undefined,
  store: Store,
): Pick<FrameParts, 'file' | 'line' | 'module'> {
  if (place === undefined || place.path === '') return {};
  const { file, line } = fileAndLine(place.path);
  // Fedora's gdb says `at` for libraries too.
  const isLibrary = place.word === 'from' || (line === undefined && /\.(so|node|dylib)\b/.test(file));
  if (isLibrary) return { module: store.keepPart(baseName(place.path.replace(/^target:/, ''))) };
  return { file: store.keepPart(file), line };
}

const telling =
  /\b(?:mutex|lock|lk|cond|rwlock|sem|futex\w*|uaddr|threadid|pd|owner|tstate|gil|barrier|bar)(?:@entry)?=/;
const longestArguments = 400;

function tellingArguments(text: string): string | undefined {
  if (!text.startsWith('(') || !telling.test(text)) return undefined;
  const args = text.endsWith(')') ? text.slice(1, -1) : text.slice(1);
  return args.trimStart().slice(0, longestArguments);
}

const operators = ['<=>', '<<=', '>>=', '->*', '<<', '>>', '<=', '>=', '->', '<', '>', '()'] as const;

/** Index of the blank before the arguments: the first ` (` outside of templates and of a C++ signature. */
function argumentsStart(text: string): number {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const letter = text[at];
    if (letter === 'o' && text.startsWith('operator', at) && !isWord(text[at - 1])) {
      const operator = operators.find((each) => text.startsWith(each, at + 8));
      at += 7 + (operator?.length ?? 0);
    } else if (letter === '<' || letter === '(' || letter === '{' || letter === '[') depth++;
    else if (letter === '>' || letter === ')' || letter === '}' || letter === ']')
      depth = Math.max(0, depth - 1);
    else if (letter === ' ' && depth === 0 && text[at + 1] === '(') {
      if (!text.startsWith('(anonymous namespace)', at + 1)) return at;
      at += '(anonymous namespace)'.length;
    }
  }
  return -1;
}

function isWord(letter: string | undefined): boolean {
  return letter !== undefined && /\w/.test(letter);
}

/** Without the symbol's version and without what the compiler adds to copies of a function. */
function plainName(name: string): string {
  const plain = name.trim().replace(/@@?[A-Z]\w*[\d.]*$/, '');
  return plain.replace(/(?:\.(?:constprop|isra|part|cold|lto_priv|llvm|localalias)(?:\.\d+)?)+$/, '');
}

/** True for a frame that must go on in the next line: people's mail programs and terminals wrap them. */
export function isUnfinished(text: string): boolean {
  if (/ (?:from|at|in)$/.test(text) || text.endsWith(',')) return true;
  if (text.includes('<signal handler called>')) return false;
  // Every frame has a list of arguments, be it empty; C++ signatures before it have brackets of their own.
  return !(text.includes(' ()') || argumentsStart(text) >= 0) || bracketsOpen(text);
}

/** Only round brackets, outside of strings: a `<` may be an operator or `<optimized out>`. */
function bracketsOpen(text: string): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const letter = text[at];
    if (letter === '\\') at++;
    else if (letter === '"') inString = !inString;
    else if (inString) continue;
    else if (letter === '(') depth++;
    else if (letter === ')') depth--;
  }
  return depth > 0;
}

/** Without a stack above it, `#12 fixes this` must not become a frame. */
export function isUnmistakable(text: string, number: number): boolean {
  if (addressEnd(text, 0) > 0) return / in\b/.test(text);
  if (text.startsWith('<signal handler called>')) return true;
  if (/\) (?:at|from) \S+$/.test(text)) return true;
  return number === 0 && / \([^()]*=/.test(text);
}
