/** The parameter `callback-through`: with what it goes together, and what Python must have for it (frameworks.py). */
import type { Parameter, PythonPackage, Refusal, Run } from '../../src/scenario/manifest.js';

export const callbackThrough: Parameter = {
  name: 'callback-through',
  summary: "Whose host function runs the callback: kvtool's binding, or CuPy or PyTorch (Python, CUDA)",
  type: 'choice',
  default: 'binding',
  choices: ['binding', 'cupy', 'torch'],
};

/** What to install for which framework. */
const installs: Record<string, string> = {
  cupy: 'cupy-cuda13x, or cupy-cuda12x for a driver before 580',
  torch: 'torch, built for CUDA',
};

/** Variants in which no library puts a callback on a stream, and what they have. */
const withoutOne: Record<string, string> = {
  'mutex-then-gil': 'no callback',
  'unmap-waits-forever': 'no callback',
  'callable-lifetime': 'a binding of its own',
};

const orLeaveOut = 'or leave callback-through out: kvtool has a binding of its own';

export function packages({ parameters }: Run): PythonPackage[] {
  const module = String(parameters['callback-through']);
  const install = installs[module];
  if (install === undefined) return [];
  return [{ module, suggestions: [`install ${install}`, 'or pass --python FILE', orLeaveOut] }];
}

export function refuse(run: Run): Refusal | undefined {
  const through = String(run.parameters['callback-through']);
  if (through === 'binding') return undefined;
  const refusal = conflict(run);
  return (
    refusal && {
      problem: `callback-through=${through} ${refusal.problem}`,
      suggestions: [...refusal.suggestions, orLeaveOut],
    }
  );
}

function conflict({ runtime, device, variant, parameters }: Run): Refusal | undefined {
  if (runtime !== 'python') {
    return { problem: `needs Python, found runtime ${runtime}`, suggestions: ['use --runtime python'] };
  }
  if (device !== 'cuda') {
    return { problem: `needs a CUDA device, found ${device}`, suggestions: ['use --device cuda'] };
  }
  if (Number(parameters.contexts) > 1) {
    return {
      problem: `works in the device's primary context only, found contexts=${parameters.contexts}`,
      suggestions: ['set contexts=1'],
    };
  }
  const why = withoutOne[variant];
  if (why !== undefined) {
    return { problem: `has no meaning for ${variant}, which has ${why}`, suggestions: [] };
  }
  return undefined;
}
