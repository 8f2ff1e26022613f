/** torch.distributed, NCCL, Gloo, MPI: waits for other ranks. */
import { fn, idle, type Meaning, py, type Rule, waitsOutside } from './rule.js';

const collective: Meaning = { kind: 'collective' };
const distributed =
  /(torch\/distributed\/(distributed_c10d|_functional_collectives|nn\/functional)|deepspeed\/comm\/(comm|torch)|torch\/_C\/_distributed_c10d|horovod\/\w+\/mpi_ops|mpi4py\S*)\.pyx?$/;

export const collectiveRules: readonly Rule[] = [
  {
    id: 'torch-collective',
    at: 'any',
    frame: py(
      /^(all_reduce|all_gather(_into_tensor|_object|_coalesced|_base)?|_all_gather_base|reduce(_scatter(_tensor|_base)?)?|broadcast(_object_list)?|barrier|monitored_barrier|gather(_object)?|scatter(_object_list)?|all_to_all(_single)?|allreduce|allgather|new_group|init_process_group|destroy_process_group)$/,
      distributed,
    ),
    means: collective,
    software: 'torch.distributed, DeepSpeed, Horovod, mpi4py',
    versions: 'PyTorch 1.0 to 2.9',
    learntFrom: 'BLOOM chronicles (py-spy)',
    confidence: 0.9,
  },
  {
    id: 'torch-point-to-point',
    at: 'any',
    frame: py(
      /^(recv|send|irecv|isend|batch_isend_irecv|recv_object_list|send_object_list|recv_forward|recv_backward|_communicate|_exec_recv_\w+|_exec_send_\w+)$/,
      /(torch\/distributed\/distributed_c10d|pipe\/p2p|pipe\/engine|p2p_communication|parallel_state)\.py$/,
    ),
    means: waitsOutside('another rank'),
    software: 'torch.distributed, DeepSpeed, Megatron',
    versions: 'PyTorch 1.0 to 2.9',
    learntFrom: 'BLOOM chronicles (py-spy)',
    confidence: 0.88,
  },
  {
    id: 'rendezvous',
    at: 'any',
    frame: py(
      /^(rendezvous|_tcp_rendezvous_handler|_env_rendezvous_handler|next_rendezvous|store_based_barrier|_store_based_barrier|get_all|synchronize|barrier|_create_tcp_store)$/,
      /torch\/distributed\/(rendezvous|elastic\/\S+|distributed_c10d)\.py$/,
    ),
    means: waitsOutside('the other ranks at the rendezvous'),
    software: 'torch.distributed, torchelastic',
    versions: 'PyTorch 1.5 to 2.9',
    learntFrom: 'pytorch sources, elastic/utils/store.py',
    confidence: 0.85,
  },
  {
    id: 'nccl-native-collective',
    at: 'any',
    frame: fn(
      /^(nccl(AllReduce|AllGather|ReduceScatter|Broadcast|Bcast|Reduce|GroupEnd(Internal)?|CommInitRank\w*|CommInitAll|CommFinalize|CommDestroy|CommAbort|CommSplit)|bootstrap(Init|AllGather|Send|Recv|Barrier)|ncclSocket(Wait|Progress\w*|Accept|Connect))\b/,
    ),
    means: collective,
    software: 'NCCL and RCCL: enqueuing returns at once, set-up and tear-down wait for all ranks',
    versions: '2.4 to 2.28',
    learntFrom: 'nccl sources, init.cc and bootstrap.cc',
    confidence: 0.85,
  },
  {
    id: 'c10d-native-wait',
    at: 'any',
    frame: fn(
      /^c10d::(ProcessGroupGloo::\w+::(run|wait)|ProcessGroup(NCCL|Gloo|MPI)::(\w+::)?(wait|synchronize|synchronizeInternal|barrier|allreduce|broadcast)|Work::wait|TCPStore::(wait|doWait|get|waitForWorkers))/,
    ),
    means: collective,
    software: 'libtorch',
    versions: '1.0 to 2.9',
    learntFrom: 'pytorch sources, ProcessGroupNCCL.cpp',
    confidence: 0.85,
  },
  {
    id: 'nccl-watchdog',
    at: 'any',
    frame: fn(
      /^c10d::(ProcessGroupNCCL::(ncclCommWatchdog\w*|watchdogHandler|heartbeatMonitor|HeartbeatMonitor::\w+|Watchdog::\w+|runHookLoop)|detail::\w*(Daemon|Backend)\w*::run|ProcessGroupGloo::runLoop|\w*TCPStore\w*Daemon::run)/,
    ),
    means: idle('a watchdog or store thread of torch.distributed'),
    software: 'libtorch',
    versions: '1.8 to 2.9',
    learntFrom: 'sglang 1691, pytorch PR 112518',
    confidence: 0.88,
  },
  {
    id: 'nccl-proxy',
    at: 'any',
    frame: fn(
      /^(ncclProxy(Service|Progress|ServiceUDS)\w*|persistentSocketThread|ncclAsyncJobMain|ncclIbAsyncThreadMain|ncclRasThreadMain|ncclLocalOpAppend|bootstrapRoot)/,
    ),
    means: idle('a helper thread of NCCL'),
    software: 'NCCL and RCCL',
    versions: '2.7 to 2.28',
    learntFrom: 'nccl sources, proxy.cc',
    confidence: 0.9,
  },
  {
    id: 'gloo-wait',
    at: 'any',
    frame: fn(
      /^gloo::(transport::\w+::\w+::(wait(Send|Recv)|send|recv)|allreduce|barrier|broadcast|allgather|detail::)/,
    ),
    means: collective,
    software: 'Gloo',
    versions: '2018 to 2026',
    learntFrom: 'gloo sources, transport/tcp',
    confidence: 0.85,
  },
  {
    id: 'gloo-loop',
    at: 'any',
    frame: fn(/^gloo::transport::\w+::Loop::run/),
    means: idle('the event loop of Gloo'),
    software: 'Gloo',
    versions: '2018 to 2026',
    learntFrom: 'gloo sources, transport/tcp/loop.cc',
    confidence: 0.9,
  },
  {
    id: 'mpi-collective',
    at: 'any',
    frame: fn(
      /^P?MPI_(Allreduce|Allgatherv?|Alltoall\w?|Barrier|Bcast|Reduce\w*|Gatherv?|Scatterv?|Scan|Init\w*|Finalize|Comm_(create|dup|split)\w*|Win_\w+)\b|^(p?shmem_barrier\w*|shmem_\w*(reduce|collect)\w*)/,
    ),
    means: collective,
    software: 'MPI and OpenSHMEM',
    versions: 'MPI 1 to 4',
    learntFrom: 'MPI standard',
    confidence: 0.88,
  },
  {
    id: 'mpi-point-to-point',
    at: 'any',
    frame: fn(/^P?MPI_(Recv|Send|Ssend|Sendrecv|Wait(all|any|some)?|Probe|Mprobe)\b/),
    means: waitsOutside('another rank'),
    software: 'MPI',
    versions: 'MPI 1 to 4',
    learntFrom: 'MPI standard',
    confidence: 0.88,
  },
];
