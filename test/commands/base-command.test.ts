import { describe, expect, it } from 'vitest';
import { BaseCommand } from '../../src/base-command.js';
import { Abort } from '../../src/errors.js';
import { exitCodes } from '../../src/exit-codes.js';
import type { Document } from '../../src/report/json.js';
import { problems } from '../contracts/schemas.js';
import { run } from './run.js';

class Finds extends BaseCommand {
  async run(): Promise<Document> {
    await this.parse(Finds);
    return this.finish({
      exitCode: 3,
      result: { found: 1 },
      warnings: ['careful'],
      text: () => 'for people',
    });
  }
}

class Aborts extends BaseCommand {
  async run(): Promise<void> {
    await this.parse(Aborts);
    throw new Abort('no GPU', exitCodes.unavailable, ['use --device sim']);
  }
}

class Breaks extends BaseCommand {
  async run(): Promise<void> {
    await this.parse(Breaks);
    throw new TypeError('undefined is not a function');
  }
}

describe('a result', () => {
  it('goes to people as text, with its exit code', async () => {
    expect(await run(Finds, [])).toMatchObject({ exitCode: 3, stdout: 'for people\n', stderr: '' });
  });

  it('goes to programs as one document, with the same exit code', async () => {
    const { exitCode, stdout, stderr } = await run(Finds, ['--json']);
    expect(exitCode).toBe(3);
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual({
      schemaVersion: 1,
      command: 'finds',
      status: 'deadlock',
      result: { found: 1 },
      warnings: ['careful'],
    });
  });

  it('is JSON also when the environment asks for it, and never coloured', async () => {
    process.env.KVTOOL_JSON = 'true';
    process.env.FORCE_COLOR = '3';
    try {
      const { stdout } = await run(Finds, []);
      expect(JSON.parse(stdout)).toMatchObject({ status: 'deadlock' });
    } finally {
      delete process.env.KVTOOL_JSON;
      delete process.env.FORCE_COLOR;
    }
  });
});

describe('an Abort', () => {
  it('says what is wrong and what to do, and exits with its code', async () => {
    const { exitCode, error } = await run(Aborts, []);
    expect(exitCode).toBe(69);
    expect(error).toMatchObject({
      message: 'no GPU',
      suggestions: ['use --device sim'],
      oclif: { exit: 69 },
    });
  });

  it('keeps its code under --json', async () => {
    const { exitCode, stdout, error } = await run(Aborts, ['--json']);
    expect(error).toBeUndefined();
    expect(exitCode).toBe(69);
    const printed = JSON.parse(stdout);
    expect(printed).toMatchObject({ status: 'unavailable', command: 'aborts' });
    expect(printed.result).toEqual({ message: 'no GPU', exitCode: 69, suggestions: ['use --device sim'] });
    expect(problems('document', printed)).toEqual([]);
  });
});

describe('anything else that is thrown', () => {
  it('is a bug: exit 1, its stack, and where to report it', async () => {
    const { exitCode, stderr } = await run(Breaks, []);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/TypeError: undefined is not a function\n\s+at /);
    expect(stderr).toMatch(/This is a bug in kvtool\. Please report it at .+/);
    expect(stderr).toMatch(/kvtool\/\d+\.\d+\.\d+ linux-/);
  });

  it('carries its stack under --json', async () => {
    const { exitCode, stdout } = await run(Breaks, ['--json']);
    expect(exitCode).toBe(1);
    const { result } = JSON.parse(stdout);
    expect(result).toMatchObject({ exitCode: 1, stack: expect.stringContaining('TypeError') });
    expect(problems('document#/$defs/failure', result)).toEqual([]);
  });
});
