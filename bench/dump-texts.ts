/** Dumps of any size, in the shapes that people have them in. */
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** `log`: a server's log into which a watchdog dumps a hundred threads now and then. */
export type Shape = 'py-spy' | 'gdb' | 'log';

const texts: Readonly<Record<Shape, () => Generator<string>>> = { 'py-spy': pySpy, gdb, log };

/** At least `bytes` long, up to the end of a line. */
export async function writeDump(file: string, shape: Shape, bytes: number): Promise<void> {
  await pipeline(Readable.from(upTo(texts[shape](), bytes)), createWriteStream(file));
}

function* upTo(parts: Generator<string>, bytes: number): Generator<string> {
  let length = 0;
  let chunk = '';
  for (const part of parts) {
    chunk += part;
    if (chunk.length < 64 * 1024 && length + chunk.length < bytes) continue;
    yield chunk;
    length += chunk.length;
    chunk = '';
    if (length >= bytes) return;
  }
}

function* pySpy(threads = Number.POSITIVE_INFINITY): Generator<string> {
  yield 'Process 4711: python3 -m server\nPython v3.12.7 (/usr/bin/python3.12)\n\n';
  for (let at = 0; at < threads; at++) yield pySpyThread(at);
}

/** Most wait for the GIL, as behind a thread that does not give it up. */
function pySpyThread(at: number): string {
  return `Thread ${5000 + at} (${at % 3 === 0 ? 'active' : 'idle'}): "worker_${at}"
    0x7f10a3e98d61 (libc.so.6)
    pthread_cond_timedwait (libc.so.6)
    take_gil (python3.12)
    PyEval_RestoreThread (python3.12)
    step_${at % 50} (server/engine.py:${100 + (at % 900)})
    run (concurrent/futures/thread.py:58)
    _worker (concurrent/futures/thread.py:92)
    run (threading.py:1010)
    _bootstrap_inner (threading.py:1073)
    _bootstrap (threading.py:1030)
    0x7f10a3e9ca94 (libc.so.6)
`;
}

/** Every thread in a lock of its own: the most that the search for holders can have to do. */
function* gdb(): Generator<string> {
  for (let at = 1; ; at++) {
    const lock = `0x4${(at * 16).toString(16)}`;
    yield `Thread ${at} (Thread 0x7f${(0x10000000 + at * 4096).toString(16)} (LWP ${at + 100}) "w${at}"):
#0  0x00007fceeee04f16 in __futex_abstimed_wait_common64 (private=0, cancel=true, op=393, expected=0, futex_word=${lock}) at ./nptl/futex-internal.c:57
#1  0x00007fceeee075d8 in ___pthread_mutex_lock (mutex=${lock}) at pthread_mutex_lock.c:93
#2  0x0000000000401299 in handler_${at % 999} (request=0x${(at * 64).toString(16)}) at server.cc:${at % 3000}
#3  0x00007fceeee081f5 in start_thread (arg=<optimized out>) at ./nptl/pthread_create.c:442
#4  0x00007fceeee888ec in clone3 () at ../sysdeps/unix/sysv/linux/x86_64/clone3.S:81

`;
  }
}

function* log(): Generator<string> {
  for (let at = 0; ; at++) {
    const time = `2026-03-04 05:06:${String(at % 60).padStart(2, '0')},123`;
    yield `${time} INFO engine.py:${at % 900} request ${at} finished: tokens=${(at * 17) % 4096} (step ${at})\n`;
    if (at % 5000 === 4999) yield* pySpy(100);
  }
}
