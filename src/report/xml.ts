/** What JUnit files need of XML. */
import { stripVTControlCharacters } from 'node:util';

export function attributesOf(values: Record<string, number | string>): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${escapeXml(String(value)).replaceAll('\n', '&#10;')}"`)
    .join('');
}

/** XML 1.0 has no place for control characters, not even escaped; the words of a crashing harness may hold some. */
export function escapeXml(text: string): string {
  return [...stripVTControlCharacters(text)]
    .filter((character) => isXmlCharacter(character.codePointAt(0) ?? 0))
    .join('')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

function isXmlCharacter(code: number): boolean {
  if (code === 0x9 || code === 0xa || code === 0xd) return true;
  if (code < 0x20 || (code >= 0xd800 && code <= 0xdfff)) return false;
  return code !== 0xfffe && code !== 0xffff;
}
