/** What one text may cost. A dump of a busy server stays far below; a hostile or endless text is cut here, and said so. */
export const limits = {
  /** Characters of one line of text; C++ template names reach several thousand. */
  line: 16 * 1024,
  /** Characters of one JSON document. */
  json: 64 * 1024 * 1024,
  /** Characters of one function name, command line or note. */
  name: 4096,
  /** Frames kept of one stack: a wait shows at its inner end, a thread's purpose at its outer one. */
  innermost: 200,
  outermost: 50,
  /** Over the whole text. */
  threads: 100_000,
  frames: 500_000,
  characters: 32 * 1024 * 1024,
  /** From here on, threads with the same stack share one list of frames. */
  ownFrames: 50_000,
  /** Sources (ranks, pods) that are told apart by the prefix of their lines. */
  lanes: 1000,
  /** Lines of one frame that gdb or a mail program wrapped. */
  wrapped: 64,
} as const;
