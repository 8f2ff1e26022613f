/** Which flags of `kvtool stress` mean something where a scenario runs. */
import { Abort } from '../errors.js';
import { exitCodes } from '../exit-codes.js';
import type { Place } from '../report/several-report.js';

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
  ...placed(['device', 'repeat', 'stop-at'], ['runtime', 'device']),
  ...placed(['model', 'limit', 'memory-mb', 'executions', 'shard', 'ndjson'], ['model']),
  ...placed(['param'], ['model', 'threads']),
  ...placed(['set', 'seed'], ['runtime', 'threads', 'model']),
};

/** What several scenarios know more than one alone: sizes by `--threads`, and counts of failures. */
const ofSeveral = ['threads', 'stop-at', 'seed', 'device'];
/** What belongs to one scenario, or to one share of one. */
const ofOneScenario = ['set', 'param', 'blocking-call'];
const ofOneVariant = ['shard', 'ndjson'];

function placed(names: readonly string[], places: readonly Place[]): Record<string, readonly Place[]> {
  return Object.fromEntries(names.map((name) => [name, places]));
}

/** Of the command line only: an environment may hold a KVTOOL_PYTHON for other commands. */
function givenOf(names: readonly string[], argv: readonly string[]): string[] {
  return names.filter((name) => argv.some((word) => word === `--${name}` || word.startsWith(`--${name}=`)));
}

/** @throws Abort (exit 2) for what another place knows only: ignored, it would mislead */
export function checkPlace(place: Place, argv: readonly string[]): void {
  const foreign = givenOf(Object.keys(placesOf), argv).filter((name) => !placesOf[name]?.includes(place));
  refuse(foreign, here[place]);
}

/**
 * @param places where the variants run
 * @throws Abort (exit 2) for what none of them knows
 */
export function checkPlaces(places: readonly Place[], argv: readonly string[]): void {
  const foreign = givenOf(Object.keys(placesOf), argv).filter(
    (name) => !ofSeveral.includes(name) && !placesOf[name]?.some((place) => places.includes(place)),
  );
  refuse(foreign, places.map((place) => here[place]).join(' and '));
}

/** @throws Abort (exit 2) for flags that several scenarios or variants cannot share */
export function checkSeveral(scenarios: number, argv: readonly string[]): void {
  const shard = givenOf(ofOneVariant, argv);
  const own = scenarios === 1 ? [] : givenOf(ofOneScenario, argv);
  const names = [...shard, ...own].map((name) => `--${name}`).join(', ');
  if (names === '') return;
  const one = shard.length > 0 ? 'one variant of one scenario' : 'one scenario';
  throw new Abort(
    `found ${names} with several scenarios or variants, expected ${one} with it`,
    exitCodes.usage,
  );
}

function refuse(foreign: readonly string[], where: string): void {
  const [first] = foreign;
  if (first === undefined) return;
  const names = foreign.map((name) => `--${name}`).join(', ');
  const expected = placesOf[first]?.map((known) => elsewhere[known]).join(' or ');
  throw new Abort(`found ${names} ${where}, expected ${expected} with it`, exitCodes.usage);
}
