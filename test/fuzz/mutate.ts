/** Broken and hostile texts, made from real ones. The same seed always gives the same text. */

export type Random = (below: number) => number;

/** mulberry32: small, fast, and good enough to choose where to break a text. */
export function randomOf(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below) | 0;
  };
}

type Mutation = (text: string, random: Random, all: readonly string[]) => string;

/** A text of a few hundred kilobytes at most. */
const longest = 400_000;
const openers = [
  '(',
  '<',
  '{',
  '[',
  '"',
  '{"a":',
  '[{"frames":[',
  'std::vector<',
  '((anonymous namespace)::',
  '> ',
  '\x1b[1m',
];
const oddNumbers = [
  '-1',
  '0',
  '4294967296',
  '9007199254740993',
  '1e308',
  '0x',
  'NaN',
  '18446744073709551616',
  '00000',
];

export const mutations: Readonly<Record<string, Mutation>> = {
  truncate: (text, random) => text.slice(0, random(text.length + 1)),
  behead: (text, random) => text.slice(random(text.length + 1)),
  splice: (text, random, all) => {
    const other = pick(all, random);
    return text.slice(0, random(text.length + 1)) + other.slice(random(other.length + 1));
  },
  weave: (text, random, all) => {
    const [one, other] = [text.split('\n'), pick(all, random).split('\n')];
    return one
      .flatMap((line, at) => (random(3) === 0 ? [line, other[at % other.length] ?? ''] : [line]))
      .join('\n');
  },
  bytes: (text, random) => {
    const bytes = Buffer.from(text);
    for (let count = 1 + random(50); count > 0 && bytes.length > 0; count--)
      bytes[random(bytes.length)] = random(256);
    return bytes.toString('utf8');
  },
  noise: (text, random) => {
    const bytes = Buffer.from(Array.from({ length: 1 + random(3000) }, () => random(256)));
    return insert(text, bytes.toString(random(2) === 0 ? 'utf8' : 'utf16le'), random);
  },
  'shuffle lines': (text, random) => {
    const lines = text.split('\n');
    for (let at = lines.length - 1; at > 0; at--) {
      const other = random(at + 1);
      [lines[at], lines[other]] = [lines[other] ?? '', lines[at] ?? ''];
    }
    return lines.join('\n');
  },
  'drop lines': (text, random) =>
    text
      .split('\n')
      .filter(() => random(4) > 0)
      .join('\n'),
  'repeat lines': (text, random) => {
    const lines = text.split('\n');
    const from = random(lines.length);
    const block = lines.slice(from, from + 1 + random(20)).join('\n');
    return `${text}\n${repeated(`${block}\n`, 20_000 + random(100_000))}`;
  },
  'join lines': (text, random) => text.replaceAll('\n', () => (random(3) === 0 ? ' ' : '\n')),
  /** What makes a careless regular expression try every way to split a line. */
  'repeat a part of a line': (text, random) => {
    const lines = text.split('\n');
    const at = random(lines.length);
    const line = lines[at] ?? '';
    const from = random(line.length + 1);
    const part = line.slice(from, from + 1 + random(12));
    lines[at] = `${line.slice(0, from)}${repeated(part, 200 + random(20_000))}${line.slice(from)}`;
    return lines.join('\n');
  },
  'repeat it in many lines': (text, random) => {
    const line = pick(text.split('\n'), random);
    const from = random(line.length + 1);
    const part = line.slice(from, from + 1 + random(8));
    const long = `${line.slice(0, from)}${repeated(part, 1000 + random(16_000))}${random(2) === 0 ? '' : line.slice(from)}`;
    return insert(text, `${long}\n`.repeat(1 + random(12)), random);
  },
  nest: (text, random) => insert(text, repeated(pick(openers, random), 1 + random(50_000)), random),
  numbers: (text, random) =>
    text.replaceAll(/\d+/g, (number) => (random(8) === 0 ? pick(oddNumbers, random) : number)),
  indent: (text, random) =>
    text.replaceAll(/^/gm, () => (random(3) === 0 ? repeated(' \t', random(40)) : '')),
  quote: (text) => text.replaceAll(/^/gm, '> '),
};

const names = Object.keys(mutations);

export interface Mutated {
  text: string;
  /** E.g. `gdb-abba.txt: splice, truncate`. */
  story: string;
}

/** One to four mutations of one of the texts. */
export function mutated(seed: number, corpus: ReadonlyMap<string, string>): Mutated {
  const random = randomOf(seed);
  const all = [...corpus.values()];
  const [name, original] = pick([...corpus], random);
  let text = original;
  const done: string[] = [];
  for (let count = 1 + random(4); count > 0; count--) {
    const mutation = pick(names, random);
    text = (mutations[mutation]?.(text, random, all) ?? text).slice(0, longest);
    done.push(mutation);
  }
  return { text, story: `${name}: ${done.join(', ')}` };
}

function pick<T>(items: readonly T[], random: Random): T {
  const item = items[random(items.length)];
  if (item === undefined) throw new Error('nothing to pick from');
  return item;
}

function insert(text: string, part: string, random: Random): string {
  const at = random(text.length + 1);
  return text.slice(0, at) + part + text.slice(at);
}

function repeated(part: string, length: number): string {
  return part === '' ? '' : part.repeat(Math.ceil(length / part.length)).slice(0, length);
}
