/**
 * SIGINT and SIGTERM for a whole command. The first asks: the command stops, dumps, writes its report and exits with
 * the signal's code. The second insists: the process exits at once, which closes every control pipe, and the guards
 * kill what they guard.
 */
import { exitCodes } from '../exit-codes.js';
import { monotonicNs, nsPerMs } from './clock.js';

export type Interrupt = 'SIGINT' | 'SIGTERM';

const codes = { SIGINT: exitCodes.sigint, SIGTERM: exitCodes.sigterm } as const;

/**
 * Under `npm run` one Ctrl-C arrives twice: from the terminal, and passed on by npm. Within this time the same signal
 * counts once, ms.
 */
const echoMs = 250;

export interface Interrupts {
  /** Aborted by the first signal; its reason is the signal's name. */
  readonly signal: AbortSignal;
  /** The first signal that came. */
  readonly received: Interrupt | undefined;
  /** 130 or 143 once a signal came. */
  readonly exitCode: number | undefined;
  /** Gives the signals back. */
  dispose(): void;
}

/** What `watchInterrupts` needs of `process`. */
export interface SignalSource {
  on(signal: Interrupt, listener: () => void): unknown;
  off(signal: Interrupt, listener: () => void): unknown;
  exit(code: number): void;
}

/** Takes SIGINT and SIGTERM over until `dispose`. */
export function watchInterrupts(source: SignalSource = process, now: () => number = monotonicNs): Interrupts {
  const controller = new AbortController();
  let received: Interrupt | undefined;
  let receivedNs = 0;

  const onSignal = (signal: Interrupt) => {
    if (received === undefined) {
      received = signal;
      receivedNs = now();
      controller.abort(signal);
      return;
    }
    const isEcho = signal === received && now() - receivedNs < echoMs * nsPerMs;
    if (!isEcho) source.exit(codes[signal]);
  };
  const onInt = () => onSignal('SIGINT');
  const onTerm = () => onSignal('SIGTERM');
  source.on('SIGINT', onInt);
  source.on('SIGTERM', onTerm);

  return {
    signal: controller.signal,
    get received() {
      return received;
    },
    get exitCode() {
      return received === undefined ? undefined : codes[received];
    },
    dispose() {
      source.off('SIGINT', onInt);
      source.off('SIGTERM', onTerm);
    },
  };
}
