/** What all commands share: one JSON document, exit codes that --json does not lose, and two kinds of failure. */
import { Command, Flags, type Interfaces } from '@oclif/core';
import { Abort } from './errors.js';
import { exitCodes } from './exit-codes.js';
import { groups } from './flags/shared.js';
import { watchInterrupts } from './harness/interrupts.js';
import { type Style, styleFor } from './report/colour.js';
import { type Document, document, type Failure } from './report/json.js';
import { type Progress, startProgress } from './report/progress.js';

/** oclif keeps an exit code in `oclif.exit`, an Abort in `exitCode`. */
type CommandError = Error & {
  oclif?: { exit?: number };
  exitCode?: number;
  skipOclifErrorHandling?: boolean;
};

export interface Outcome {
  exitCode: number;
  result: object;
  warnings: readonly string[];
  text: () => string;
}

export interface WorkTools {
  /** Aborted by SIGINT or SIGTERM. */
  signal: AbortSignal;
  /** 130 or 143 once a signal came. */
  interruptCode: () => number | undefined;
  progress: Progress;
}

export abstract class BaseCommand extends Command {
  static override enableJsonFlag = true;

  static override baseFlags: Interfaces.FlagInput = {
    json: Flags.boolean({
      env: 'KVTOOL_JSON',
      helpGroup: groups.output,
      summary: 'Print one JSON document on stdout and nothing else.',
    }),
    'no-color': Flags.boolean({
      env: 'KVTOOL_NO_COLOR',
      helpGroup: groups.output,
      summary: 'Print without colour, as NO_COLOR does.',
    }),
  };

  /** One decision for everything that is printed. */
  protected style(stream: NodeJS.WriteStream = process.stdout): Style {
    const plain = this.argv.includes('--no-color') ? { NO_COLOR: '1' } : {};
    return styleFor({ ...process.env, ...plain }, stream.isTTY === true);
  }

  /** Sets the exit code, prints for people, and makes the document for programs. */
  protected finish({ exitCode, result, warnings, text }: Outcome): Document {
    process.exitCode = exitCode;
    if (!this.jsonEnabled()) this.log(text());
    return document(this.id ?? '', exitCode, result, warnings);
  }

  /** For commands that run harnesses: interrupts are taken over and progress is shown while `work` goes on. */
  protected async supervised(work: (tools: WorkTools) => Promise<Outcome>): Promise<Document> {
    const interrupts = watchInterrupts();
    const { stderr: stream } = process;
    const progress = await startProgress({
      ...{ stream, env: process.env, silent: this.jsonEnabled(), style: this.style(stream) },
    });
    try {
      const { signal } = interrupts;
      const outcome = await work({ signal, interruptCode: () => interrupts.exitCode, progress });
      progress.stop();
      return this.finish(outcome);
    } finally {
      progress.stop();
      interrupts.dispose();
    }
  }

  override jsonEnabled(): boolean {
    const fromEnvironment = (process.env.KVTOOL_JSON ?? '').toLowerCase();
    return super.jsonEnabled() || ['1', 'true', 'y', 'yes'].includes(fromEnvironment);
  }

  /** oclif's own would colour it under FORCE_COLOR, and then it is no JSON any more. */
  override logJson(json: unknown): void {
    process.stdout.write(`${JSON.stringify(json, undefined, 2)}\n`);
  }

  /**
   * oclif reads `exitCode` here, but its own errors carry `oclif.exit`, so that under --json every failure would exit
   * 1 (https://github.com/oclif/core/issues/1423). Set first, ours stays.
   */
  override async catch(error: CommandError): Promise<void> {
    const exitCode = exitCodeOf(error);
    process.exitCode = exitCode;
    if (this.jsonEnabled()) return super.catch(error);
    if (error instanceof Abort)
      this.error(error.message, { exit: exitCode, suggestions: [...error.suggestions] });
    if (isBug(error)) this.#explainBug(error);
    throw error;
  }

  override toErrorJson(error: CommandError): Document {
    const exitCode = exitCodeOf(error);
    const failure: Failure = {
      message: error.message,
      exitCode,
      suggestions: error instanceof Abort ? [...error.suggestions] : [],
      ...(isBug(error) && error.stack !== undefined ? { stack: error.stack } : {}),
    };
    return document(this.id ?? '', exitCode, failure, []);
  }

  #explainBug(error: CommandError): void {
    const { bugs } = this.config.pjson;
    const where = typeof bugs === 'string' ? bugs : (bugs?.url ?? "the project's issue tracker");
    process.stderr.write(
      `${error.stack ?? error.message}\n\n` +
        `This is a bug in kvtool. Please report it at ${where}\n` +
        `with the lines above, the command line and this: ${this.config.userAgent}\n`,
    );
    error.skipOclifErrorHandling = true;
  }
}

function exitCodeOf(error: CommandError): number {
  return error.oclif?.exit ?? error.exitCode ?? exitCodes.bug;
}

/** Neither the user's input or environment, nor one of oclif's own complaints. */
function isBug(error: CommandError): boolean {
  return !(error instanceof Abort) && error.oclif === undefined;
}
