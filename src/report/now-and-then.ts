/**
 * Lets the first call through and then at most one in `everyMs`: work that ends a thousand times a second would fill a
 * log. For what the next call says better anyway.
 */
export function nowAndThen<T extends unknown[]>(
  everyMs: number,
  act: (...args: T) => void,
  now: () => number = () => performance.now(),
): (...args: T) => void {
  let lastMs = Number.NEGATIVE_INFINITY;
  return (...args) => {
    if (now() - lastMs < everyMs) return;
    lastMs = now();
    act(...args);
  };
}
