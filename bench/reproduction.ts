import type { RunReport } from '../src/report/report.js';
import type { RuntimeName } from '../src/scenario/manifest.js';
import { type Benchmark, type Figure, median } from './benchmark.js';
import { kvtoolJson } from './kvtool.js';

const runs = 50;

async function stress(runtime: RuntimeName, variant: string): Promise<RunReport[]> {
  const args = [
    'stress',
    'gil-hostfunc',
    '--runtime',
    runtime,
    '--variant',
    variant,
    '--repeat',
    String(runs),
  ];
  return (await kvtoolJson<{ runs: RunReport[] }>(args)).result.runs;
}

async function figures(runtime: RuntimeName, say: (line: string) => void): Promise<Figure[]> {
  say(`${runtime}: ${runs} runs of the buggy variant, each until its watchdog has proof`);
  const buggy = await stress(runtime, 'buggy');
  say(`${runtime}: ${runs} runs of the fixed variant`);
  const fixed = await stress(runtime, 'fixed');
  const deadlocks = (reports: RunReport[]) => reports.filter((run) => run.verdict.kind === 'deadlock').length;
  const times = buggy.flatMap((run) =>
    run.timeToDeadlockMs === undefined ? [] : [run.timeToDeadlockMs / 1000],
  );
  const verdicts = buggy.flatMap((run) =>
    run.stallToVerdictMs === undefined ? [] : [run.stallToVerdictMs / 1000],
  );
  return [
    {
      name: `${runtime}: buggy runs that deadlock, of ${runs}`,
      measured: deadlocks(buggy),
      unit: '',
      target: { at: 'least', value: runs },
    },
    {
      name: `${runtime}: fixed runs that deadlock, of ${runs}`,
      measured: deadlocks(fixed),
      unit: '',
      target: { at: 'most', value: 0 },
    },
    {
      name: `${runtime}: fixed runs as expected with the window open`,
      measured: fixed.filter((run) => run.result === 'as-expected' && run.windowOpens > 0).length,
      unit: '',
      target: { at: 'least', value: runs },
    },
    {
      name: `${runtime}: time to deadlock, median`,
      measured: median(times),
      unit: 's',
      target: { at: 'most', value: 0.5 },
    },
    { name: `${runtime}: time to deadlock, longest`, measured: Math.max(...times), unit: 's' },
    {
      name: `${runtime}: stall to verdict on disk, median`,
      measured: median(verdicts),
      unit: 's',
      target: { at: 'most', value: 3 },
    },
    {
      name: `${runtime}: stall to verdict on disk, longest`,
      measured: Math.max(...verdicts),
      unit: 's',
      target: { at: 'most', value: 3 },
    },
  ];
}

const benchmark: Benchmark = {
  id: 'reproduction',
  summary: 'How surely and how fast gil-hostfunc deadlocks, and how fast the verdict is on disk',
  seconds: 270,
  async run(say) {
    return [...(await figures('js', say)), ...(await figures('python', say))];
  },
};

export default benchmark;
