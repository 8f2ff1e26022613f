/** From the cells to what a programmer has to know. */
import type { Conclusion, MeasuredCell } from '../report/driver-table-report.js';

const stuckHostFunction = 'host function that does not return';
const nobody = 'none';

export function conclude(cells: readonly MeasuredCell[]): Conclusion {
  const behindHostFunction = cells.filter((cell) => cell.blocker === stuckHostFunction);
  const alone = behindHostFunction.filter((cell) => cell.first === nobody);
  const blockedAlone = alone.filter((cell) => cell.secondBlocks).map((cell) => cell.second);
  const blockingFirsts = unique(
    behindHostFunction.filter((cell) => cell.firstBlocks).map((cell) => cell.first),
  );
  const blockOthers = blockingFirsts.map((first) => ({
    first,
    blocked: behindHostFunction
      .filter((cell) => cell.first === first && cell.secondBlocks && !blockedAlone.includes(cell.second))
      .map((cell) => cell.second),
  }));
  const seconds = unique(cells.map((cell) => cell.second));
  const everBlocked = new Set(cells.filter((cell) => cell.secondBlocks).map((cell) => cell.second));
  return {
    blockTheirThread: unique([...blockingFirsts, ...blockedAlone]),
    blockOthers: blockOthers.filter(({ blocked }) => blocked.length > 0),
    neverBlocked: seconds.filter((second) => !everBlocked.has(second)),
  };
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)];
}
