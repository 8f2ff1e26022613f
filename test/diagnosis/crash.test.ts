import { describe, expect, it } from 'vitest';
import { causeOfDeath } from '../../src/diagnosis/crash.js';
import { dump, frames, thread } from './dumps.js';

const died = (note: string, ...stack: string[]): string | undefined =>
  causeOfDeath(dump([thread(1, 'main', { frames: frames(...stack) })], [], { notes: [note] }));

describe('a process that died by itself', () => {
  it.each([
    'Program terminated with signal SIGSEGV, Segmentation fault.',
    'Thread 1 "app" received signal SIGBUS, Bus error.',
    'Fatal Python error: Segmentation fault',
    'Fatal Python error: init_import_site: Failed to import the site module',
  ])('%s', (note) => {
    expect(died(note, 'work')).toBe(note);
  });

  it('has called abort itself', () => {
    const note = 'Program terminated with signal SIGABRT, Aborted.';
    expect(died(note, '__pthread_kill_implementation', 'raise', '__GI_abort', 'check')).toBe(note);
  });
});

describe('a process that somebody else ended or stopped', () => {
  it.each([
    'Thread 1 "app" received signal SIGINT, Interrupt.',
    'Program terminated with signal SIGABRT, Aborted.',
    'Program terminated with signal SIGKILL, Killed.',
    'Fatal Python error: Aborted',
    'Timeout (0:05:00)!',
  ])('%s', (note) => {
    expect(died(note, 'futex_wait', 'pthread_cond_wait', 'main')).toBeUndefined();
  });
});
