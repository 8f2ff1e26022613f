/** Words from elsewhere, made safe to stand in Markdown. */

/**
 * The words of a harness or of a dump may hold anything: they must not end a table or begin an element, and `__init__`
 * must not turn bold.
 */
export function prose(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll(/[*`\\]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/g, '\\$&')
    .replaceAll(/\s+/g, ' ');
}

export function fenced(text: string): string {
  return `\`\`\`\n${text}\n\`\`\``;
}
