import type { DumpFormat } from './format.js';
import type { JsonCollector } from './json-collector.js';
import { isObject, parseJson, textOf } from './json-text.js';
import { readKvtoolJson } from './kvtool-json.js';
import { readNodeReport } from './node-report.js';
import { readPySpyJson } from './py-spy-json.js';
import type { Store } from './store.js';

const logKeys = ['log', 'message', 'msg', 'textPayload'] as const;

/** `{` and `[` begin much else: gdb's `[New LWP 3]`, lists in prose. */
export function isJsonStart(text: string): boolean {
  let at = 0;
  while (text[at] === ' ' || text[at] === '\t') at++;
  if (text[at] !== '{' && text[at] !== '[') return false;
  return /^(?:\{\s{0,64}(?:"|$)|\[\s{0,64}(?:\{|$))/.test(text.slice(at, at + 80));
}

/** The text inside of one line of a structured log, as Docker and most loggers write it. */
export function logText({ text, firstLine }: JsonCollector): string[] | undefined {
  const { value } = parseJson(text, firstLine);
  if (!isObject(value) || Array.isArray(value.threads)) return undefined;
  for (const key of logKeys) {
    const found = textOf(value[key]);
    if (found !== undefined) return found.replace(/\n$/, '').split('\n');
  }
  return undefined;
}

/** True when the document is a dump, whole or cut off. */
export function readJson(json: JsonCollector, store: Store, only?: DumpFormat): boolean {
  const text = parseJson(json.text, json.firstLine);
  const dump = { text, store };
  const before = store.dumps.length;
  if (only === undefined || only === 'kvtool') store.dumps.push(...readKvtoolJson(dump));
  const drafts = [
    ...(only === undefined || only === 'py-spy-json' ? readPySpyJson(dump) : []),
    ...(only === undefined || only === 'node-report' ? readNodeReport(dump) : []),
  ];
  for (const draft of drafts) {
    if (text.isCut) draft.lack('The JSON document is cut off.');
    draft.finish();
  }
  const found = store.dumps.length > before;
  if (found && text.isCut)
    store.warnings.add('A JSON document is cut off; what stands before the cut was read.');
  return found;
}
