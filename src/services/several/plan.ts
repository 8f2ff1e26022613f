/** Which lanes `kvtool stress` runs when it is given several scenarios or variants. */
import { Abort } from '../../errors.js';
import { exitCodes } from '../../exit-codes.js';
import { given } from '../../given.js';
import { type ModelOptions, modelScenarios } from '../../model/catalogue.js';
import type { ModelScenario } from '../../model/lines.js';
import type { Place } from '../../report/several-report.js';
import type { DeviceName, Path, RuntimeName } from '../../scenario/manifest.js';
import { resolveParameters, type Setting, shortSettings } from '../../scenario/parameters.js';
import { loadScenario, scenarioIds } from '../../scenario/registry.js';
import { suggestName } from '../../suggest.js';
import { type DeviceScenario, deviceScenarios } from '../device-cells.js';
import { findPython } from '../python.js';
import { chooseRuntimes } from '../runtimes.js';
import type { Lane } from './lane.js';
import { onDevice, onModel, onRuntime, onThreads } from './slices.js';

/** Every time is in ms. */
export interface PlanRequest extends Omit<ModelOptions, 'parameters'> {
  /** Ids; empty only with `all`. */
  scenarios: readonly string[];
  all: boolean;
  /** Names; empty: every variant. */
  variants: readonly string[];
  /** Absent: everywhere real, and in the model what runs nowhere else. */
  on?: 'threads' | 'model' | 'device';
  /** Absent: every one that this machine has. */
  runtime?: RuntimeName;
  /** Absent: every one of the variant. */
  path?: Path;
  device: DeviceName;
  python?: string;
  /** `--set` and `--param`: of one scenario only. */
  settings: readonly Setting[];
  threads?: number;
  blockingCall?: string;
  iterations?: number;
  rounds?: number;
  executions?: number;
  repeat?: number;
  /** Whether a time bounds all of it, so that a count that nobody gave is none. */
  isTimed: boolean;
  inactivityMs?: number;
  deadlineMs?: number;
  runRoot?: string;
}

export interface Plan {
  lanes: Lane[];
  /** What was left out and why. */
  warnings: string[];
}

/** Of each variant when neither a count nor a time was given. */
const usualWork = { runtime: 1, threads: 10_000, model: 100_000, device: 1 } as const;

interface Lists {
  manifests: readonly string[];
  model: readonly ModelScenario[];
  device: readonly DeviceScenario[];
}

/** @throws Abort: exit 2 for names that do not exist, 69 when a native tool or an interpreter that was asked for is missing */
export async function planLanes(request: PlanRequest): Promise<Plan> {
  const [manifests, model, device] = await Promise.all([scenarioIds(), modelScenarios(), deviceScenarios()]);
  const lists = { manifests, model, device };
  const ids = pickIds(lists, request);
  const warnings: string[] = [];
  const lanes: Lane[] = [];
  for (const id of ids) {
    const found = await lanesOf(id, lists, request, warnings);
    if (!request.all) checkVariants(id, found, request);
    lanes.push(...found);
  }
  if (lanes.length === 0) {
    const what = request.variants.length > 0 ? `variant ${request.variants.join(' or ')}` : 'variant';
    const where = request.on === undefined ? '' : ` with --on ${request.on}`;
    throw new Abort(`no scenario has a ${what} that runs${where}`, exitCodes.usage, ['kvtool scenarios']);
  }
  return { lanes, warnings: [...new Set(warnings)] };
}

function pickIds({ manifests, model, device }: Lists, { scenarios, all }: PlanRequest): string[] {
  const known = [...new Set([...manifests, ...[...model, ...device].map(({ id }) => id)])].sort();
  const unknown = scenarios.find((id) => !known.includes(id));
  if (unknown !== undefined)
    throw new Abort(`there is no scenario "${unknown}"`, exitCodes.usage, suggestName(unknown, known));
  return all ? known : [...new Set(scenarios)];
}

/** A name that was given must be one: of all scenarios together, each has its own. */
function checkVariants(id: string, lanes: readonly Lane[], { variants, on }: PlanRequest): void {
  const where = on === undefined ? '' : ` with --on ${on}`;
  for (const name of variants.length > 0 ? variants : [undefined]) {
    if (lanes.some(({ variant }) => name === undefined || variant === name)) continue;
    const what = name === undefined ? 'runs nothing' : `has no variant "${name}"`;
    throw new Abort(`scenario ${id} ${what}${where}`, exitCodes.usage, [`kvtool scenarios ${id}`]);
  }
}

async function lanesOf(id: string, lists: Lists, request: PlanRequest, warnings: string[]): Promise<Lane[]> {
  const { on } = request;
  const isManifest = lists.manifests.includes(id);
  const model = lists.model.find((scenario) => scenario.id === id);
  const device = lists.device.find((scenario) => scenario.id === id);
  const lanes: Lane[] = [];
  if (isManifest && (on === undefined || on === 'threads'))
    lanes.push(...(await runtimeLanes(id, request, warnings)));
  if (model !== undefined && on !== 'device') {
    for (const variant of wanted(model.variants, request)) {
      const where = placeOf(on, isManifest, variant.realThreads, showsOnThreads(model, variant));
      if (where !== undefined) lanes.push(catalogueLane(model, variant, where, request, warnings));
    }
  }
  if (device !== undefined && (on === undefined || on === 'device'))
    lanes.push(...deviceLanes(device, request));
  return lanes;
}

/**
 * Whether threads show the variant's failure soon. One that needs a memory weaker than sequentially consistent is for the
 * model: a processor shows it rarely or never.
 */
function showsOnThreads({ model }: ModelScenario, { expected }: ModelScenario['variants'][number]): boolean {
  return expected[model].outcome === 'ok' || expected.sc.outcome !== 'ok';
}

/** Where a variant of the catalogue runs: nothing where it does not, or where a real runtime has it. */
function placeOf(
  on: PlanRequest['on'],
  isManifest: boolean,
  realThreads: boolean,
  showsThere: boolean,
): 'threads' | 'model' | undefined {
  if (on === 'model') return 'model';
  if (isManifest) return undefined;
  if (realThreads && (showsThere || on === 'threads')) return 'threads';
  return on === undefined ? 'model' : undefined;
}

function wanted<T extends { name: string }>(variants: readonly T[], request: PlanRequest): T[] {
  return variants.filter(({ name }) => request.variants.length === 0 || request.variants.includes(name));
}

async function runtimeLanes(id: string, request: PlanRequest, warnings: string[]): Promise<Lane[]> {
  const { device, python, settings, threads, blockingCall, iterations, repeat } = request;
  const scenario = await loadScenario(id);
  const chosen = await chooseRuntimes(
    request.runtime === undefined ? [] : [request.runtime],
    python,
    findPython,
  );
  warnings.push(...chosen.warnings);
  const short = shortSettings(scenario, given({ threads, blockingCall }));
  return wanted(scenario.variants, request).flatMap((variant) =>
    variant.paths
      .filter((path) => request.path === undefined || request.path === path)
      .flatMap((path) =>
        chosen.runtimes
          .filter((runtime) => scenario.runtimes.includes(runtime))
          .flatMap((runtime) => {
            const parameters = resolveParameters(scenario, variant, [...short, ...settings]);
            const values = { variant: variant.name, path, runtime, device, parameters };
            const refusal = scenario.refuse?.(values);
            if (refusal !== undefined) {
              warnings.push(`${id} ${variant.name} with ${runtime} is left out: ${refusal.problem}.`);
              return [];
            }
            const { kind } = scenario.expect(values);
            const { inactivityMs, deadlineMs, runRoot } = request;
            return {
              ...{ scenario: id, variant: variant.name, on: 'runtime' as const, runtime, path },
              ...{ expected: kind === 'ok' ? ('ok' as const) : ('failure' as const), unit: 'run' as const },
              ...asked('runtime', repeat, request),
              run: onRuntime({
                ...{ scenario: id, variant: variant.name, runtime, path, device, settings },
                ...given({ python, threads, blockingCall, iterations, inactivityMs, deadlineMs, runRoot }),
              }),
            };
          }),
      ),
  );
}

function catalogueLane(
  scenario: ModelScenario,
  { name: variant, expected }: ModelScenario['variants'][number],
  on: 'threads' | 'model',
  request: PlanRequest,
  warnings: string[],
): Lane {
  const { id } = scenario;
  const { model, limits, memoryMb, inactivityMs, rounds, executions } = request;
  const parameters = [
    ...threadsParameter(scenario, request, warnings),
    ...request.settings.map(({ name, value }) => `${name}=${value}`),
  ];
  const { outcome } = expected[on === 'model' ? (model ?? scenario.model) : scenario.model];
  const lane = { scenario: id, variant, expected: outcome === 'ok' ? ('ok' as const) : ('failure' as const) };
  if (on === 'threads') {
    const run = onThreads({ scenario: id, variant, parameters, ...given({ inactivityMs }) });
    return { ...lane, on, unit: 'round', ...asked('threads', rounds, request), run };
  }
  const run = onModel({ scenario: id, variant, parameters, limits, ...given({ model, memoryMb }) });
  return { ...lane, on, unit: 'execution', ...asked('model', executions, request), run };
}

/** `--threads` for the scenarios of the catalogue that have so many: the others keep their size. */
function threadsParameter(scenario: ModelScenario, { threads }: PlanRequest, warnings: string[]): string[] {
  if (threads === undefined) return [];
  const parameter = scenario.parameters.find(({ name }) => name === 'threads' || name === 'workers');
  if (parameter === undefined) return [];
  const { name, min, max } = parameter;
  if (threads >= min && threads <= max) return [`${name}=${threads}`];
  warnings.push(`${scenario.id} has ${min} to ${max} ${name}: --threads ${threads} does not apply.`);
  return [];
}

function deviceLanes(scenario: DeviceScenario, request: PlanRequest): Lane[] {
  return wanted(scenario.variants, request).map((variant) => ({
    ...{ scenario: scenario.id, variant: variant.name, on: 'device' as const, unit: 'run' as const },
    expected: variant.expect === 'ok' ? ('ok' as const) : ('failure' as const),
    ...asked('device', request.repeat, request),
    run: onDevice(scenario.id, variant, request.device),
  }));
}

function asked(place: Place, count: number | undefined, { isTimed }: PlanRequest): Pick<Lane, 'asked'> {
  return given({ asked: count ?? (isTimed ? undefined : usualWork[place]) });
}
