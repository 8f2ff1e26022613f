/** Dumps of processes that died by themselves: they hang in nothing. */
import { bareName } from './frames.js';
import type { ProcessDump } from './process-dump.js';

/** Nobody sends these by hand; SIGABRT, SIGQUIT and SIGINT are what people end a hung process with. */
const ownFault =
  /(received signal|terminated with signal|process died).*\bSIG(SEGV|BUS|FPE|ILL|SYS)\b|^Fatal Python error: (?!Aborted|Quit|Interrupt|User defined)|^Windows fatal exception: /;
const aborted = /\bSIGABRT\b|^Fatal Python error: Aborted/;
/** How deep abort() stands in the thread that called it: below raise and pthread_kill. */
const abortDepth = 6;

/** What killed the process, as the text says it; undefined when nothing did. */
export function causeOfDeath({ notes = [], threads }: ProcessDump): string | undefined {
  const abort = notes.find((note) => aborted.test(note));
  const aborts = threads.some(({ frames }) =>
    frames.slice(0, abortDepth).some((frame) => frame.runtime === 'native' && bareName(frame) === 'abort'),
  );
  return notes.find((note) => ownFault.test(note)) ?? (aborts ? abort : undefined);
}
