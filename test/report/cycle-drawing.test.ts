import { describe, expect, it } from 'vitest';
import { drawCycle } from '../../src/report/cycle-drawing.js';
import { deadlockVerdict } from '../services/doubles.js';

describe('drawCycle', () => {
  const { cycle } = deadlockVerdict('python');

  it('draws each party with what it holds, what it waits for, and how that is known', () => {
    expect(drawCycle(cycle)).toBe(
      [
        '┌─▶ entrant (tid 101)',
        '│   │ holds the GIL [read]',
        '│   │ waits for the launch lock (W) of the driver [read] in cudaEventRecord',
        '│   ▼',
        '│   launcher (tid 102)',
        '│   │ holds the launch lock (W) of the driver [read]',
        '│   │ waits for the device to be idle [read] in cudaLaunchKernel (first load)',
        '│   ▼',
        '│   host-function executor (tid 103)',
        '│   │ keeps the device busy [read]',
        '│   │ waits for the GIL [read] in host function',
        '└───┘',
      ].join('\n'),
    );
  });

  it('has an ASCII form', () => {
    const lines = drawCycle(cycle, { unicode: false }).split('\n');
    expect(lines[0]).toBe('+-> entrant (tid 101)');
    expect(lines[3]).toBe('|   v');
    expect(lines.at(-1)).toBe('+---+');
  });

  it('draws nothing for no cycle', () => {
    expect(drawCycle([])).toBe('');
  });
});
