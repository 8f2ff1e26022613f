import { Args, type Interfaces } from '@oclif/core';
import { BaseCommand, type Outcome } from '../base-command.js';
import { Abort } from '../errors.js';
import { exitCodes } from '../exit-codes.js';
import { asList } from '../flags/shared.js';
import { stressFlags } from '../flags/stress.js';
import { checkPlace, checkPlaces, checkSeveral } from '../flags/stress-places.js';
import { given } from '../given.js';
import { consoleDevice } from '../report/console-device.js';
import { consoleStress } from '../report/console-run.js';
import { consoleSeveral } from '../report/console-several.js';
import { consoleShard } from '../report/console-shard.js';
import { consoleThreads } from '../report/console-threads.js';
import type { Document } from '../report/json.js';
import { type AnyStressReport, junitStress } from '../report/junit-stress.js';
import { nowAndThen } from '../report/now-and-then.js';
import { showDevice, showModel, showStress } from '../report/progress-text.js';
import { severalProgress } from '../report/several-progress.js';
import { parseSetting } from '../scenario/parameters.js';
import { openDevice } from '../services/devices.js';
import { planLanes } from '../services/several/plan.js';
import { writeShard } from '../services/shard-file.js';
import { parseShard } from '../services/shards.js';
import { stress } from '../services/stress.js';
import { stressDevice } from '../services/stress-device.js';
import { stressModel } from '../services/stress-model.js';
import { stressSeveral } from '../services/stress-several.js';
import { isOfCatalogueOnly, stressThreads } from '../services/stress-threads.js';
import { writeJunit } from '../services/write-junit.js';

/** Of one variant of one scenario. */
type FlagsOfOne = Omit<Interfaces.InferredFlags<typeof stressFlags>, 'variant'> & { variant: string };

export default class Stress extends BaseCommand {
  static override summary = 'Run a variant of a scenario, or many of them in turn, and say what they show.';
  static override description =
    'Exits 3 when it deadlocks, 4 when it races or breaks an invariant, 0 when it finishes clean, 5 when its hazard ' +
    'window never opened. A scenario of the model runs on plain threads, round after round; with --on model it runs ' +
    'millions of random executions in the model, cut into shards where that is asked for; with --on device it makes ' +
    'copies and KV transfers, checks every row, and says which accesses nothing orders. Several scenarios or variants, or --all, take turns, wherever each runs, until ' +
    '--duration is over or all counts are done. Then it exits 0 when every variant shows what it should, 3 or 4 for a ' +
    'false alarm or another failure than the expected one, 5 when something showed nothing.';
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
    {
      description:
        'Fixes under load: all scenarios, ten minutes together, on real runtimes, threads and the GPU',
      command: '<%= config.bin %> stress --all --device cuda --duration 10m --junit stress.xml',
    },
    {
      description: 'Two scenarios with all variants, each until it failed three times',
      command: '<%= config.bin %> stress abba peek-then-claim --stop-at 3 --duration 30s',
    },
  ];
  static override args = {
    scenario: Args.string({ multiple: true, description: 'Its id, or several.', ignoreStdin: true }),
  };
  static override flags = stressFlags;

  async run(): Promise<Document> {
    const { args, flags, metadata } = await this.parse(Stress);
    const scenarios = asList(args.scenario);
    const variants = asList(flags.variant);
    const [scenario] = scenarios;
    checkSubjects(scenarios, flags.all);
    if (scenario === undefined || scenarios.length > 1 || variants.length > 1 || variants[0] === 'all') {
      const isDefault = (name: string) => metadata.flags[name]?.setFromDefault === true;
      return this.#onSeveral(scenarios, variants, flags, isDefault);
    }
    const one = { ...flags, variant: variants[0] ?? 'buggy' };
    const place =
      flags.on !== 'threads' ? flags.on : (await isOfCatalogueOnly(scenario)) ? 'threads' : 'runtime';
    checkPlace(place, this.argv);
    if (place === 'model') return this.#onModel(scenario, one);
    if (place === 'device') return this.#onDevice(scenario, one);
    if (place === 'threads') return this.#onThreads(scenario, one);
    return this.#onRuntime(scenario, one);
  }

  #onRuntime(scenario: string, flags: FlagsOfOne): Promise<Document> {
    const settings = asList(flags.set).map(parseSetting);
    return this.supervised(async ({ signal, interruptCode, progress }) => {
      const { variant, runtime, device, repeat = 1, iterations, threads, path, python, seed } = flags;
      const report = await stress({
        ...{ scenario, variant, runtime, device, settings, repeat },
        ...{ signal, interruptCode, onProgress: (event) => showStress(event, progress) },
        ...given({ path, python, seed, threads, blockingCall: flags['blocking-call'] }),
        ...given({ iterations, durationMs: flags.duration, inactivityMs: flags.inactivity }),
        ...given({
          deadlineMs: flags.deadline,
          runRoot: flags['run-dir'],
          stopAt: flags['stop-at'] || undefined,
        }),
      });
      return this.#outcome(report, flags, () => consoleStress(report, this.style()));
    });
  }

  #onSeveral(
    scenarios: readonly string[],
    variants: readonly string[],
    flags: Interfaces.InferredFlags<typeof stressFlags>,
    isDefault: (flag: string) => boolean,
  ): Promise<Document> {
    checkSeveral(scenarios.length, this.argv);
    return this.supervised(async ({ signal, interruptCode, progress }) => {
      const { device, duration, seed, python, path, threads, iterations, rounds, executions, repeat } = flags;
      const plan = await planLanes({
        ...{ scenarios, all: flags.all === true, variants: variants[0] === 'all' ? [] : variants, device },
        ...{ settings: [...asList(flags.set), ...asList(flags.param)].map(parseSetting) },
        ...{ limits: asList(flags.limit), isTimed: duration !== undefined },
        ...given({ on: isDefault('on') ? undefined : flags.on }),
        ...given({ runtime: isDefault('runtime') ? undefined : flags.runtime, path, python, threads }),
        ...given({ iterations, rounds, executions, repeat, blockingCall: flags['blocking-call'] }),
        ...given({ model: flags.model, memoryMb: flags['memory-mb'], inactivityMs: flags.inactivity }),
        ...given({ deadlineMs: flags.deadline, runRoot: flags['run-dir'] }),
      });
      const places = [...new Set(plan.lanes.map(({ on }) => on))];
      checkPlaces(places, this.argv);
      if (places.some((on) => on === 'runtime' || on === 'device')) await openDevice(device);
      const { stderr } = process;
      const report = await stressSeveral(plan, {
        ...{ device, stopAt: flags['stop-at'] ?? 1, signal, interruptCode },
        ...given({ durationMs: duration, seed }),
        onProgress: severalProgress(progress, this.style(stderr), stderr.rows),
      });
      return this.#outcome(report, flags, () => consoleSeveral(report, this.style()));
    });
  }

  async #outcome(
    report: AnyStressReport,
    { junit }: { junit?: string | undefined },
    text: () => string,
  ): Promise<Outcome> {
    if (junit !== undefined) await writeJunit(junitStress(report), junit);
    return { exitCode: report.exitCode, result: report, warnings: report.warnings, text };
  }

  #onThreads(scenario: string, flags: FlagsOfOne): Promise<Document> {
    return this.supervised(async ({ signal, interruptCode, progress }) => {
      const { variant, rounds, seed, duration, inactivity } = flags;
      const report = await stressThreads({
        ...{ scenario, variant, signal, interruptCode },
        parameters: [...asList(flags.param), ...asList(flags.set)],
        ...given({ rounds, seed, durationMs: duration, inactivityMs: inactivity }),
        onProgress: (line) => showModel(line, progress),
      });
      return this.#outcome(report, flags, () => consoleThreads(report, this.style()));
    });
  }

  #onDevice(scenario: string, flags: FlagsOfOne): Promise<Document> {
    return this.supervised(async ({ signal, interruptCode, progress }) => {
      const { variant, device, repeat, duration } = flags;
      const report = await stressDevice({
        ...{ scenario, variant, device, signal, interruptCode },
        ...given({ repeat, durationMs: duration, stopAt: flags['stop-at'] || undefined }),
        onRun: nowAndThen(shownEveryMs, (made, seconds) =>
          showDevice({ scenario, variant, made, seconds }, progress),
        ),
      });
      return this.#outcome(report, flags, () => consoleDevice(report, this.style()));
    });
  }

  #onModel(scenario: string, flags: FlagsOfOne): Promise<Document> {
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
      return this.#outcome(report, flags, () => consoleShard(report, this.style()));
    });
  }
}

/** Of a run on the device, which may take a millisecond. */
const shownEveryMs = 1000;

/** @throws Abort (exit 2) */
function checkSubjects(scenarios: readonly string[], all: boolean | undefined): void {
  if (scenarios.length === 0 && !all)
    throw new Abort('found no scenario, expected some or --all', exitCodes.usage, ['kvtool scenarios']);
  if (scenarios.length > 0 && all)
    throw new Abort('found scenarios and --all, expected one of them', exitCodes.usage);
}
