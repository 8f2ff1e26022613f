/** Where `kvtool explain` gets its texts from: files, pipes and standard input, in the encodings that shells write. */
import { open } from 'node:fs/promises';
import { Abort } from '../errors.js';
import { exitCodes } from '../exit-codes.js';
import { sayFile } from '../report/explain-report.js';

/** One text, and how to call it. */
export interface Input {
  /** As given; `-` is standard input. */
  file: string;
  /** Bytes, where it is known before: of a regular file. */
  size?: number;
  text: AsyncIterable<string>;
}

/** Opens each file once, however often it is named: one text read twice is not two samples. */
export class Inputs {
  readonly warnings: string[] = [];
  readonly #opened = new Set<string>();

  constructor(readonly stdin: NodeJS.ReadStream) {}

  /**
   * @returns undefined for a file that was opened before
   * @throws Abort (exit 2) for what cannot be read
   */
  async open(file: string): Promise<Input | undefined> {
    return file === '-' ? this.#openStandardInput() : this.#openFile(file);
  }

  #openStandardInput(): Input | undefined {
    if (this.stdin.isTTY) {
      throw new Abort('standard input is a terminal, expected a dump piped in', exitCodes.usage, [
        'pipe one in, e.g. py-spy dump --native --pid PID | kvtool explain -',
        'or name a file: kvtool explain dump.txt',
      ]);
    }
    if (!this.#isNew('-', '-')) return undefined;
    return { file: '-', text: decoded('-', this.stdin) };
  }

  async #openFile(file: string): Promise<Input | undefined> {
    try {
      const handle = await open(file);
      const found = await handle.stat();
      if (found.isDirectory()) {
        await handle.close();
        throw unreadable(file, 'it is a folder');
      }
      if (found.isFile() && !this.#isNew(file, `${found.dev} ${found.ino}`)) {
        await handle.close();
        return undefined;
      }
      // Files of /proc, and pipes such as <(command), tell no size.
      const size = found.isFile() && found.size > 0 ? { size: found.size } : {};
      return { file, ...size, text: decoded(file, handle.createReadStream({ highWaterMark: chunkBytes })) };
    } catch (error) {
      throw unreadable(file, reasonOf(error), error);
    }
  }

  #isNew(file: string, identity: string): boolean {
    if (this.#opened.has(identity)) {
      this.warnings.push(`${sayFile(file)} is named more than once: it was read once, as one sample.`);
      return false;
    }
    this.#opened.add(identity);
    return true;
  }
}

const chunkBytes = 256 * 1024;

/** @throws Abort (exit 2) when it is empty, is known to be no text, or breaks off */
async function* decoded(file: string, bytes: AsyncIterable<Buffer | string>): AsyncIterable<string> {
  let decoder: InstanceType<typeof TextDecoder> | undefined;
  try {
    for await (const chunk of bytes) {
      const part = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
      if (decoder === undefined) {
        refuseBinary(file, part);
        decoder = new TextDecoder(encodingOf(part));
      }
      yield decoder.decode(part, { stream: true });
    }
  } catch (error) {
    throw unreadable(file, reasonOf(error), error);
  }
  if (decoder === undefined) throw unreadable(file, 'it is empty');
  yield decoder.decode();
}

/** PowerShell's `>` writes UTF-16, with a byte order mark. */
function encodingOf(start: Buffer): string {
  if (start[0] === 0xff && start[1] === 0xfe) return 'utf-16le';
  return start[0] === 0xfe && start[1] === 0xff ? 'utf-16be' : 'utf-8';
}

interface Magic {
  bytes: string;
  what: string;
  instead: (file: string) => string;
}

/** What people hand over instead of a text, by its first bytes. */
const magics: readonly Magic[] = [
  {
    bytes: '\x7fELF',
    what: 'a core file or a program',
    instead: (file) => `gdb PROGRAM ${file} -batch -ex 'thread apply all bt' | kvtool explain -`,
  },
  { bytes: '\x1f\x8b', what: 'compressed', instead: (file) => `zcat ${file} | kvtool explain -` },
  { bytes: '\x28\xb5\x2f\xfd', what: 'compressed', instead: (file) => `zstdcat ${file} | kvtool explain -` },
  { bytes: '\xfd7zXZ', what: 'compressed', instead: (file) => `xzcat ${file} | kvtool explain -` },
  { bytes: 'PK\x03\x04', what: 'an archive', instead: (file) => `unzip -p ${file} | kvtool explain -` },
  { bytes: '%PDF', what: 'a PDF document', instead: () => 'copy the text of the dump into a file' },
  { bytes: '\x89PNG', what: 'a picture', instead: () => 'ask for the text of the dump' },
  { bytes: '\xff\xd8\xff', what: 'a picture', instead: () => 'ask for the text of the dump' },
];

function refuseBinary(file: string, start: Buffer): void {
  const head = start.toString('latin1', 0, 8);
  const magic = magics.find(({ bytes }) => head.startsWith(bytes));
  if (magic === undefined) return;
  const name = file === '-' ? 'FILE' : file;
  throw new Abort(
    `cannot read ${sayFile(file)}: it is ${magic.what}, expected the text of a dump`,
    exitCodes.usage,
    [magic.instead(name)],
  );
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EISDIR: 'it is a folder',
  ESRCH: 'its process has ended',
  EIO: 'the system cannot read it',
  ELOOP: 'its links lead in a circle',
};

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return reasons[code] ?? error.message;
}

function unreadable(file: string, why: string, cause?: unknown): Abort {
  if (cause instanceof Abort) return cause;
  return new Abort(`cannot read ${sayFile(file)}: ${why}, expected the text of a dump`, exitCodes.usage, [
    'check the path; - is standard input',
  ]);
}
