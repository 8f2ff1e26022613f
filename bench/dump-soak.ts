import { join } from 'node:path';
import { packageRoot } from '../src/package-root.js';
import type { Benchmark, Figure } from './benchmark.js';
import { soak } from './soak/soak.js';

const fixtures = join(packageRoot, 'test', 'fixtures');
/** KVTOOL_SOAK_DUMPS: how often each program is looked at. */
const dumps = Number(process.env.KVTOOL_SOAK_DUMPS ?? 2000);

const programs = [
  { name: 'CPython', command: 'python3', args: [join(fixtures, 'python', 'steady-work.py')] },
  { name: 'Node', command: process.execPath, args: [join(fixtures, 'node', 'steady-work.cjs')] },
];
const ways = [
  { name: '', flags: [], share: 1 },
  { name: ', --freeze', flags: ['--freeze'], share: 0.25 },
];

const benchmark: Benchmark = {
  id: 'dump-soak',
  summary:
    'Whether looking into a busy process changes what it does: its own checks and its output, compared',
  seconds: 240,
  async run(say) {
    const figures: Figure[] = [];
    const snapshot = join(packageRoot, 'build', 'Release', 'kvtool-snapshot');
    for (const { name, command, args } of programs) {
      for (const way of ways) {
        const times = Math.ceil(dumps * way.share);
        say(`${times} x ${name}${way.name}`);
        const result = await soak({ command, args, dumps: times, snapshot, flags: way.flags });
        const figure = (what: string, measured: number, unit = ''): Figure => ({
          name: `${name}${way.name}: ${what}`,
          measured,
          unit,
        });
        const none = (what: string, measured: number): Figure => ({
          ...figure(what, measured),
          target: { at: 'most', value: 0 },
        });
        figures.push(
          figure('dumps', result.dumps),
          figure('rounds of work meanwhile', result.rounds),
          figure('stops of a thread', result.stops),
          figure('longest stop', result.longestPauseUs / 1000, 'ms'),
          none('dumps that failed', result.failed),
          none('crashes', result.crashes),
          none('differences', result.differences),
        );
      }
    }
    return figures;
  },
};

export default benchmark;
