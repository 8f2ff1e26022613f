/**
 * Two kinds of failure reach the user: an Abort (their input or their environment; says what was found, what was
 * expected and what to do) and everything else, which is a bug in kvtool and keeps its stack.
 */
export class Abort extends Error {
  override readonly name = 'Abort';
  constructor(
    message: string,
    readonly exitCode: number,
    /** What to do, one line each. */
    readonly suggestions: readonly string[] = [],
  ) {
    super(message);
  }
}
