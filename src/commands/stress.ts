import { Args, type Interfaces } from '@oclif/core';
import { BaseCommand } from '../base-command.js';
import { Abort } from '../errors.js';
import { exitCodes } from '../exit-codes.js';
import { asList } from '../flags/shared.js';
import { stressFlags } from '../flags/stress.js';
import { given } from '../given.js';
import { consoleDevice } from '../report/console-device.js';
import { consoleStress } from '../report/console-run.js';
import { consoleShard } from '../report/console-shard.js';
import { consoleThreads } from '../report/console-threads.js';
import type { Document } from '../report/json.js';
import { nowAndThen } from '../report/now-and-then.js';
import { showDevice, showModel, showStress } from '../report/progress-text.js';
import { parseSetting } from '../scenario/parameters.js';
import { writeShard } from '../services/shard-file.js';
import { parseShard } from '../services/shards.js';
import { stress } from '../services/stress.js';
import { stressDevice } from '../services/stress-device.js';
import { stressModel } from '../services/stress-model.js';
import { isOfCatalogueOnly, stressThreads } from '../services/stress-threads.js';

export default class Stress extends BaseCommand {
  static override summary = 'Run one variant of a scenario and say what it shows.';
  static override description =
    'Exits 3 when it deadlocks, 4 when it races or breaks an invariant, 0 when it finishes clean, 5 when its hazard ' +
    'window never opened. A scenario of the model runs on plain threads, round after round; with --on model it runs ' +
    'millions of random executions in the model, cut into shards where that is asked for; with --on device it makes ' +
    'KV transfers and checks every row.';
  static override examples = [
    { description: 'Reproduce the deadlock', command: '<%= config.bin %> stress gil-hostfunc' },
    {
      description: 'Show that the fix holds',
      command: '<%= config.bin %> stress gil-hostfunc --variant fixed --repeat 5',
    },
    {
      description: 'The deadlock on CPython, with another call in the driver and a seed',
      command: '<%= config.bin %> stress gil-hostfunc --runtime python --blocking-call free --seed 7',
    },
    {
      description: 'Any parameter of the scenario',
      command: '<%= config.bin %> stress gil-hostfunc --set workers=4 --set kernel-us=500',
    },
    {
      description: 'A scenario of the model on real threads',
      command: '<%= config.bin %> stress abba --on threads --rounds 100000',
    },
    {
      description: "This job's share of a billion executions in the model",
      command:
        '<%= config.bin %> stress abba --variant fixed --on model --executions 1000000000 --shard auto --seed 1 --ndjson shard.ndjson',
    },
    {
      description: 'A KV transfer with real bytes on the GPU',
      command: '<%= config.bin %> stress apc-overlap --on device --device cuda',
    },
  ];
  static override args = {
    scenario: Args.string({ required: true, description: 'Its id.', ignoreStdin: true }),
  };
  static override flags = stressFlags;

  async run(): Promise<Document> {
    const { args, flags } = await this.parse(Stress);
    const place =
      flags.on !== 'threads' ? flags.on : (await isOfCatalogueOnly(args.scenario)) ? 'threads' : 'runtime';
    checkPlace(place, this.argv);
    if (place === 'model') return this.#onModel(args.scenario, flags);
    if (place === 'device') return this.#onDevice(args.scenario, flags);
    if (place === 'threads') return this.#onThreads(args.scenario, flags);
    const settings = asList(flags.set).map(parseSetting);
    return this.supervised(async ({ signal, interruptCode, progress }) => {
      const { variant, runtime, device, repeat, iterations, threads, path, python, seed } = flags;
      const report = await stress({
        ...{ scenario: args.scenario, variant, runtime, device, settings, repeat: repeat ?? 1 },
        ...{ signal, interruptCode, onProgress: (event) => showStress(event, progress) },
        ...given({ path, python, seed, threads, blockingCall: flags['blocking-call'] }),
        ...given({ iterations, durationMs: flags.duration, inactivityMs: flags.inactivity }),
        ...given({ deadlineMs: flags.deadline, runRoot: flags['run-dir'] }),
      });
      const text = () => consoleStress(report, this.style());
      return { exitCode: report.exitCode, result: report, warnings: report.warnings, text };
    });
  }

  #onThreads(scenario: string, flags: Interfaces.InferredFlags<typeof stressFlags>): Promise<Document> {
    return this.supervised(async ({ signal, interruptCode, progress }) => {
      const { variant, rounds, seed, duration, inactivity } = flags;
      const report = await stressThreads({
        ...{ scenario, variant, signal, interruptCode },
        parameters: [...asList(flags.param), ...asList(flags.set)],
        ...given({ rounds, seed, durationMs: duration, inactivityMs: inactivity }),
        onProgress: (line) => showModel(line, progress),
      });
      const text = () => consoleThreads(report, this.style());
      return { exitCode: report.exitCode, result: report, warnings: report.warnings, text };
    });
  }

  #onDevice(scenario: string, flags: Interfaces.InferredFlags<typeof stressFlags>): Promise<Document> {
    return this.supervised(async ({ signal, interruptCode, progress }) => {
      const { variant, device, repeat, duration } = flags;
      const report = await stressDevice({
        ...{ scenario, variant, device, signal, interruptCode },
        ...given({ repeat, durationMs: duration }),
        onRun: nowAndThen(shownEveryMs, (made, seconds) =>
          showDevice({ scenario, variant, made, seconds }, progress),
        ),
      });
      const text = () => consoleDevice(report, this.style());
      return { exitCode: report.exitCode, result: report, warnings: report.warnings, text };
    });
  }

  #onModel(scenario: string, flags: Interfaces.InferredFlags<typeof stressFlags>): Promise<Document> {
    const shard = parseShard(flags.shard ?? '1/1', process.env);
    return this.supervised(async ({ signal, interruptCode, progress }) => {
      const { variant, model, executions, seed, ndjson } = flags;
      const report = await stressModel({
        ...{ scenario, variant, shard, signal, interruptCode },
        ...{ parameters: [...asList(flags.param), ...asList(flags.set)], limits: asList(flags.limit) },
        ...given({ model, executions, seed, durationMs: flags.duration, memoryMb: flags['memory-mb'] }),
        onProgress: (line) => showModel(line, progress),
      });
      if (ndjson !== undefined) await writeShard(report, ndjson);
      const text = () => consoleShard(report, this.style());
      return { exitCode: report.exitCode, result: report, warnings: report.warnings, text };
    });
  }
}

/** Of a run on the device, which may take a millisecond. */
const shownEveryMs = 1000;

/** `threads`: plain ones, of a scenario that has no language runtime. */
type Place = 'runtime' | 'threads' | 'model' | 'device';

const here: Readonly<Record<Place, string>> = {
  runtime: 'on a language runtime',
  threads: 'on plain threads',
  model: 'on the model',
  device: 'on the device',
};
const elsewhere: Readonly<Record<Place, string>> = {
  runtime: 'a scenario on a language runtime',
  threads: 'a scenario on plain threads',
  model: '--on model',
  device: '--on device',
};

/** Flags that not every place knows. */
const placesOf: Readonly<Record<string, readonly Place[]>> = {
  ...placed(['path', 'runtime', 'python', 'blocking-call', 'threads', 'iterations'], ['runtime']),
  ...placed(['deadline', 'run-dir'], ['runtime']),
  ...placed(['inactivity'], ['runtime', 'threads']),
  ...placed(['rounds'], ['threads']),
  ...placed(['device', 'repeat'], ['runtime', 'device']),
  ...placed(['model', 'limit', 'memory-mb', 'executions', 'shard', 'ndjson'], ['model']),
  ...placed(['param'], ['model', 'threads']),
  ...placed(['set', 'seed'], ['runtime', 'threads', 'model']),
  ...placed(['duration'], ['runtime', 'threads', 'model', 'device']),
};

function placed(names: readonly string[], places: readonly Place[]): Record<string, readonly Place[]> {
  return Object.fromEntries(names.map((name) => [name, places]));
}

/** @throws Abort (exit 2) for what another place knows only: ignored, it would mislead */
function checkPlace(place: Place, argv: readonly string[]): void {
  // Of the command line only: an environment may hold a KVTOOL_PYTHON for other commands.
  const isGiven = (name: string) =>
    argv.some((word) => word === `--${name}` || word.startsWith(`--${name}=`));
  const foreign = Object.keys(placesOf).filter((name) => isGiven(name) && !placesOf[name]?.includes(place));
  const [first] = foreign;
  if (first === undefined) return;
  const names = foreign.map((name) => `--${name}`).join(', ');
  const where = placesOf[first]?.map((known) => elsewhere[known]).join(' or ');
  throw new Abort(`found ${names} ${here[place]}, expected ${where} with it`, exitCodes.usage);
}
