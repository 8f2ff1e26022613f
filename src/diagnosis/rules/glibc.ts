/** Locks that the C library keeps to itself. */
import { fn, type Meaning, mayHold, type Rule, suspects, waitsBriefly, waitsFor } from './rule.js';

const lowLevel = /^(lll_|L_(mutex_)?lock_|futex|pthread_mutex_|os_unfair_lock|ulock_wait)/;
const heap = 'heap-lock:malloc';
const allocator =
  /^_*(GI_+|libc_|int_|je_|mi_|tc_)*_*(malloc|calloc|realloc|free|cfree|memalign|posix_memalign|aligned_alloc|valloc|pvalloc|malloc_consolidate|mallinfo2?|malloc_trim|int_malloc|int_free\w*|int_realloc|int_memalign|arena_get2\S*|sysmalloc\S*|systrim\S*|tcache_\w+|malloc_fork_lock_parent|ptmalloc_\w+|arena_\w+)(\.\w+)*$/;
const stdio =
  /^_*(GI_+|IO_)*_*(v?fprintf|v?printf|puts|fputs|fputc|putc|putchar|fwrite|fread|fflush|fclose|fgets|getc|getline|getdelim|flush_all\w*|cleanup|IO_\w+|new_file_\w+)(_unlocked|_internal)?(\.\w+)*$/;
const timeZone =
  /^_*(GI_+)*_*(tz_convert|tzset\w*|localtime(_r)?|gmtime(_r)?|mktime\w*|strftime\w*|timelocal|timegm)(\.\w+)*$/;
const signalHandler: Meaning = { kind: 'signal-handler' };

export const glibcRules: readonly Rule[] = [
  {
    id: 'wants-the-heap',
    at: 'caller',
    frame: fn(allocator),
    wait: lowLevel,
    means: waitsBriefly(heap),
    software: 'malloc of glibc (the lock of an arena), of musl and of macOS',
    versions: 'glibc 2.3 to 2.43',
    learntFrom: 'Ceph radosgw on oss-security 2024-07 (gdb), brpc 1311 (gdb)',
    confidence: 0.92,
  },
  {
    id: 'is-in-the-heap',
    at: 'any',
    frame: fn(allocator),
    means: mayHold(heap),
    software: 'malloc of glibc',
    versions: 'glibc 2.3 to 2.43',
    learntFrom: 'Ceph radosgw on oss-security 2024-07 (gdb)',
    confidence: 0.8,
  },
  {
    id: 'wants-stdio',
    at: 'caller',
    frame: fn(stdio),
    wait: lowLevel,
    means: waitsFor('libc-lock:stdio'),
    software: 'the lock of a FILE; its holder may wait in write',
    versions: 'glibc 2.3 to 2.43',
    learntFrom: 'glibc sources, libio',
    confidence: 0.85,
  },
  {
    id: 'is-in-stdio',
    at: 'any',
    frame: fn(stdio),
    means: mayHold('libc-lock:stdio'),
    software: 'glibc',
    versions: '2.3 to 2.43',
    learntFrom: 'glibc sources, libio',
    confidence: 0.75,
  },
  {
    id: 'wants-the-time-zone',
    at: 'caller',
    frame: fn(timeZone),
    wait: lowLevel,
    means: waitsBriefly('libc-lock:the time zone'),
    software: 'localtime and its like: one lock for the whole process, held for microseconds',
    versions: 'glibc 2.3 to 2.43',
    learntFrom: 'MySQL time-zone contention report of 2019-11 (gdb)',
    confidence: 0.92,
  },
  {
    id: 'is-in-the-time-zone',
    at: 'any',
    frame: fn(timeZone),
    means: mayHold('libc-lock:the time zone'),
    software: 'glibc',
    versions: '2.3 to 2.43',
    learntFrom: 'glibc sources, time/tzset.c',
    confidence: 0.75,
  },
  {
    id: 'wants-syslog',
    at: 'caller',
    frame: fn(/^_*(GI_+)*_*(v?syslog\w*|openlog|closelog)(\.\w+)*$/),
    wait: lowLevel,
    means: waitsFor('libc-lock:syslog'),
    software: 'glibc: one lock round syslog, held across its send',
    versions: '2.3 to 2.43',
    learntFrom: 'glibc sources, misc/syslog.c',
    confidence: 0.85,
  },
  {
    id: 'wants-the-exit-handlers',
    at: 'caller',
    frame: fn(
      /^_*(GI_+)*_*(exit|run_exit_handlers|cxa_finalize|cxa_atexit|new_exitfn|on_exit|quick_exit)(\.\w+)*$/,
    ),
    wait: lowLevel,
    means: waitsFor('libc-lock:exit'),
    software:
      'glibc: exit runs once; a second call waits (2.41), registering waits while handlers are looked up',
    versions: '2.27 to 2.43',
    learntFrom: 'glibc sources, stdlib/exit.c',
    confidence: 0.85,
  },
  {
    id: 'runs-exit-handlers',
    at: 'any',
    frame: fn(/^_*(GI_+)*_*run_exit_handlers/),
    means: mayHold('libc-lock:exit'),
    software: 'glibc',
    versions: '2.41 to 2.43',
    learntFrom: 'glibc sources, stdlib/exit.c',
    confidence: 0.7,
  },
  {
    id: 'spins-on-a-lock',
    at: 'tip',
    frame: fn(/^_*(GI_+)*_*pthread_spin_lock/),
    means: waitsFor('spinlock:{lock}'),
    software: 'pthread_spin_lock: the waiter runs',
    versions: 'any libc',
    learntFrom: 'UCX PR 952 (gdb)',
    confidence: 0.92,
  },
  {
    id: 'hangs-in-a-broadcast',
    at: 'caller',
    frame: {},
    wait: /^(pthread_cond_(broadcast|signal)|condvar_quiesce\w*)/,
    means: suspects(
      'lost-wakeup',
      'the inside of a condition variable, whose own state is broken: it was destroyed, copied or overwritten while in use',
    ),
    software: 'glibc condition variables; waking never waits for long',
    versions: 'glibc 2.25 to 2.43',
    learntFrom: 'glibc bug 25847 and reports of hangs in pthread_cond_broadcast (gdb)',
    confidence: 0.85,
  },
  {
    id: 'hangs-in-a-destroy',
    at: 'caller',
    frame: {},
    wait: /^pthread_cond_destroy/,
    means: suspects('lost-wakeup', 'threads that still wait on the condition variable it destroys'),
    software: 'glibc: pthread_cond_destroy waits until no thread uses it',
    versions: 'glibc 2.25 to 2.43',
    learntFrom: 'glibc sources, nptl/pthread_cond_destroy.c',
    confidence: 0.8,
  },
  {
    id: 'signal-handler',
    at: 'any',
    frame: fn(/^<signal handler called>$|^_*restore_rt$|^_sigtramp$|^killpg$/),
    means: signalHandler,
    software: 'gdb, eu-stack, lldb',
    versions: 'any',
    learntFrom: 'Ceph radosgw on oss-security 2024-07 (gdb)',
    confidence: 0.97,
  },
];
