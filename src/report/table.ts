/** A plain table: columns as wide as their widest cell, two blanks between them. */
import { stripVTControlCharacters } from 'node:util';

export interface Column {
  title: string;
  align?: 'left' | 'right';
}

/** Cells may carry colour; they must be one line each. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const titles = columns.map((column) => column.title);
  const widths = titles.map((title, at) =>
    Math.max(width(title), ...rows.map((row) => width(row[at] ?? ''))),
  );
  const rule = widths.map((columnWidth) => '-'.repeat(columnWidth));
  const lines = [titles, rule, ...rows].map((row) =>
    row.map((cell, at) => pad(cell, widths[at] ?? 0, columns[at]?.align)).join('  '),
  );
  return lines.map((line) => line.trimEnd()).join('\n');
}

function pad(cell: string, to: number, align: Column['align'] = 'left'): string {
  const blanks = ' '.repeat(Math.max(0, to - width(cell)));
  return align === 'right' ? blanks + cell : cell + blanks;
}

function width(cell: string): number {
  return [...stripVTControlCharacters(cell)].length;
}

/** A table in GitHub's Markdown. */
export function markdownTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  const rule = columns.map((column) => (column.align === 'right' ? '--:' : '---'));
  return [line(columns.map((column) => column.title)), line(rule), ...rows.map(line)].join('\n');
}
