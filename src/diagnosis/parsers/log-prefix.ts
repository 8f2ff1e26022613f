/**
 * What loggers, container runtimes and launchers put in front of each line. Dumps that go through them keep their
 * shape behind the prefix, and several processes may share one file line by line.
 */
export interface Cut {
  /** Index where the line goes on. */
  at: number;
  /** What tells this source from others: a rank, a pod, a worker. */
  source: string;
  /** ISO 8601, when the prefix has a full date. */
  time?: string;
}

/** At most so many words, brackets and timestamps. */
const longest = 10;
const levels =
  /(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|CRITICAL|CRIT|FATAL|SEVERE|trace|debug|info|warn|warning|error)\b:?/y;
const date = /\d{4}[-/]\d\d[-/]\d\d(?:[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?)?:?/y;
const clock = /\d{1,2}:\d\d:\d\d(?:[.,]\d{1,9})?:?|\d{10,13}(?:\.\d{1,9})?(?= )/y;
const syslogDate =
  /(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ \d]\d \d\d:\d\d:\d\d(?:\.\d{1,6})? \S{1,100}/y;
const klog = /[IWEF]\d{4} \d\d:\d\d:\d\d\.\d{1,6} +\d{1,7} \S{1,100}\]/y;
const bracket = /\[[^\][]{1,100}\](?:<std(?:out|err)>)?:?/y;
const ray = /\([^()]{0,80}\bpid=\d{1,10}[^()]{0,80}\)/y;
const cri = /std(?:out|err) [FP](?= |$)/y;
const compose = /[\w./-]{1,64} *\|/y;
const program = /[\w./-]{1,64}\[\d{1,10}\]:/y;
/** `worker0:`, `3:`, `vllm.engine -`. */
const name = /[\w./@-]{1,64}(?::| -)(?= |$)/y;
const dash = /-(?= )/y;

const source = /rank|pod|node|worker|gpu|host|proc|container|\d+,\d+|^\w[\w.-]*\/\w/i;

/** Each place where the line may go on, the nearest first. */
export function prefixCuts(text: string): Cut[] {
  const cuts: Cut[] = [];
  let at = 0;
  let from = '';
  let time: string | undefined;
  for (let count = 0; count < longest; count++) {
    const start = skipBlanks(text, at);
    const found = word(text, start);
    if (found === undefined) break;
    from ||= found.source;
    time ??= found.time;
    at = found.end;
    // One blank parts the prefix from the line; the rest is the line's own indentation.
    if (text[at] === ' ' || text[at] === '\t') at++;
    cuts.push({ at, source: from, ...(time === undefined ? {} : { time }) });
  }
  return cuts;
}

function word(text: string, at: number): { end: number; source: string; time?: string } | undefined {
  if (at >= text.length) return undefined;
  const dated = match(date, text, at);
  if (dated !== undefined) {
    const time = isoTime(text.slice(at, dated));
    return { end: dated, source: '', ...(time === undefined ? {} : { time }) };
  }
  for (const pattern of [klog, syslogDate, clock, levels, cri, dash]) {
    const end = match(pattern, text, at);
    if (end !== undefined) return { end, source: '' };
  }
  for (const pattern of [bracket, ray, compose, program, name]) {
    const end = match(pattern, text, at);
    if (end !== undefined) return { end, source: sourceIn(text.slice(at, end), pattern) };
  }
  return undefined;
}

function match(pattern: RegExp, text: string, at: number): number | undefined {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}

function sourceIn(text: string, pattern: RegExp): string {
  const plain = text.replace(/<std(?:out|err)>/, '').replace(/^[[(]|[\])|: -]+$/g, '');
  if (pattern === compose || pattern === ray) return plain;
  if (pattern === name || pattern === program) return /\d\]?$/.test(plain) ? plain : '';
  return source.test(plain) ? plain : '';
}

function isoTime(text: string): string | undefined {
  const found =
    /^(\d{4})[-/](\d\d)[-/](\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d{1,3}))?\d*(Z|[+-]\d\d:?\d\d)?/.exec(text);
  if (found === null) return undefined;
  const [, year, month, day, hours, fraction, zone = ''] = found;
  return `${year}-${month}-${day}T${hours}${fraction === undefined ? '' : `.${fraction}`}${zone}`;
}

function skipBlanks(text: string, from: number): number {
  let at = from;
  while (text[at] === ' ' || text[at] === '\t') at++;
  return at;
}
