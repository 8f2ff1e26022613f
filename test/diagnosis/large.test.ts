import { describe, expect, it } from 'vitest';
import { diagnoseDumps } from '../../src/diagnosis/diagnose-dumps.js';
import { readDump } from '../../src/diagnosis/parsers/read-dump.js';

const threads = 4000;

/** As gdb prints it; each waits for a lock of its own. */
function inLock(at: number, lock: string): string {
  return `Thread ${at} (Thread 0x7f${(0x10000000 + at * 4096).toString(16)} (LWP ${at + 100}) "w${at}"):
#0  0x00007fceeee04f16 in __lll_lock_wait () from /lib/libc.so.6
#1  0x00007fceeee075d8 in ___pthread_mutex_lock (mutex=${lock}) at pthread_mutex_lock.c:93
#2  0x0000000000401299 in handler_${at} (request=0x1) at server.cc:${at}
#3  0x00007fceeee888ec in clone3 () at ../sysdeps/unix/sysv/linux/x86_64/clone3.S:81

`;
}

function crowd(lockOf: (at: number) => string): string {
  return Array.from({ length: threads }, (_, at) => inLock(at + 1, lockOf(at + 1))).join('');
}

describe('a dump of thousands of threads', () => {
  it('in as many locks: says so, and looks for the holders of some of them', () => {
    const { verdict } = diagnoseDumps(readDump(crowd((at) => `0x4${(at * 16).toString(16)}`)).dumps);
    expect(verdict.kind).toBe('unknown');
    expect(verdict.bystanders).toHaveLength(threads);
    expect(verdict.unknowns.length).toBeLessThan(200);
  });

  it('of which two hold what the other wants, with owners that the text prints: finds the two', () => {
    const text = `${crowd((at) => (at === 7 ? '0xa0' : at === 9 ? '0xb0' : '0xc0'))}
(gdb) p *(pthread_mutex_t *) 0xa0
$1 = {__data = {__lock = 2, __count = 0, __owner = 109, __nusers = 1, __kind = 0}}
(gdb) p *(pthread_mutex_t *) 0xb0
$2 = {__data = {__lock = 2, __count = 0, __owner = 107, __nusers = 1, __kind = 0}}
`;
    const { verdict } = diagnoseDumps(readDump(text).dumps);
    expect(verdict).toMatchObject({ kind: 'deadlock', family: 'abba-mutex' });
    expect(verdict.cycle.map(({ actor }) => actor.tid).sort()).toEqual([107, 109]);
  });

  it('behind one thread that works: every wait is explained', () => {
    const busy = `Thread ${threads + 1} (Thread 0x7f0000001000 (LWP 50) "busy"):
#0  0x0000000000401300 in compute () at server.cc:1
#1  0x00007fceeee888ec in clone3 () at ../sysdeps/unix/sysv/linux/x86_64/clone3.S:81

(gdb) p *(pthread_mutex_t *) 0xc0
$1 = {__data = {__lock = 2, __count = 0, __owner = 50, __nusers = 1, __kind = 0}}
`;
    const { verdict } = diagnoseDumps(readDump(crowd(() => '0xc0') + busy).dumps);
    expect(verdict.kind).toBe('busy');
  });
});
