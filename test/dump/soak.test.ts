/** A few dumps of busy programs; `kvtool bench dump-soak` takes thousands. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { soak } from '../../bench/soak/soak.js';
import { packageRoot } from '../../src/package-root.js';

const fixtures = join(packageRoot, 'test', 'fixtures');
const snapshot = join(packageRoot, 'build', 'Release', 'kvtool-snapshot');

test.each([
  ['python3', 'python/steady-work.py', []],
  ['python3', 'python/steady-work.py', ['--freeze']],
  [process.execPath, 'node/steady-work.cjs', []],
  [process.execPath, 'node/steady-work.cjs', ['--freeze']],
])(
  '%s %s %j: looked at while it works, it does what it does undisturbed',
  async (command, file, flags) => {
    const result = await soak({ command, args: [join(fixtures, file)], dumps: 15, snapshot, flags });
    expect(result).toMatchObject({ failed: 0, crashes: 0, differences: 0 });
    expect(result.rounds).toBeGreaterThan(0);
    // Whether a thread runs at the moment of one look is chance.
    if (flags.includes('--freeze')) expect(result.stops).toBeGreaterThan(0);
  },
  120_000,
);

test('a program that does something else when it is looked at is found out', async () => {
  const script = `let n = 0; console.log('ready');
    const again = setInterval(() => console.log('round ' + (n++ < 5 ? 'a' : 'b')), 20);
    process.stdin.on('end', () => { clearInterval(again); console.log('ended'); }).resume();`;
  const result = await soak({ command: process.execPath, args: ['-e', script], dumps: 5, snapshot });
  expect(result.differences).toBeGreaterThan(0);
  const dies = `console.log('ready'); let n = 0;
    setInterval(() => { console.log('round a'); if (n++ === 8) process.exit(7); }, 20);
    process.stdin.on('end', () => { console.log('ended'); process.exit(0); }).resume();`;
  const dead = await soak({ command: process.execPath, args: ['-e', dies], dumps: 100, snapshot });
  expect(dead.crashes).toBe(1);
}, 60_000);
