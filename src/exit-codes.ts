/** The exit codes: a contract, see docs/exit-codes.md. Pipelines retry and soft-fail by them. */
export const exitCodes = {
  clean: 0,
  bug: 1,
  usage: 2,
  deadlock: 3,
  race: 4,
  inconclusive: 5,
  /** The environment lacks what was asked for: no GPU, no Python, no permission. */
  unavailable: 69,
  /** Infrastructure: retry. */
  retry: 75,
  /** kvtool's own deadline. */
  deadline: 124,
  sigint: 130,
  sigterm: 143,
} as const;
