import { createHash } from 'node:crypto';
import { chmod, copyFile, link, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, it } from 'vitest';
import Explain from '../../src/commands/explain.js';
import { problems } from '../contracts/schemas.js';
import { dumpFolder, fixtureText } from '../parsers/fixtures.js';
import { temporaryFolder } from '../services/doubles.js';
import { run } from './run.js';

const deadlock = join(dumpFolder, 'gdb-terminal.txt');
const cannotTell = join(dumpFolder, 'pystack-core.txt');
const idle = join(dumpFolder, 'noisy-colours.txt');

let folder: string;
beforeEach(async () => {
  folder = await temporaryFolder();
});

async function file(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

describe('exit codes', () => {
  it.each([
    ['a deadlock', deadlock, 3, 'deadlock'],
    ['a text that cannot tell', cannotTell, 5, 'inconclusive'],
    ['nothing stuck', idle, 0, 'ok'],
  ])('%s', async (_, path, exitCode, status) => {
    expect(await run(Explain, [path])).toMatchObject({ exitCode, error: undefined });
    const { exitCode: withJson, stdout } = await run(Explain, [path, '--json']);
    expect(withJson).toBe(exitCode);
    const printed = JSON.parse(stdout);
    expect(printed).toMatchObject({ command: 'explain', status, result: { exitCode } });
    expect(problems('document', printed)).toEqual([]);
    expect(problems('explain-report', printed.result)).toEqual([]);
  });
});

describe('what is no dump', () => {
  const table: [string, () => Promise<string[]>, RegExp][] = [
    [
      'a file that is not there',
      async () => [join(folder, 'none')],
      /there is no such file, expected the text/,
    ],
    ['a file below a file', async () => [join(deadlock, 'x')], /there is no such file/],
    ['a name of nothing', async () => [''], /there is no such file/],
    ['a folder', async () => [folder], /it is a folder, expected/],
    ['an empty file', async () => [await file('empty', '')], /it is empty, expected/],
    ['a device that gives nothing', async () => ['/dev/null'], /it is empty, expected/],
    ['memory that cannot be read', async () => ['/proc/self/mem'], /the system cannot read it, expected/],
    [
      'prose',
      async () => [await file('prose', 'It hangs.\nHelp!\n')],
      /found no stack in the 2 lines of .*prose/,
    ],
    ['blank lines', async () => [await file('blank', '\n\n\n')], /found no stack in the 3 lines/],
    ['noise', async () => [await file('noise', noise(50_000))], /found no stack in the \d+ lines/],
    ['a program', async () => [process.execPath], /it is a core file or a program, expected/],
    [
      'a compressed dump',
      async () => [await file('x.gz', gzipSync(fixtureText('jstack.txt')))],
      /compressed/,
    ],
    ['another JSON', async () => [await file('x.json', '{"threads": 3, "pid": []}')], /found no stack/],
    [
      'two files without any',
      async () => [await file('a', 'a'), await file('b', 'b')],
      /2 lines of .*a, .*b/,
    ],
    ['one good file and one that is gone', async () => [deadlock, join(folder, 'none')], /no such file/],
  ];

  it.each(table)('%s exits 2 and says what was expected', async (_, argv, message) => {
    const { exitCode, error, stdout } = await run(Explain, await argv());
    expect(error?.message).toMatch(message);
    expect(error?.suggestions?.length).toBeGreaterThan(0);
    expect([exitCode, stdout]).toEqual([2, '']);
  });

  it.each(table)('%s exits 2 under --json, with one document', async (_, argv, message) => {
    const { exitCode, stdout, stderr } = await run(Explain, [...(await argv()), '--json']);
    expect([exitCode, stderr]).toEqual([2, '']);
    const printed = JSON.parse(stdout);
    expect(printed.result.message).toMatch(message);
    expect(problems('document#/$defs/failure', printed.result)).toEqual([]);
  });

  it.runIf(process.getuid?.() !== 0)('a file without permission exits 2', async () => {
    const path = await file('secret', fixtureText('jstack.txt'));
    await chmod(path, 0);
    const { exitCode, error } = await run(Explain, [path]);
    expect(error?.message).toMatch(/permission denied, expected/);
    expect(exitCode).toBe(2);
  });

  it('a compressed one says how to read it', async () => {
    const path = await file('x.gz', gzipSync('x'));
    expect((await run(Explain, [path])).error?.suggestions).toEqual([`zcat ${path} | kvtool explain -`]);
  });
});

describe('outputs', () => {
  it.each([
    [['--graph', 'png'], /Expected --graph=png to be one of: svg, dot/],
    [['--output', 'x'], /--output has nothing to write, expected --graph or --markdown/],
    [['--graph', 'svg', '--json'], /--json has standard output to itself, expected --output/],
    [['--markdown', '--json'], /--json=true cannot also be provided|--json has standard output to itself/],
    [['--markdown', '--graph', 'dot'], /only one of them fits on standard output, expected --output/],
  ])('%j exits 2', async (argv, message) => {
    const { exitCode, error, stdout } = await run(Explain, [deadlock, ...argv]);
    const failure = error?.message ?? JSON.parse(stdout).result.message;
    expect([exitCode, failure]).toEqual([2, expect.stringMatching(message)]);
  });

  it('Markdown instead of the text', async () => {
    const { stdout, exitCode } = await run(Explain, [deadlock, '--markdown']);
    expect(exitCode).toBe(3);
    expect(stdout).toMatch(/^### deadlock \(abba-mutex\), confidence 0\.\d+\n/);
    expect(stdout.match(/^```$/gm)?.length).toBe(2);
  });

  it('a graph instead of the text', async () => {
    const dot = (await run(Explain, [deadlock, '--graph', 'dot'])).stdout;
    expect(dot).toMatch(/^digraph kvtool \{\n/);
    expect(dot.match(/c\d -> c\d/g)).toEqual(['c0 -> c1', 'c1 -> c0']);
    const svg = (await run(Explain, [deadlock, '--graph', 'svg'])).stdout;
    expect(svg).toMatch(/^<\?xml[\s\S]*<svg [\s\S]*left_lock[\s\S]*<\/svg>\s*$/);
  });

  it('a graph into a file, and the text as always', async () => {
    const output = join(folder, 'cycle.svg');
    const { stdout, exitCode } = await run(Explain, [deadlock, '--graph', 'svg', '--output', output]);
    expect(exitCode).toBe(3);
    expect(stdout).toMatch(/^verdict {2}deadlock/);
    expect(await readFile(output, 'utf8')).toContain('<svg ');
  });

  it('a graph into a file, and JSON or Markdown on standard output', async () => {
    const output = join(folder, 'cycle.dot');
    const wanted = [deadlock, '--graph', 'dot', '--output', output];
    const { result } = JSON.parse((await run(Explain, [...wanted, '--json'])).stdout);
    expect(result.verdict.kind).toBe('deadlock');
    expect(await readFile(output, 'utf8')).toContain('digraph kvtool');
    expect((await run(Explain, [...wanted, '--markdown'])).stdout).toMatch(/^### deadlock/);
  });

  it('Markdown into a file', async () => {
    const output = join(folder, 'answer.md');
    await run(Explain, [deadlock, '--markdown', '--output', output]);
    expect(await readFile(output, 'utf8')).toMatch(/^### deadlock/);
  });

  it('a file that cannot be written is a clear error', async () => {
    const output = join(folder, 'none', 'cycle.svg');
    const { exitCode, error } = await run(Explain, [deadlock, '--graph', 'svg', '--output', output]);
    expect(error?.message).toMatch(/cannot write .*cycle\.svg: .*ENOENT/);
    expect(exitCode).toBe(2);
  });
});

describe('several files', () => {
  it('are several processes when they show different ones', async () => {
    const argv = [deadlock, join(dumpFolder, 'jstack.txt'), '--json'];
    const { result } = JSON.parse((await run(Explain, argv)).stdout);
    expect(result.processes.map((process: { format: string }) => process.format)).toEqual(['gdb', 'jstack']);
    expect(result.inputs).toHaveLength(2);
  });

  it('are two samples when they show one: it is surer', async () => {
    const again = join(folder, 'again.txt');
    await copyFile(deadlock, again);
    const once = JSON.parse((await run(Explain, [deadlock, '--json'])).stdout).result;
    const twice = JSON.parse((await run(Explain, [deadlock, again, '--json'])).stdout).result;
    expect(twice.processes).toHaveLength(1);
    expect(twice.processes[0].samples).toBe(2);
    expect(twice.verdict.confidence).toBeGreaterThan(once.verdict.confidence);
  });

  it('of which the first does not show the cycle prove nothing', async () => {
    const stuck = fixtureText('py-spy-native.txt');
    const moving = stuck.replace(/( +\S.*\n){4}(?= +set_device)/, '    cudaMalloc (libcudart.so.12)\n');
    expect(moving.length).toBeLessThan(stuck.length);
    const argv = [await file('first.txt', moving), await file('second.txt', stuck)];
    const { exitCode, stdout } = await run(Explain, [...argv, '--json']);
    const { verdict, processes } = JSON.parse(stdout).result;
    expect(processes[0].samples).toBe(2);
    expect(verdict).toMatchObject({ kind: 'unknown', family: 'gil-vs-cuda-driver' });
    expect(verdict.unknowns).toContainEqual(expect.stringMatching(/dump before this one does not show/));
    expect(exitCode).toBe(5);
  });

  it('that are the same file are one sample', async () => {
    const other = join(folder, 'link.txt');
    await link(await file('dump.txt', fixtureText('gdb-terminal.txt')), other);
    const argv = [join(folder, 'dump.txt'), other, join(folder, 'dump.txt'), '--json'];
    const { result } = JSON.parse((await run(Explain, argv)).stdout);
    expect(result.processes[0].samples).toBe(1);
    expect(result.inputs).toHaveLength(1);
    expect(result.warnings).toEqual([
      expect.stringMatching(/link\.txt is named more than once: it was read once/),
      expect.stringMatching(/dump\.txt is named more than once/),
    ]);
  });

  it('of which one has no dump: said, and the others are read', async () => {
    const prose = await file('prose.txt', 'nothing here\n');
    const { exitCode, stdout } = await run(Explain, [prose, deadlock]);
    expect(exitCode).toBe(3);
    expect(stdout).toMatch(/prose\.txt: no dump, 1 line, 1 skipped/);
    expect(stdout).toMatch(/warning {2}.*prose\.txt: No stack of any known format was found\./);
  });

  it('may have commas and blanks in their names', async () => {
    const path = join(folder, ' a, b');
    await mkdir(path);
    await copyFile(deadlock, join(path, 'dump, 1.txt '));
    expect((await run(Explain, [join(path, 'dump, 1.txt ')])).exitCode).toBe(3);
  });
});

describe('encodings', () => {
  const text = fixtureText('gdb-terminal.txt');
  it.each([
    ['UTF-16 of PowerShell', () => Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')])],
    ['big-endian UTF-16', () => Buffer.from(`\ufeff${text}`, 'utf16le').swap16()],
    ['UTF-8 with a byte order mark', () => Buffer.from(`\ufeff${text}`)],
    ['lines that end in CR LF', () => Buffer.from(text.replaceAll('\n', '\r\n'))],
    ['bytes that are no UTF-8', () => Buffer.concat([Buffer.from([0xc3, 0x28, 0x0a]), Buffer.from(text)])],
  ])('%s', async (_, bytes) => {
    const { result } = JSON.parse((await run(Explain, [await file('x.txt', bytes()), '--json'])).stdout);
    expect(result.verdict).toMatchObject({ kind: 'deadlock', family: 'abba-mutex' });
  });
});

describe('help', () => {
  it('has examples for each way to use it', () => {
    const lines = Explain.examples.map(({ command }) => command.replace('<%= config.bin %> ', ''));
    expect(lines).toEqual(
      expect.arrayContaining(['explain dump.txt', 'explain -', 'explain first.txt second.txt']),
    );
  });
});

/** The same bytes on every run. */
function noise(length: number): Buffer {
  const blocks = Array.from({ length: Math.ceil(length / 64) }, (_, at) =>
    createHash('sha512').update(`noise ${at}`).digest(),
  );
  return Buffer.concat(blocks).subarray(0, length);
}
