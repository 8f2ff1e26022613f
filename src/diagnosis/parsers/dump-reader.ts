import { cleanLine } from './clean-line.js';
import type { DumpFormat } from './format.js';
import { JsonCollector } from './json-collector.js';
import { isJsonStart, logText, readJson } from './json-dumps.js';
import { Lane } from './lane.js';
import { limits } from './limits.js';
import { type Line, lineOf } from './line.js';
import { type Cut, prefixCuts } from './log-prefix.js';
import type { ReadResult } from './read-dump.js';
import { skipReasons } from './skipped.js';
import { Store } from './store.js';

export interface ReadOptions {
  /** Reads only this format, where detection would go wrong. */
  format?: DumpFormat;
}

/** Reads dumps line by line, so that a file of any size fits: feed it `push(line)`, then `end()`. */
export class DumpReader {
  readonly #store = new Store();
  readonly #lanes = new Map<string, Lane>();
  readonly #only: DumpFormat | undefined;
  /** The lane of the line before: where a log's prefix stands on the first line of a record only, the rest is its. */
  #lane: Lane;
  #json: JsonCollector | undefined;
  /** Lines before this one that looked like JSON have turned out to be none. */
  #noJsonBefore = 0;
  /** The last line that nobody took. */
  #untaken: Line | undefined;
  #number = 0;
  #longLines = 0;

  constructor({ format }: ReadOptions = {}) {
    this.#only = format;
    this.#lane = this.#laneOf('');
  }

  push(raw: string): void {
    this.#number++;
    this.#take(raw, this.#number);
  }

  end(): ReadResult {
    if (this.#json !== undefined) this.#endJson(this.#json);
    const { breaksOff } = this.#lane;
    if (breaksOff) {
      this.#store.skipped.takeBack(skipReasons.text);
      this.#store.skipped.add(skipReasons.cut, this.#number);
      this.#store.warnings.add('The text ends in the middle of a stack.');
    }
    for (const lane of this.#lanes.values()) lane.close(breaksOff && lane === this.#lane);
    if (this.#longLines > 0) {
      this.#store.warnings.add(
        `${this.#longLines} ${this.#longLines === 1 ? 'line' : 'lines'} longer than ${limits.line} characters cut.`,
      );
    }
    const dumps = this.#store.dumps.sort((a, b) => (a.sourceLine ?? 0) - (b.sourceLine ?? 0));
    if (dumps.length === 0) this.#store.warnings.add('No stack of any known format was found.');
    return {
      dumps,
      formats: [...new Set(dumps.map((dump) => dump.format ?? 'kvtool'))],
      lines: this.#number,
      skipped: this.#store.skipped.result(),
      warnings: [...this.#store.warnings],
    };
  }

  #take(raw: string, number: number): void {
    if (this.#json !== undefined) {
      this.#addJson(this.#json, raw);
      return;
    }
    const text = cleanLine(raw.length > limits.line && !isJsonStart(raw) ? this.#shorten(raw) : raw);
    if (text === '') {
      this.#lane.blank();
      return;
    }
    const mayBeJson =
      this.#only === undefined || ['kvtool', 'py-spy-json', 'node-report'].includes(this.#only);
    if (mayBeJson && number >= this.#noJsonBefore && isJsonStart(text)) {
      this.#json = new JsonCollector(number);
      this.#addJson(this.#json, raw);
      return;
    }
    this.#takeText(text.length > limits.line ? this.#shorten(text) : text, number);
  }

  #takeText(text: string, number: number): void {
    const known = this.#lane.prefixWords;
    // Behind a prefix even a line of prose may look like a frame: what is known to stand there comes off first.
    const cuts = known > 0 ? prefixCuts(text).slice(0, known) : [];
    if (cuts.length > 0 && this.#takeAfter(cuts, text, number)) return;
    const line = lineOf(text, number);
    if (this.#lane.take(line)) {
      this.#used(this.#lane, known > 0 && cuts.length === 0 ? known : 0);
      return;
    }
    if (this.#takeAfter(prefixCuts(text), text, number)) return;
    this.#other(line, cuts.at(-1));
  }

  /** Tries the whole prefix first, then less of it. */
  #takeAfter(cuts: readonly Cut[], text: string, number: number): boolean {
    for (let at = cuts.length - 1; at >= 0; at--) {
      const cut = cuts[at];
      if (cut === undefined) continue;
      const lane = this.#laneOf(cut.source);
      if (cut.time !== undefined) lane.time = cut.time;
      const rest = lineOf(text.slice(cut.at), number);
      if (rest.body === '') {
        lane.blank();
        return true;
      }
      this.#offerLead(lane, at, cut.source, number);
      if (!lane.take(rest)) continue;
      this.#used(lane, at + 1);
      return true;
    }
    return false;
  }

  /** The line above may be a heading behind the same prefix. */
  #offerLead(lane: Lane, at: number, source: string, number: number): void {
    const line = this.#untaken;
    if (line === undefined || number - line.number > 2) return;
    const cut = prefixCuts(line.text)[at];
    if (cut?.source === source) lane.offerLead(line.text.slice(cut.at), line.number);
  }

  #used(lane: Lane, prefixWords: number): void {
    this.#untaken = undefined;
    this.#lane = lane;
    lane.prefixWords = prefixWords;
  }

  #other(line: Line, cut: Cut | undefined): void {
    this.#untaken = cut === undefined ? line : undefined;
    const lane = cut === undefined ? this.#lane : this.#laneOf(cut.source);
    lane.other(cut === undefined ? line : lineOf(line.text.slice(cut.at), line.number));
  }

  #laneOf(source: string): Lane {
    const known = this.#lanes.get(source);
    if (known !== undefined) return known;
    if (this.#lanes.size >= limits.lanes) return this.#lane;
    const lane = new Lane(this.#store, this.#store.keep(source), this.#only);
    this.#lanes.set(lane.source, lane);
    return lane;
  }

  #addJson(json: JsonCollector, raw: string): void {
    const state = json.add(raw);
    if (state === 'more') return;
    if (state === 'whole' || state === 'too long') {
      this.#endJson(json);
      return;
    }
    this.#json = undefined;
    this.#replay(json, raw);
  }

  #endJson(json: JsonCollector): void {
    this.#json = undefined;
    const log = json.lines.length === 1 ? logText(json) : undefined;
    if (log !== undefined) {
      for (const text of log) this.#takeText(cleanLine(text), json.firstLine);
      return;
    }
    const found = readJson(json, this.#store, this.#only);
    if (!found) this.#replay(json, undefined);
  }

  /** It was no JSON dump: its lines may still be anything else. */
  #replay(json: JsonCollector, last: string | undefined): void {
    const lines = last === undefined || json.lines.at(-1) === last ? json.lines : [...json.lines, last];
    this.#noJsonBefore = json.firstLine + lines.length;
    for (const [at, text] of lines.entries()) this.#take(text, json.firstLine + at);
  }

  #shorten(text: string): string {
    this.#longLines++;
    return text.slice(0, limits.line);
  }
}
