import { describe, expect, it } from 'vitest';
import { rules } from '../../../src/diagnosis/rules/index.js';
import { Matcher, stackOf } from '../../../src/diagnosis/rules/matcher.js';
import { thread } from '../dumps.js';
import * as gpu from './gpu.js';
import * as native from './native.js';
import * as python from './python.js';
import { framesOf, type RuleStack, type Stacks } from './stack.js';

const stacks: Stacks = Object.assign({}, ...[python, gpu, native].flatMap((file) => Object.values(file)));
const matcher = new Matcher(rules);

function rulesThatFit({ frames, said, format }: RuleStack): string[] {
  const dumped = thread(1, 'main', { frames: framesOf(frames), ...(said === undefined ? {} : { said }) });
  return matcher.findings(dumped, stackOf(dumped), format).map(({ rule }) => rule.id);
}

describe.each(rules.map((rule) => rule.id))('rule %s', (id) => {
  const rule = rules.find((each) => each.id === id);
  const stack = stacks[id];

  it('fits the stack that it was learnt from, and not those that look alike', () => {
    expect(stack, 'every rule has a stack in test/diagnosis/rules').toBeDefined();
    if (stack === undefined) return;
    const plain = Array.isArray(stack) ? { frames: stack } : stack;
    const { fits, not } = 'fits' in plain ? plain : { fits: plain, not: [] };
    expect(rulesThatFit(fits)).toContain(id);
    for (const other of not) expect(rulesThatFit(other)).not.toContain(id);
  });

  it('says for what it is true, where it was learnt, and how sure it is', () => {
    expect(rule?.software).toBeTruthy();
    expect(rule?.versions).toBeTruthy();
    expect(rule?.learntFrom).toBeTruthy();
    expect(rule?.confidence).toBeGreaterThan(0);
    expect(rule?.confidence).toBeLessThan(1);
    expect(rule?.frame !== undefined || rule?.said !== undefined).toBe(true);
  });
});

describe('the table', () => {
  it('has each id once', () => {
    expect(new Set(rules.map((rule) => rule.id)).size).toBe(rules.length);
  });

  it('has no stack without a rule', () => {
    const ids = new Set(rules.map((rule) => rule.id));
    expect(Object.keys(stacks).filter((id) => !ids.has(id))).toEqual([]);
  });

  it('does not take Python functions for native ones of the same name', () => {
    const found = rulesThatFit({ frames: ['py free app.py', 'py wait app.py', 'py exit app.py'] });
    expect(found.filter((id) => id !== 'python-below')).toEqual([]);
  });
});
