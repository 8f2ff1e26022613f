// npm run new:scenario -- ID ["Title"]: makes scenarios/ID with a manifest, a harness that runs, actors and a README.
// npm run new:scenario -- ID ["Title"] --model: makes one that runs in the model, with actors that already fail.
//
// What it makes is complete and honest: `kvtool stress ID` runs, and says "inconclusive" until you open the window;
// `kvtool explore ID` finds the bug of the example and proves its fix.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { modelFiles } from './new-model-scenario.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const words = process.argv.slice(2);
const isModel = words.includes('--model');
const [id, title = id] = words.filter((word) => word !== '--model');

function fail(message) {
  process.stderr.write(`new:scenario: ${message}\n`);
  process.exit(2);
}

if (id === undefined)
  fail('expected an id\n  npm run new:scenario -- lost-notify "The notification that nobody hears"');
if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(id))
  fail(`found the id "${id}"; expected kebab case, such as lost-notify`);
const folder = join(root, 'scenarios', id);
if (existsSync(folder)) fail(`${folder} exists`);

const namespace = id.replaceAll('-', '_');
const files = {
  'scenario.ts': `import type { Expectation, Run, Scenario } from '../../src/scenario/manifest.js';

function expect(run: Run): Expectation {
  if (run.path === 'recorder') {
    return { kind: 'ok', family: 'none', waits: [], because: 'host functions are native' };
  }
  // The resources of the cycle in wait order; see scenarios/gil-hostfunc/scenario.ts.
  return { kind: 'deadlock', family: 'other', waits: [], because: 'say why it must deadlock' };
}

function cuts(_run: Run): string[] {
  return ['Say what to change, strongest first.'];
}

const scenario: Scenario = {
  id: '${id}',
  title: ${JSON.stringify(title)},
  family: 'other',
  sources: [],
  summary: 'One paragraph: who holds what, who waits for what.',
  window: 'When the hazard window counts as open, one sentence.',
  invariants: ['What must always be true.'],
  runtimes: ['js'],
  devices: ['sim'],
  parameters: [
    { name: 'workers', summary: 'Request workers', type: 'integer', default: 2, min: 1, max: 64, unit: 'threads' },
  ],
  variants: [
    { name: 'buggy', summary: 'As it was', paths: ['callback', 'recorder'], source: 'the public report' },
    { name: 'fixed', summary: 'As it should be', paths: ['recorder'], source: 'the fix' },
  ],
  check: { variant: 'buggy' },
  // Not part of \`kvtool deadlock-check\` without a name until it reproduces its bug.
  draft: true,
  expect,
  cuts,
};

export default scenario;
`,
  'actors.h': `// The actors of \`${id}\`: what each party does between two operations of the runtime lock. Templates over the runtime
// policy Rt (core/runtime/real_runtime.h), so that the code that is explored is the code that runs.
#pragma once

#include "core/device/device.h"
#include "core/runtime/flight.h"

namespace kvtool::${namespace} {

template <class Rt>
class World {
 public:
  World(Flight& flight, Device& device) : flight_(flight), device_(device) {}
  World(const World&) = delete;
  World& operator=(const World&) = delete;

 private:
  Flight& flight_;
  Device& device_;
};

}  // namespace kvtool::${namespace}
`,
  'harness.ts': `/** Strings the actors together on a real Node. Started by the supervisor with its configuration in KVTOOL_HARNESS. */
import { counterKind, loadNative } from '../../src/native.js';

interface Configuration {
  flight: string;
  iterations: number;
  parameters: Record<string, number | string>;
}

const text = process.env.KVTOOL_HARNESS;
if (text === undefined) throw new Error('KVTOOL_HARNESS is not set: kvtool starts this program');
const configuration = JSON.parse(text) as Configuration;

const native = loadNative();
const flight = new native.Flight(configuration.flight);
flight.bindJsThread('JS thread', 'runtime-lock:JS thread');
const device = new native.SimDevice(flight, '580-cuda13');
const bus = new native.EventBus(device, 0);
bus.declare('work.done');
bus.subscribe('work.done', () => flight.count('events.delivered', counterKind.progress, 1));
bus.start();
flight.running();
const stream = device.createStream();
for (let request = 0; request < configuration.iterations; request++) {
  if (bus.publishOnStream(stream, 'work.done', \`request-\${request}\`, { request }) === 0) {
    flight.count('events.scheduled', counterKind.gauge, 1);
  }
  await device.synchronizeStream(stream);
  flight.count('requests', counterKind.progress, 1);
  // When every party is in its hazardous position: flight.windowOpened();
}
await bus.stop(5000);
flight.finished();
native.exitNow(0);
`,
  'README.md': `# ${id}: ${title}

Public source: …

## What goes wrong

Draw the wait cycle: who holds what, who waits for what.

## The fix

## Variants

## The window
`,
};

if (isModel) {
  mkdirSync(folder);
  mkdirSync(join(root, 'docs', 'scenarios'), { recursive: true });
  for (const [name, content] of Object.entries(modelFiles(id, title)))
    writeFileSync(join(root, name), content);
  process.stdout.write(
    `made ${folder} and docs/scenarios/${id}.md\n` +
      `  1. npm run build && kvtool explore ${id}\n` +
      '  2. put your own protocol into actors.h; docs/new-scenario.md says what the model asks of it\n' +
      '  3. npm run docs:scenarios\n',
  );
  process.exit(0);
}

mkdirSync(folder);
for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
// The same style as the rest, whatever the length of the names; --vcs-enabled=false because it may be a fresh checkout.
execFileSync(
  join(root, 'node_modules', '.bin', 'biome'),
  ['format', '--vcs-enabled=false', '--write', join('scenarios', id)],
  { cwd: root, stdio: 'ignore' },
);
process.stdout.write(
  `made ${folder}\n` +
    `  1. npm run build:ts && kvtool scenarios ${id}\n` +
    `  2. kvtool stress ${id} --variant fixed      it says "inconclusive": no window is open yet\n` +
    '  3. docs/new-scenario.md: the way from here to a scenario that proves something\n',
);
