/**
 * Compares a report of `kvtool dump --json` with what a program of this folder did.
 *
 * usage: node check.js SCENARIO REPORT.json FACTS.txt     (FACTS: what the program printed)
 *
 * Prints one line for each thing that is wrong; exit 1 then.
 */
import { readFileSync } from 'node:fs';

/**
 * The parties of the cycle, in its order: who (a word of FACTS), and what each waits for and how that is known.
 * `confidence`: at least. `names`: whether the wait is told by a frame of that name.
 */
const launchLock = {
  family: 'gil-vs-cuda-driver',
  cycle: [
    {
      who: 'keeper',
      holds: ['runtime-lock:GIL', 'read'],
      waitsFor: ['driver-lock:W', 'read'],
      frame: /EventRecord/,
    },
    { who: 'loader', holds: ['driver-lock:W', 'read'], waitsFor: ['device:idle', 'inferred'] },
    { who: 'host-function', holds: ['device:idle', 'inferred'], waitsFor: ['runtime-lock:GIL', 'read'] },
  ],
};
const behindHostFunction = (resource, frame) => ({
  family: 'gil-vs-cuda-driver',
  cycle: [
    { who: 'keeper', holds: ['runtime-lock:GIL', 'read'], waitsFor: [resource, 'inferred'], frame },
    { holds: [resource, 'inferred'], waitsFor: ['runtime-lock:GIL', 'read'] },
  ],
});

const expected = {
  'three-party': launchLock,
  'first-launch': launchLock,
  synchronize: behindHostFunction('device:work', /StreamSynchronize/),
  launch: behindHostFunction('device:idle', /LaunchKernel/),
  free: behindHostFunction('device:idle', /Free/),
  'native-host-function': {
    family: 'other',
    cycle: [
      {
        who: 'keeper',
        holds: ['mutex:', 'read'],
        waitsFor: ['device:work', 'inferred'],
        frame: /StreamSynchronize/,
      },
      { who: 'host-function', holds: ['device:work', 'inferred'], waitsFor: ['mutex:', 'read'] },
    ],
  },
  kernel: { kind: 'waiting-external', family: 'spin-wait', cycle: [], next: /^cuda-gdb -p \d+ / },
};

const [scenario = '', reportFile = '', factsFile = ''] = process.argv.slice(2);
const truth = expected[scenario];
if (truth === undefined || factsFile === '') {
  console.error(`usage: check.js ${Object.keys(expected).join('|')} REPORT.json FACTS.txt`);
  process.exit(2);
}
const report = JSON.parse(readFileSync(reportFile, 'utf8')).result;
const tids = Object.fromEntries(
  readFileSync(factsFile, 'utf8')
    .split('\n')
    .map((line) => line.split(' '))
    .map(([role, tid]) => [role, Number(tid)]),
);

const wrong = [];
const compare = (what, found, wanted) => {
  const fits = wanted instanceof RegExp ? wanted.test(found) : found === wanted;
  if (!fits) wrong.push(`${what}: found ${found}, expected ${wanted}`);
};
const { verdict } = report;
compare('kind', verdict.kind, truth.kind ?? 'deadlock');
compare('family', verdict.family, truth.family);
compare('parties', verdict.cycle.length, truth.cycle.length);
for (const [at, party] of truth.cycle.entries()) {
  const step = verdict.cycle[at];
  if (step === undefined) continue;
  const of = `party ${at + 1}`;
  if (party.who !== undefined) compare(`${of}: thread`, step.actor.tid, tids[party.who]);
  compare(`${of}: holds`, step.holds, new RegExp(`^${party.holds[0]}`));
  compare(`${of}: how that is known`, step.holdsEvidence, party.holds[1]);
  compare(`${of}: waits for`, step.waitsFor, new RegExp(`^${party.waitsFor[0]}`));
  compare(`${of}: how that is known`, step.waitsEvidence, party.waitsFor[1]);
  if (party.frame !== undefined) compare(`${of}: frame`, step.frame, party.frame);
}
if (truth.next !== undefined)
  compare(
    'run next',
    report.next.find((line) => truth.next.test(line)),
    truth.next,
  );
const untouched = (report.dumps.at(-1)?.threads ?? []).filter(
  ({ state, rung }) => state === 'S' && rung !== 'no-stop',
);
compare('blocked threads that were stopped', untouched.length, 0);
for (const line of wrong) console.log(`${scenario}: ${line}`);
process.exit(wrong.length > 0 ? 1 : 0);
