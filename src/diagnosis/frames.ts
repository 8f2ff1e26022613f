/** Reading a stack: which frames are only the machinery of waiting, and which one tells where a thread stands. */
import type { Frame } from './process-dump.js';

/** Functions of the C and C++ libraries that every blocked thread stands in, whatever it waits for. */
const waitMachinery = [
  /^(do_)?futex/,
  /^lll_/,
  /^syscall/,
  /^pthread_(mutex|rwlock|cond|clockjoin|timedjoin|join|once)/,
  /^sem_/,
  /^(clock_)?nanosleep/,
  /^(p?poll|p?select|epoll_p?wait|read|recv|recvmsg|accept4?|wait4|waitpid|waitid|sched_yield)(@|$)/,
  /^gthread/,
  /^std::(__1::)?(condition_variable|[a-z_]*mutex|lock_guard|unique_lock|shared_lock|scoped_lock|__condvar|thread::join)/,
  /^uv_(cond|mutex|sem|rwlock|barrier)_/,
];

/** `__GI___pthread_mutex_lock`, `___pthread_mutex_lock` and `pthread_mutex_lock` are one function to a reader. */
const decoration = /^_+(GI_+|libc_|new_)?_*/;

const waitLibraries = /^(libc|libpthread|ld-linux[\w-]*)(-[\d.]+)?\.so/;

export function isWaitMachinery(frame: Frame): boolean {
  if (frame.function === undefined) return waitLibraries.test(frame.module ?? '');
  const name = frame.function.replace(decoration, '');
  return waitMachinery.some((pattern) => pattern.test(name));
}

/** The frames below the wait machinery, innermost first; all of them when they are nothing but machinery. */
export function callersOfWait(frames: readonly Frame[]): readonly Frame[] {
  const first = frames.findIndex((frame) => !isWaitMachinery(frame));
  return first < 0 ? frames : frames.slice(first);
}

/** True when the innermost frame is wait machinery: the thread really stands in a wait. */
export function standsInWait(frames: readonly Frame[]): boolean {
  const top = frames[0];
  return top !== undefined && isWaitMachinery(top);
}

/** The innermost frame that says something to a person, else the innermost one, else `an unknown call`. */
export function tellingFrame(frames: readonly Frame[]): string {
  const frame = callersOfWait(frames).find((candidate) => candidate.function !== undefined) ?? frames[0];
  if (frame === undefined) return 'an unknown call';
  if (frame.function !== undefined) return frame.function;
  return [frame.module, frame.pc].filter((part) => part !== undefined).join('+') || 'an unknown call';
}
