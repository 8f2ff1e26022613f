/** Progress on stderr: a spinner for people, one line per event for logs, nothing under --json. */
import type { Style } from './colour.js';

export interface Progress {
  /** What it shows is replaced in place: a terminal. */
  readonly isLive: boolean;
  /** What goes on now; replaces what was shown. */
  update(text: string): void;
  /** Something that stays to be read. */
  note(text: string): void;
  stop(): void;
}

export interface ProgressOptions {
  stream: NodeJS.WriteStream;
  env: NodeJS.ProcessEnv;
  silent: boolean;
  style: Style;
}

const silence: Progress = { isLive: false, update() {}, note() {}, stop() {} };

export async function startProgress({ stream, env, silent, style }: ProgressOptions): Promise<Progress> {
  if (silent) return silence;
  if (!isAnimated(stream, env)) return lines(stream);
  const { default: ora } = await import('ora');
  const spinner = ora({
    stream,
    isEnabled: true,
    color: style.paint.level > 0 ? 'cyan' : false,
    discardStdin: false,
  });
  return {
    isLive: true,
    update: (text) => {
      spinner.text = text;
      spinner.start();
    },
    note: (text) => {
      const wasSpinning = spinner.isSpinning;
      spinner.stop();
      stream.write(`${text}\n`);
      if (wasSpinning) spinner.start();
    },
    stop: () => spinner.stop(),
  };
}

/** On a terminal of 0 columns, which a pseudo-terminal without a size has, ora loops for ever (ora 9.4.1). */
export function isAnimated(
  stream: Pick<NodeJS.WriteStream, 'isTTY' | 'columns'>,
  env: NodeJS.ProcessEnv,
): boolean {
  const isCi = env.CI !== undefined && env.CI !== '' && env.CI !== 'false';
  return stream.isTTY && stream.columns > 0 && !isCi && env.TERM !== 'dumb';
}

function lines(stream: NodeJS.WriteStream): Progress {
  const write = (text: string) => void stream.write(`${text}\n`);
  return { isLive: false, update: write, note: write, stop() {} };
}
