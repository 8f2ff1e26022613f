/** Java threads; monitors and their owners are read by the reader of jstack text. */
import { fn, idle, type Rule, waitsFor, waitsOutside } from './rule.js';

export const javaRules: readonly Rule[] = [
  {
    id: 'java-blocked',
    at: 'thread',
    format: /^jstack$/,
    said: /BLOCKED|waiting for monitor entry|waiting to lock/,
    means: waitsFor('monitor:?'),
    software: 'a monitor that another thread has entered',
    versions: 'HotSpot 5 to 25, OpenJ9',
    learntFrom: 'jstack documentation',
    confidence: 0.92,
  },
  {
    id: 'java-pool-worker',
    at: 'any',
    frame: fn(
      /\b(ThreadPoolExecutor\.getTask|ForkJoinPool\.(awaitWork|runWorker|scan)|ScheduledThreadPoolExecutor\$DelayedWorkQueue\.take|LinkedBlockingQueue\.(take|poll)|SynchronousQueue\.\w+|TimerThread\.mainLoop)\b/,
    ),
    means: idle('a worker of a thread pool, waiting for work'),
    software: 'java.util.concurrent',
    versions: 'Java 5 to 25',
    learntFrom: 'OpenJDK sources, ThreadPoolExecutor.java',
    confidence: 0.9,
  },
  {
    id: 'java-lock',
    at: 'any',
    frame: fn(
      /\b(AbstractQueuedSynchronizer\.(acquire\w*|parkAndCheckInterrupt|doAcquire\w*)|ReentrantLock\S*\.lock|ReentrantReadWriteLock\S*\.lock|StampedLock\.(acquire\w*|(read|write)Lock))\b/,
    ),
    without: [
      fn(
        /\b(ConditionObject\.await\w*|CountDownLatch|Semaphore|FutureTask|CompletableFuture|ThreadPoolExecutor\.getTask)\b/,
      ),
    ],
    means: waitsFor('monitor:?'),
    software: 'java.util.concurrent.locks',
    versions: 'Java 5 to 25',
    learntFrom: 'OpenJDK sources, AbstractQueuedSynchronizer.java',
    confidence: 0.85,
  },
  {
    id: 'java-io',
    at: 'any',
    frame: fn(
      /\b(SocketInputStream\.(socketRead0|read)|Net\.(poll|accept)|EPoll\.wait|EPollArrayWrapper\.epollWait|EPollSelectorImpl\.doSelect|KQueue\.poll|FileInputStream\.readBytes|NioSocketImpl\.\w+|PlainSocketImpl\.socketAccept|ProcessImpl\.waitFor|ServerSocket\.accept)/,
    ),
    means: waitsOutside('a network peer, a file or a process'),
    software: 'java.net, java.nio',
    versions: 'Java 5 to 25',
    learntFrom: 'OpenJDK sources',
    confidence: 0.9,
  },
  {
    id: 'java-vm-thread',
    at: 'any',
    frame: fn(
      /\b(Reference\$ReferenceHandler\.run|ReferenceQueue\.remove|Finalizer\$FinalizerThread\.run|CleanerImpl\.run|Signal\S*Dispatch\S*)\b/,
    ),
    means: idle('a helper thread of the Java VM'),
    software: 'HotSpot',
    versions: 'Java 5 to 25',
    learntFrom: 'OpenJDK sources, Reference.java',
    confidence: 0.93,
  },
];
