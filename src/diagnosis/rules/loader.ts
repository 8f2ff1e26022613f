/** The dynamic loader's locks: dlopen, dl_iterate_phdr, late TLS, unwinding. */
import { fn, mayHold, type Rule, waitsFor } from './rule.js';

const loader = 'loader-lock:glibc';
const plain = '^_*(GI_+)*_*';
const wants = new RegExp(
  `${plain}(dl_iterate_phdr|dl_addr\\w*|dladdr1?|dl_open\\w*|dlm?open\\w*|dl_close\\w*|dlclose\\w*|dlv?sym\\w*|dl_v?sym|dlinfo\\w*|dlerror\\w*|dl_find_object\\w*|tls_get_addr\\w*|dl_tls_\\w+|dl_add_to_namespace\\w*|cxa_thread_atexit_impl|call_tls_dtors|dl_fini|dl_init|rtld_lock\\w*|LockHelper\\w*|dyldGlobalLock\\w*)(\\.\\w+)*$`,
);
const runsUnder = new RegExp(
  `${plain}(dl_iterate_phdr|dl_open\\w*|dlopen_doit|dl_close\\w*|dlclose_doit|dlm?open|dlclose|dl_init|call_init\\w*|dl_fini|dl_map_object\\w*|dl_load\\w*)(\\.\\w+)*$`,
);

export const loaderRules: readonly Rule[] = [
  {
    id: 'wants-the-loader',
    at: 'caller',
    frame: fn(wants),
    means: waitsFor(loader),
    software: 'glibc: dl_load_lock and dl_load_write_lock; dyld of macOS',
    versions: 'glibc 2.3 to 2.43 (dl_find_object takes none since 2.35)',
    learntFrom: 'ucx 3517, trafficserver 10129, gperftools PR 1080 (gdb)',
    confidence: 0.92,
  },
  {
    id: 'stands-at-the-loader-lock',
    at: 'top',
    frame: fn(new RegExp(`${plain}(dl_iterate_phdr|tls_get_addr_tail|dl_addr)$`)),
    means: waitsFor(loader),
    software: 'glibc, in dumps that leave out the wait itself: nothing else in these functions lasts',
    versions: 'glibc 2.3 to 2.43',
    learntFrom: 'threadpoolctl 239 (pystack)',
    confidence: 0.6,
  },
  {
    id: 'runs-under-the-loader-lock',
    at: 'any',
    frame: fn(runsUnder),
    means: mayHold(loader),
    software: 'glibc: constructors, destructors and callbacks of dl_iterate_phdr run under its lock',
    versions: 'glibc 2.3 to 2.43',
    learntFrom: 'threadpoolctl 239, triton PR 11265, trafficserver 10129',
    confidence: 0.9,
  },
];
