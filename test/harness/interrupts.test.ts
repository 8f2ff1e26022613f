import { EventEmitter } from 'node:events';
import { describe, expect, test } from 'vitest';
import { watchInterrupts } from '../../src/harness/interrupts.js';

/** A process that only notes that it should exit. */
class FakeProcess extends EventEmitter {
  readonly exits: number[] = [];
  exit(code: number): void {
    this.exits.push(code);
  }
}

describe('watchInterrupts', () => {
  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ])('the first %s asks to stop and is remembered', (signal, exitCode) => {
    const source = new FakeProcess();
    const interrupts = watchInterrupts(source);
    expect(interrupts.signal.aborted).toBe(false);
    expect(interrupts.exitCode).toBeUndefined();

    source.emit(signal);

    expect(interrupts.signal.reason).toBe(signal);
    expect(interrupts.received).toBe(signal);
    expect(interrupts.exitCode).toBe(exitCode);
    expect(source.exits).toEqual([]);
  });

  test('the second one exits at once with its own code', () => {
    const source = new FakeProcess();
    let ns = 0;
    const interrupts = watchInterrupts(source, () => ns);

    source.emit('SIGINT');
    ns += 1e9;
    source.emit('SIGTERM');

    expect(source.exits).toEqual([143]);
    expect(interrupts.exitCode).toBe(130);
  });

  test('one Ctrl-C that npm passes on a second time counts once', () => {
    const source = new FakeProcess();
    let ns = 0;
    watchInterrupts(source, () => ns);

    source.emit('SIGINT');
    ns += 100e6;
    source.emit('SIGINT');
    expect(source.exits).toEqual([]);

    ns += 300e6;
    source.emit('SIGINT');
    expect(source.exits).toEqual([130]);
  });

  test('gives the signals back', () => {
    const source = new FakeProcess();
    watchInterrupts(source).dispose();

    expect(source.listenerCount('SIGINT') + source.listenerCount('SIGTERM')).toBe(0);
  });
});
