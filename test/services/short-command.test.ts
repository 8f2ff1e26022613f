import { describe, expect, it } from 'vitest';
import { runShort } from '../../src/services/short-command.js';

describe('runShort', () => {
  it('hands input over and gives output back', async () => {
    const result = await runShort('sh', ['-c', 'cat; echo err >&2; exit 3'], {
      input: 'in',
      deadlineMs: 5000,
    });
    expect(result).toEqual({ code: 3, stdout: 'in', stderr: 'err\n', timedOut: false });
  });

  it('does not mind a command that never reads its input', async () => {
    const input = 'x'.repeat(1_000_000);
    expect(await runShort('true', [], { input, deadlineMs: 5000 })).toMatchObject({ code: 0 });
  });

  it('stands by its deadline, also with a grandchild that keeps the pipe open', async () => {
    const result = await runShort('sh', ['-c', 'trap "" TERM; sleep 60 & sleep 60'], { deadlineMs: 200 });
    expect(result.timedOut).toBe(true);
  });

  it('does not wait for a grandchild when the command itself has ended', async () => {
    // Waiting for it would take longer than a test may.
    const result = await runShort('sh', ['-c', 'sleep 8 & echo done'], { deadlineMs: 30_000 });
    expect(result).toMatchObject({ code: 0, stdout: 'done\n', timedOut: false });
  });

  it('tells why a command never started', async () => {
    expect(await runShort('/no/such/program', [], { deadlineMs: 5000 })).toMatchObject({ failure: 'ENOENT' });
  });
});
