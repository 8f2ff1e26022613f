/** The table. Where two rules fit the same frame, the earlier one counts. */
import { bindingRules } from './bindings.js';
import { collectiveRules } from './collectives.js';
import { cpythonGilRules } from './cpython-gil.js';
import { cpythonLockRules } from './cpython-locks.js';
import { cudaRules } from './cuda.js';
import { cxxRules } from './cxx.js';
import { forkRules } from './fork.js';
import { glibcRules } from './glibc.js';
import { goRules } from './go.js';
import { otherGpuRules } from './gpu-others.js';
import { grpcRules } from './grpc.js';
import { hipRules } from './hip.js';
import { hostCallbackRules } from './host-callback.js';
import { javaRules } from './java.js';
import { loaderRules } from './loader.js';
import { nativePoolRules } from './native-pools.js';
import { nodeRules } from './node.js';
import { openmpRules } from './openmp.js';
import { pythonIdleRules } from './python-idle.js';
import { pythonOutsideRules } from './python-outside.js';
import { pythonSuspectRules } from './python-suspects.js';
import type { Rule } from './rule.js';
import { rustRules } from './rust.js';
import { torchRules } from './torch.js';
import { zmqRules } from './zmq.js';

export const rules: readonly Rule[] = [
  ...cpythonGilRules,
  ...cpythonLockRules,
  ...bindingRules,
  ...torchRules,
  ...hostCallbackRules,
  ...cudaRules,
  ...hipRules,
  ...otherGpuRules,
  ...collectiveRules,
  ...nodeRules,
  ...forkRules,
  ...loaderRules,
  ...glibcRules,
  ...cxxRules,
  ...rustRules,
  ...goRules,
  ...javaRules,
  ...zmqRules,
  ...grpcRules,
  ...openmpRules,
  ...nativePoolRules,
  ...pythonSuspectRules,
  ...pythonOutsideRules,
  ...pythonIdleRules,
];
