/** What all JSON dumps need: bounded threads and frames in the terms of ProcessDump. */
import type { Frame } from '../process-dump.js';
import { isObject, type Json, type JsonObject, type JsonText, numberOf, textOf } from './json-text.js';
import type { Store } from './store.js';

export interface JsonDump {
  text: JsonText;
  store: Store;
}

/** Copies the properties that are texts, by their names in ProcessDump. */
export function texts<Name extends string>(
  from: JsonObject,
  store: Store,
  ...names: readonly Name[]
): { [K in Name]?: string } {
  const found: { [K in Name]?: string } = {};
  for (const name of names) {
    const text = textOf(from[name]);
    if (text !== undefined) found[name] = store.keep(text);
  }
  return found;
}

/** Copies the properties that are numbers, none of which makes sense below 0. */
export function numbers<Name extends string>(
  from: JsonObject,
  ...names: readonly Name[]
): { [K in Name]?: number } {
  const found: { [K in Name]?: number } = {};
  for (const name of names) {
    const number = numberOf(from[name]);
    if (number !== undefined && number >= 0) found[name] = number;
  }
  return found;
}

export function frameLine(frame: Json, { text }: JsonDump): Pick<Frame, 'sourceLine'> {
  const line = isObject(frame) ? text.lineOf(frame) : undefined;
  return line === undefined ? {} : { sourceLine: line };
}
