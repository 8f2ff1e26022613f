/** Level Zero, SYCL, OpenCL, Ascend, Metal: waits for a device other than CUDA's and HIP's. */
import { fn, type Rule, waitsFor } from './rule.js';

export const otherGpuRules: readonly Rule[] = [
  {
    id: 'level-zero-wait',
    at: 'any',
    frame: fn(
      /^(ur::level_zero::ur\w*Wait\w*|ur(Event|Queue)(Wait|Finish)\w*|ze(Event|Fence)HostSynchronize|ze(CommandQueue|CommandList)(HostS|S)ynchronize|pi(EventsWait|QueueFinish)|L0::\w*[Ss]ynchronize\w*)/,
    ),
    means: waitsFor('device:work'),
    software: 'Level Zero and its unified runtime adapter: a spin with sched_yield',
    versions: 'oneAPI 2022 to 2026',
    learntFrom: 'vLLM on Arc B70 report of 2026-09 (py-spy)',
    confidence: 0.9,
  },
  {
    id: 'sycl-wait',
    at: 'any',
    frame: fn(/^sycl::(_V1::)?(event|queue|detail::\w+)::(wait|wait_and_throw|waitInternal)/),
    means: waitsFor('device:work'),
    software: 'DPC++',
    versions: 'oneAPI 2022 to 2026',
    learntFrom: 'sycl sources, event_impl.cpp',
    confidence: 0.85,
  },
  {
    id: 'opencl-wait',
    at: 'any',
    frame: fn(/^cl(Finish|WaitForEvents|EnqueueReadBuffer|EnqueueMapBuffer)\b/),
    means: waitsFor('device:work'),
    software: 'OpenCL',
    versions: '1.0 to 3.0',
    learntFrom: 'OpenCL specification',
    confidence: 0.85,
  },
  {
    id: 'ascend-wait',
    at: 'any',
    frame: fn(/^(aclrtSynchronize(Stream|Device|Event)\w*|rt(Stream|Device|Event)Synchronize\w*)\b/),
    means: waitsFor('device:work'),
    software: 'CANN',
    versions: '5 to 8',
    learntFrom: 'CANN documentation',
    confidence: 0.85,
  },
  {
    id: 'python-synchronises-a-device',
    at: 'python',
    frame: {
      function: /^(synchronize|wait_event|wait_stream|elapsed_time)$/,
      file: /torch\/(cuda|xpu|npu|mps|musa|accelerator|_C)\b|torch_npu\/|cupy\/|numba\/cuda/,
      runtime: 'python',
    },
    means: waitsFor('device:work'),
    software: 'torch.cuda.synchronize, Stream.synchronize, Event.synchronize and their like',
    versions: 'PyTorch 1.0 to 2.9, CuPy, Numba',
    learntFrom: 'hang reports of vLLM (py-spy)',
    confidence: 0.85,
  },
];
