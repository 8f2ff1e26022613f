/** Takes off a line what terminals, mail programs and web pages put around it. */

/** Most lines of most dumps are plain; this one test keeps them from every other. */
const suspicious = /[^\x20-\x7e]|^>|\s$|&[a-z#]|\[\d|\^\[|<br/;

// biome-ignore lint/suspicious/noControlCharactersInRegex: terminal colours are control characters
const escapes = /\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]{0,2000}(?:\x07|\x1b\\)|[()][0-9A-B]|[=>78cDEHM])/g;
/** Colours whose escape character got lost, or was printed as two characters. */
const strayColours = /(?:\^\[)?\[\d{1,3}(?:;\d{1,3}){0,4}m/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: what is left of a terminal or of UTF-16
const junk = /[\x00-\x08\x0b-\x1f\x7f\u200b-\u200f\u2060\ufeff]/g;
const oddSpaces = /[\u00a0\u2007\u202f]/g;
const entity = /&(lt|gt|amp|quot|apos|nbsp|#\d{1,6}|#x[0-9a-fA-F]{1,5});/g;

const named: Readonly<Record<string, string>> = {
  lt: '<',
  gt: '>',
  amp: '&',
  quot: '"',
  apos: "'",
  nbsp: ' ',
};

export function cleanLine(raw: string): string {
  if (!suspicious.test(raw)) return raw;
  let text = raw;
  if (text.includes('\x1b')) text = text.replace(escapes, '');
  if (text.includes('m')) text = text.replace(strayColours, '');
  text = text.replace(junk, '').replace(oddSpaces, ' ');
  if (text.includes('&')) text = text.replace(entity, (whole, name: string) => character(name) ?? whole);
  if (text.startsWith('>')) text = unquote(text);
  return text.trimEnd().replace(/<br ?\/?>$/, '');
}

/** `>::operator()` at the start of a line is the rest of a wrapped template name, not a quote. */
function unquote(text: string): string {
  let at = 0;
  while (text[at] === '>' && (text[at + 1] === ' ' || text[at + 1] === '>' || at + 1 === text.length)) {
    at += text[at + 1] === ' ' ? 2 : 1;
  }
  return text.slice(at);
}

function character(name: string): string | undefined {
  if (!name.startsWith('#')) return named[name];
  const code = name[1] === 'x' ? Number.parseInt(name.slice(2), 16) : Number.parseInt(name.slice(1), 10);
  return code >= 0x20 && code <= 0x10ffff ? String.fromCodePoint(code) : ' ';
}
