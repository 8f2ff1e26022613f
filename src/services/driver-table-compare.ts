/** Two driver tables side by side. */
import { readFile } from 'node:fs/promises';
import { Abort } from '../errors.js';
import { exitCodes } from '../exit-codes.js';
import type { Comparison, Difference, MeasuredCell } from '../report/driver-table-report.js';
import { parseCsv } from './driver-table-csv.js';

/** @throws Abort (exit 2) when it cannot be read or is no table */
export async function readTable(file: string): Promise<MeasuredCell[]> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error);
    throw new Abort(`cannot read ${file}: ${why}`, exitCodes.usage, ['give a file that can be read']);
  });
  return parseCsv(text, file);
}

export function compareTables(
  here: readonly MeasuredCell[],
  there: readonly MeasuredCell[],
  file: string,
): Comparison {
  const others = new Map(there.map((cell) => [keyOf(cell), cell]));
  const differences: Difference[] = [];
  let compared = 0;
  for (const cell of here) {
    const other = others.get(keyOf(cell));
    if (other === undefined) continue;
    compared++;
    const [ours, theirs] = [answerOf(cell), answerOf(other)];
    const { blocker, first, second } = cell;
    if (ours !== theirs) differences.push({ blocker, first, second, here: ours, there: theirs });
  }
  return {
    ...{ file, compared, differences },
    onlyHere: here.length - compared,
    onlyThere: others.size - compared,
  };
}

function keyOf({ blocker, first, second }: MeasuredCell): string {
  return JSON.stringify([blocker, first, second]);
}

function answerOf({ firstBlocks, secondBlocks }: MeasuredCell): string {
  const say = (blocks: boolean) => (blocks ? 'blocks' : 'returns');
  return `first ${say(firstBlocks)}, second ${say(secondBlocks)}`;
}
