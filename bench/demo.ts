import { performance } from 'node:perf_hooks';
import type { CheckReport } from '../src/report/report.js';
import type { Benchmark } from './benchmark.js';
import { kvtoolJson } from './kvtool.js';

const benchmark: Benchmark = {
  id: 'demo',
  summary: 'Wall time of what `npm run demo` runs after bootstrap',
  seconds: 10,
  async run(say) {
    say('deadlock-check --repeat 2, both runtimes');
    const began = performance.now();
    const { exitCode, result } = await kvtoolJson<CheckReport>(['deadlock-check', '--repeat', '2']);
    const wall = (performance.now() - began) / 1000;
    if (exitCode !== 0) throw new Error(`deadlock-check exited ${exitCode}: ${result.summary}`);
    return [
      { name: 'deadlock-check --repeat 2', measured: wall, unit: 's', target: { at: 'most', value: 20 } },
    ];
  },
};

export default benchmark;
