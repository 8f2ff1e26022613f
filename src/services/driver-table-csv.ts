/** The driver table as a CSV file: one line a cell. The columns are a contract: tables of many drivers are compared. */
import { Abort } from '../errors.js';
import { exitCodes } from '../exit-codes.js';
import type { MeasuredCell } from '../report/driver-table-report.js';

const columns = [
  'blocker on stream S',
  'first call (thread 1)',
  'first call blocks',
  'second call (thread 2)',
  'second call blocks',
] as const;

export function toCsv(cells: readonly MeasuredCell[]): string {
  const rows = cells.map(({ blocker, first, firstBlocks, second, secondBlocks }) =>
    [blocker, first, yesNo(firstBlocks), second, yesNo(secondBlocks)].map(quoted).join(','),
  );
  return `${[columns.join(','), ...rows].join('\n')}\n`;
}

function yesNo(value: boolean): string {
  return value ? 'yes' : 'no';
}

function quoted(field: string): string {
  return /[",\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}

/** @throws Abort (exit 2) that names the line which is not one of such a table */
export function parseCsv(text: string, file: string): MeasuredCell[] {
  const [heading = '', ...lines] = text.replaceAll('\r\n', '\n').trimEnd().split('\n');
  if (heading !== columns.join(',')) {
    throw notATable(`${file} line 1: found "${heading.slice(0, 80)}", expected "${columns.join(',')}"`);
  }
  return lines.map((line, at) => cellOf(fieldsOf(line), `${file} line ${at + 2}`));
}

function cellOf(fields: readonly string[], where: string): MeasuredCell {
  const [blocker, first, firstBlocks, second, secondBlocks, tooMuch] = fields;
  if (secondBlocks === undefined || tooMuch !== undefined || !blocker || !first || !second) {
    throw notATable(`${where}: found ${fields.length} fields, expected ${columns.length}`);
  }
  return {
    ...{ blocker, first, second },
    firstBlocks: truth(firstBlocks, where),
    secondBlocks: truth(secondBlocks, where),
  };
}

function truth(field: string | undefined, where: string): boolean {
  if (field === 'yes' || field === 'no') return field === 'yes';
  throw notATable(`${where}: found "${field}", expected yes or no`);
}

/** A field in quotes may hold commas, and a quote as two. */
function fieldsOf(line: string): string[] {
  const fields = line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g);
  return [...fields].map(([, inQuotes, plain = '']) => inQuotes?.replaceAll('""', '"') ?? plain);
}

function notATable(message: string): Abort {
  return new Abort(message, exitCodes.usage, ['compare with a file that kvtool driver-table --csv wrote']);
}
