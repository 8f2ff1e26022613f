import { describe, expect, it } from 'vitest';
import type { CycleStep } from '../../src/diagnosis/verdict.js';
import type { Ending } from '../../src/report/report.js';
import type { Expectation } from '../../src/scenario/manifest.js';
import { type Facts, isRotation, judge } from '../../src/services/judge.js';
import { deadlockVerdict, okVerdict } from './doubles.js';

const cycle = ['device:idle', 'runtime-lock:GIL', 'driver-lock:W'];
const expectsOk: Expectation = { kind: 'ok', family: 'none', waits: [], because: 'it is fixed' };
const expectsDeadlock: Expectation = {
  kind: 'deadlock',
  family: 'gil-vs-cuda-driver',
  waits: cycle,
  because: 'nobody gives way',
};

function facts(over: Partial<Facts> = {}): Facts {
  return {
    ending: 'finished',
    why: 'It ended.',
    verdict: okVerdict(),
    windowOpens: 3,
    events: { scheduled: 10, delivered: 10, lost: 0 },
    broken: [],
    logTail: '',
    ...over,
  };
}

const expectsViolation: Expectation = {
  kind: 'violation',
  family: 'other',
  waits: [],
  broken: 'use-after-free',
  because: 'it drops the lock too early',
};
const stuck = facts({ ending: 'stuck', verdict: deadlockVerdict('python') });

const step: CycleStep = {
  actor: { pid: 1, tid: 2, name: 'party' },
  holds: 'mutex:x',
  holdsEvidence: 'read',
  waitsFor: 'mutex:y',
  waitsEvidence: 'read',
  frame: 'lock',
};

describe('judge', () => {
  const table: [string, Facts, Expectation, string, RegExp][] = [
    ['clean', facts(), expectsOk, 'as-expected', /window was open 3 times/],
    ['window closed', facts({ windowOpens: 0 }), expectsOk, 'inconclusive', /never opened/],
    [
      'events counted as lost',
      facts({ events: { scheduled: 10, delivered: 9, lost: 1 } }),
      expectsOk,
      'unexpected',
      /Of 10 events 9 were delivered and 1 counted as lost/,
    ],
    [
      'events lost without a count, window closed',
      facts({ events: { scheduled: 10, delivered: 9, lost: 0 }, windowOpens: 0 }),
      expectsOk,
      'unexpected',
      /9 were delivered/,
    ],
    ['expected deadlock', stuck, expectsDeadlock, 'as-expected', /as expected: nobody gives way/],
    ['deadlock where none was expected', stuck, expectsOk, 'unexpected', /expected to finish: cycle of 3/],
    [
      'another family',
      stuck,
      { ...expectsDeadlock, family: 'js-thread-blocked' },
      'unexpected',
      /found gil-vs-cuda-driver .* expected js-thread-blocked/,
    ],
    [
      'another cycle',
      stuck,
      { ...expectsDeadlock, waits: ['device:idle', 'runtime-lock:GIL'] },
      'unexpected',
      /found .*driver-lock:W -> device:idle -> runtime-lock:GIL\), expected .*\(device:idle -> runtime-lock:GIL\)/,
    ],
    [
      'the expected cycle with a hand-off inside the device',
      {
        ...stuck,
        verdict: {
          ...stuck.verdict,
          cycle: ['driver-lock:W', 'device:idle', 'device:host-functions', 'runtime-lock:GIL'].map(
            (waitsFor) => {
              return { ...step, waitsFor };
            },
          ),
        },
      },
      expectsDeadlock,
      'as-expected',
      /as expected/,
    ],
    [
      'missed deadlock',
      facts(),
      expectsDeadlock,
      'unexpected',
      /finished although the hazard window was open/,
    ],
    [
      'missed deadlock, window closed',
      facts({ windowOpens: 0 }),
      expectsDeadlock,
      'inconclusive',
      /never opened/,
    ],
    [
      'expected violation',
      facts({ broken: ['use-after-free'] }),
      expectsViolation,
      'as-expected',
      /^It broke use-after-free as expected: it drops the lock too early\.$/,
    ],
    [
      'another violation',
      facts({ broken: ['use-after-free', 'leak'] }),
      expectsViolation,
      'unexpected',
      /^It broke use-after-free, leak; expected a violation of use-after-free/,
    ],
    ['violation of what is fixed', facts({ broken: ['leak'] }), expectsOk, 'unexpected', /expected none/],
    ['violation for a deadlock', facts({ broken: ['leak'] }), expectsDeadlock, 'unexpected', /a deadlock/],
    ['missed violation', facts(), expectsViolation, 'unexpected', /expected a violation of use-after-free/],
    ['missed violation, window closed', facts({ windowOpens: 0 }), expectsViolation, 'inconclusive', /never/],
    ['deadlock for a violation', stuck, expectsViolation, 'unexpected', /expected to finish/],
    [
      'expected chain',
      {
        ...stuck,
        verdict: { ...stuck.verdict, cycle: [], chain: cycle.map((waitsFor) => ({ ...step, waitsFor })) },
      },
      expectsDeadlock,
      'as-expected',
      /as expected/,
    ],
    ['timeout', facts({ ending: 'timeout', why: 'Not done.' }), expectsOk, 'error', /^Not done\.$/],
    [
      'crash with last words',
      facts({ ending: 'crashed', why: 'It exited 1.', logTail: 'Traceback\nKeyError: 3\n' }),
      expectsOk,
      'error',
      /^It exited 1\. Its last words: KeyError: 3$/,
    ],
    [
      'crash of a harness in Node, which ends its words with its version',
      facts({
        ending: 'crashed',
        why: 'It exited 1.',
        logTail:
          'const x = map();\n\nError: cannot map it: full\n    at map (a.js:1:1)\n\nNode.js v20.20.2\n',
      }),
      expectsOk,
      'error',
      /^It exited 1\. Its last words: Error: cannot map it: full$/,
    ],
    [
      'crash with words that would steer a terminal',
      facts({ ending: 'crashed', why: 'It exited 1.', logTail: '\u001b[2J\u001b]0;title\u0007bad\u0000\n' }),
      expectsOk,
      'error',
      /^It exited 1\. Its last words: bad$/,
    ],
    ['early exit', facts({ ending: 'early-exit', why: 'Too early.' }), expectsOk, 'error', /^Too early\.$/],
    ['log flood', facts({ ending: 'log-flood', why: 'Too loud.' }), expectsDeadlock, 'error', /^Too loud\.$/],
    [
      'interrupted',
      facts({ ending: 'interrupted', why: 'Stop.' }),
      expectsDeadlock,
      'interrupted',
      /^Stop\.$/,
    ],
  ];

  it.each(table)('%s', (_, found, expected, result, because) => {
    const judgement = judge(found, expected);
    expect(judgement.result).toBe(result);
    expect(judgement.because).toMatch(because);
  });

  it('has an answer for every ending', () => {
    const endings: Ending[] = [
      'finished',
      'stuck',
      'timeout',
      'crashed',
      'early-exit',
      'log-flood',
      'interrupted',
    ];
    for (const ending of endings) expect(judge(facts({ ending }), expectsOk).because).not.toBe('');
  });
});

describe('isRotation', () => {
  it.each([
    [['a', 'b', 'c'], ['a', 'b', 'c'], true],
    [['b', 'c', 'a'], ['a', 'b', 'c'], true],
    [['c', 'b', 'a'], ['a', 'b', 'c'], false],
    [['a', 'b'], ['a', 'b', 'c'], false],
    [[], [], true],
  ])('%j and %j: %s', (found, expected, result) => {
    expect(isRotation(found, expected)).toBe(result);
  });
});
