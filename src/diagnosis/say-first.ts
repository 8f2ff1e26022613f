/** What stands between two items, and before the count of the rest. */
export interface Joints {
  between: string;
  rest: string;
}

const words: Joints = { between: ', ', rest: ' and ' };
/** Between items that hold commas themselves. */
export const clauses: Joints = { between: '; ', rest: '; and ' };

/** Names the first `most` items and only counts the others: `a, b and 3 more`. `say` is asked for those that are named. */
export function sayFirst<Item>(
  items: readonly Item[],
  most: number,
  say: (item: Item) => string,
  { between, rest }: Joints = words,
): string {
  const named = items.slice(0, most).map((item) => say(item));
  const others = items.length - named.length;
  return `${named.join(between)}${others > 0 ? `${rest}${others} more` : ''}`;
}
