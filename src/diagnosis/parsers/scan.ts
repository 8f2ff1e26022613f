/** Small steps over text, shared by the readers. Each is linear in what it looks at. */

export function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

export function isHexDigit(code: number): boolean {
  return isDigit(code) || (code >= 0x61 && code <= 0x66) || (code >= 0x41 && code <= 0x46);
}

/** Index after the decimal digits that begin at `from`; `from` itself when there are none. */
export function digitsEnd(text: string, from: number): number {
  let at = from;
  while (at < text.length && isDigit(text.charCodeAt(at))) at++;
  return at;
}

/** Index after `0x` and hexadecimal digits at `from`; `from` itself when there is no such number. */
export function addressEnd(text: string, from: number): number {
  if (text[from] !== '0' || text[from + 1] !== 'x') return from;
  let at = from + 2;
  while (at < text.length && isHexDigit(text.charCodeAt(at))) at++;
  return at === from + 2 ? from : at;
}

/** `0x00007f12` and `0x7f12` are one address. */
export function tidyAddress(text: string): string {
  const digits = text.slice(2).replace(/^0+(?=.)/, '');
  return `0x${digits.toLowerCase()}`;
}

/** The number in `text`, decimal or with 0x; undefined for anything else and for what is no thread id. */
export function idOf(text: string): number | undefined {
  const isAddress = addressEnd(text, 0) === text.length && text !== '';
  if (!isAddress && (text === '' || digitsEnd(text, 0) !== text.length)) return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

/** `target:/lib64/libc.so.6` -> `libc.so.6`. */
export function baseName(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
}

/** The text between `open` and `close`, the first of each; to the end when `close` is missing. */
export function between(text: string, open: string, close: string): string | undefined {
  const from = text.indexOf(open);
  if (from < 0) return undefined;
  const start = from + open.length;
  const end = text.indexOf(close, start);
  return text.slice(start, end < 0 ? text.length : end);
}

/** Splits `file:line` or `file:line:column`; no line when the text does not end so. */
export function fileAndLine(text: string): { file: string; line?: number } {
  const found = /^(.*?):(\d{1,9})(?::\d{1,9})?$/.exec(text);
  if (found?.[1] === undefined || found[1] === '') return { file: text };
  return { file: found[1], line: Number(found[2]) };
}
