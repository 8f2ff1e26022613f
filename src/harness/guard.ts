/**
 * The guarded child: kvtool-guard, which starts the harness, tells how it ends and leaves nothing of it behind.
 *
 * Two pipes: bytes on the control pipe are orders, lines on the status pipe are news. When this process dies, however
 * it dies, the kernel closes the control pipe and the guard kills everything.
 */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { Socket } from 'node:net';
import { Abort } from '../errors.js';
import { exitCodes } from '../exit-codes.js';
import { settlesWithin } from './settles.js';

/** How the harness itself ended. Neither field is set when nobody can tell, because its guard was killed. */
export interface HarnessExit {
  code?: number;
  signal?: string;
}

export interface GuardOptions {
  /** Path of kvtool-guard. */
  guard: string;
  command: string;
  args: readonly string[];
  cwd: string;
  /** The whole environment of the harness. */
  env: NodeJS.ProcessEnv;
  /** How long the guard may take to kill and reap everything before we kill what we know ourselves, ms. Default 6000. */
  killGraceMs?: number;
  /** Where its output goes. A raw descriptor: no pipe that a forgotten grandchild could hold open. */
  logFd: number;
}

/** The guard itself gives up after 5 s on processes that do not die of SIGKILL, and says so. */
const defaultKillGraceMs = 6000;
/** What is killed here and still not gone after this is stuck in the kernel, ms. */
const lastResortMs = 1000;
/** The guard's last words are in the pipe when it exits; reading them takes one turn of the event loop, ms. */
const lastWordsMs = 500;

export class GuardedChild {
  /** Process id of the harness, once it runs. */
  pid?: number;
  /** How it ended, once it has. */
  exit?: HarnessExit;
  /** Why it never ran; exclusive with `pid`. */
  failure?: Abort;
  /** Other processes of the harness that the guard had to kill. Known when `gone` resolves. */
  strays = 0;
  /** Processes that did not die of SIGKILL: they are stuck in the kernel. Known when `gone` resolves. */
  left = 0;
  /** The guard ended before it said that everything is gone: descendants of the harness may live on. */
  guardLost?: string;
  /** Resolves when the harness has ended or could not be started. */
  readonly exited: Promise<void>;
  /** Resolves when the guard is gone, and with it everything it guarded. */
  readonly gone: Promise<void>;

  readonly #command: string;
  readonly #killGraceMs: number;
  readonly #guard: ChildProcess;
  #resolveExited = () => {};
  #resolveGone = () => {};
  #isGone = false;
  #saidDone = false;

  constructor(options: GuardOptions) {
    this.exited = new Promise((resolve) => {
      this.#resolveExited = resolve;
    });
    this.gone = new Promise((resolve) => {
      this.#resolveGone = resolve;
    });
    this.#command = options.command;
    this.#killGraceMs = options.killGraceMs ?? defaultKillGraceMs;
    const args = ['--control-fd', '3', '--status-fd', '4', '--', options.command, ...options.args];
    // Plain spawn: execa's promise waits until the pipes close, and what is wanted here is the exit event. Detached,
    // so that a Ctrl-C at the terminal reaches kvtool only, which then dumps before it kills.
    this.#guard = spawn(options.guard, args, {
      cwd: options.cwd,
      env: options.env,
      detached: true,
      stdio: ['ignore', options.logFd, options.logFd, 'pipe', 'pipe'],
    });
    this.#guard.once('error', (error) => this.#guardFailed(error));
    this.#guard.once('exit', (code, signal) => this.#guardExited(code, signal));
    this.#pipe(3).on('error', () => {}); // EPIPE: the guard has gone, and `exit` tells so
    this.#listen(this.#pipe(4));
  }

  /** Asks the harness's process group to end. Does not wait; a harness may ignore it. */
  terminate(): void {
    this.#order('t');
  }

  /**
   * Kills the harness and everything it started. Resolves when all of it is gone, at the latest after some seconds.
   *
   * @returns false when that could not be confirmed
   */
  async kill(): Promise<boolean> {
    this.#order('k');
    if (!(await settlesWithin(this.gone, this.#killGraceMs))) {
      killGroup(this.pid);
      killGroup(this.#guard.pid);
      if (!(await settlesWithin(this.gone, lastResortMs))) return false;
    }
    return this.#isClear();
  }

  /**
   * Waits for the guard to clear up after a harness that has ended by itself, and kills what it does not get rid of.
   *
   * @returns false when it could not be confirmed that everything is gone
   */
  async settle(): Promise<boolean> {
    return (await settlesWithin(this.gone, this.#killGraceMs)) ? this.#isClear() : this.kill();
  }

  #isClear(): boolean {
    return this.guardLost === undefined && this.left === 0;
  }

  #order(byte: 'k' | 't'): void {
    if (!this.#isGone) this.#pipe(3).write(byte);
  }

  #pipe(fd: 3 | 4): Socket {
    const pipe = this.#guard.stdio[fd];
    if (pipe instanceof Socket) return pipe;
    throw new Error(`the guard was started without a pipe at descriptor ${fd}`);
  }

  #listen(status: Socket): void {
    let rest = '';
    status.setEncoding('utf8');
    status.on('error', () => {});
    status.on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) this.#hear(line);
    });
  }

  #hear(line: string): void {
    const news = parseNews(line);
    if (news === undefined) return;
    switch (news.event) {
      case 'started':
        if (typeof news.pid === 'number') this.pid = news.pid;
        break;
      case 'exec-failed':
        this.#neverRan(typeof news.message === 'string' ? news.message : `cannot run ${this.#command}`);
        break;
      case 'exited':
        this.#ended({
          ...(typeof news.code === 'number' ? { code: news.code } : {}),
          ...(typeof news.signal === 'string' ? { signal: news.signal } : {}),
        });
        break;
      case 'done':
        this.#saidDone = true;
        if (typeof news.strays === 'number') this.strays = news.strays;
        if (typeof news.left === 'number') this.left = news.left;
        break;
    }
  }

  #ended(exit: HarnessExit): void {
    this.exit ??= exit;
    this.#resolveExited();
  }

  #neverRan(why: string): void {
    this.failure ??= new Abort(`${why}; expected a program that this user may run`, exitCodes.unavailable, [
      'check that it is installed and on the PATH',
      'check the working folder and its permissions',
    ]);
    this.#resolveExited();
  }

  /** The guard itself could not be started: no such file, or the working folder does not exist. */
  #guardFailed(error: Error): void {
    if (this.#guard.pid !== undefined) return;
    this.#neverRan(`cannot run ${this.#command}: ${error.message}`);
    this.#finish();
  }

  #guardExited(code: number | null, signal: NodeJS.Signals | null): void {
    void settlesWithin(this.#statusEnd(), lastWordsMs).then(() => {
      if (!this.#saidDone && this.failure === undefined) {
        this.guardLost = signal === null ? `exit code ${code}` : signal;
        killGroup(this.pid);
      }
      if (this.failure === undefined) this.#ended({});
      this.#finish();
    });
  }

  #statusEnd(): Promise<void> {
    const status = this.#pipe(4);
    if (status.closed) return Promise.resolve();
    return new Promise((resolve) => {
      status.once('close', resolve);
    });
  }

  #finish(): void {
    this.#isGone = true;
    this.#pipe(3).destroy();
    this.#pipe(4).destroy();
    this.#resolveGone();
  }
}

interface News {
  event: unknown;
  pid?: unknown;
  message?: unknown;
  code?: unknown;
  signal?: unknown;
  strays?: unknown;
  left?: unknown;
}

function parseNews(line: string): News | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && 'event' in value ? value : undefined;
  } catch {
    return undefined;
  }
}

function killGroup(leader: number | undefined): void {
  if (leader === undefined) return;
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    // ESRCH: nobody is left in that group.
  }
}
