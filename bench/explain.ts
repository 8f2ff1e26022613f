import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { execa } from 'execa';
import { packageRoot } from '../src/package-root.js';
import { type Benchmark, type Figure, median } from './benchmark.js';
import { type Shape, writeDump } from './dump-texts.js';

const small = 130e3;
const large = 100e6;
const repeats = 7;

const benchmark: Benchmark = {
  id: 'explain',
  summary: 'What explaining a dump costs, from the start of the program to its end',
  seconds: 75,
  async run(say) {
    const folder = await mkdtemp(join(tmpdir(), 'kvtool-bench-'));
    try {
      return [
        await smallDump('py-spy', folder, say),
        await smallDump('gdb', folder, say),
        ...(await largeDump('one process', 'gdb', folder, say)),
        ...(await largeDump('samples in a log', 'log', folder, say)),
      ];
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

async function smallDump(shape: Shape, folder: string, say: (line: string) => void): Promise<Figure> {
  const file = join(folder, `${shape}.txt`);
  await writeDump(file, shape, small);
  say(`${repeats} x 130 KB of ${shape}`);
  const measured: number[] = [];
  for (let time = 0; time < repeats; time++) measured.push((await explain(file)).seconds);
  return {
    name: `130 KB of ${shape}, with start-up`,
    measured: median(measured),
    unit: 's',
    target: { at: 'most', value: 0.3 },
  };
}

async function largeDump(
  name: string,
  shape: Shape,
  folder: string,
  say: (line: string) => void,
): Promise<Figure[]> {
  const file = join(folder, `${shape}-large.txt`);
  await writeDump(file, shape, large);
  say(`100 MB of ${shape}: ${name}`);
  const { seconds, peakMiB } = await explain(file);
  await rm(file);
  return [
    { name: `100 MB, ${name}`, measured: seconds, unit: 's', target: { at: 'most', value: 20 } },
    {
      name: `100 MB, ${name}: peak memory`,
      measured: peakMiB,
      unit: 'MiB',
      target: { at: 'most', value: 1024 },
    },
  ];
}

/** Tells its peak memory when it ends: the process itself knows it best. */
const meter = `data:text/javascript,process.on('exit',()=>process.stderr.write('peak '+process.resourceUsage().maxRSS))`;

async function explain(file: string): Promise<{ seconds: number; peakMiB: number }> {
  const began = performance.now();
  const argv = ['--import', meter, join(packageRoot, 'bin', 'run.js'), 'explain', file];
  const { exitCode, stderr } = await execa(process.execPath, argv, { reject: false, stdout: 'ignore' });
  const seconds = (performance.now() - began) / 1000;
  const peak = /peak (\d+)$/.exec(stderr)?.[1];
  if (peak === undefined || ![0, 3, 5].includes(exitCode ?? -1))
    throw new Error(`explain exited ${exitCode}: ${stderr}`);
  return { seconds, peakMiB: Math.round(Number(peak) / 1024) };
}

export default benchmark;
