/** ZeroMQ. */
import { fn, idle, inModule, type Rule, waitsFor, waitsOutside } from './rule.js';

export const zmqRules: readonly Rule[] = [
  {
    id: 'zmq-io-thread',
    at: 'any',
    frame: fn(/^zmq::(epoll_t|poll_t|select_t|kqueue_t|worker_poller_base_t|io_thread_t|reaper_t)::/),
    means: idle('an I/O or reaper thread of ZeroMQ'),
    software: 'libzmq',
    versions: '3.2 to 4.3',
    learntFrom: 'libzmq sources, epoll.cpp',
    confidence: 0.93,
  },
  {
    id: 'zmq-terminates',
    at: 'any',
    frame: fn(/^(zmq_(ctx_)?(term|destroy)|zmq_ctx_shutdown|zmq::ctx_t::terminate)/),
    means: waitsFor('zmq:its sockets to be closed'),
    software: 'libzmq: zmq_ctx_term waits until every socket is closed and its messages are sent (linger)',
    versions: '2.1 to 4.3',
    learntFrom: 'zmq_ctx_term manual page',
    confidence: 0.88,
  },
  {
    id: 'zmq-receives',
    at: 'any',
    frame: fn(
      /^(zmq_(msg_)?(recv|send)(msg)?|zmq_poll(er_wait\w*)?|zmq::socket_base_t::(recv|send|process_commands)|zmq::signaler_t::wait|zmq::mailbox\w*_t::recv|zmq_proxy\w*)/,
    ),
    means: waitsOutside('a message of ZeroMQ'),
    software: 'libzmq',
    versions: '2.1 to 4.3',
    learntFrom: 'libzmq sources, socket_base.cpp',
    confidence: 0.9,
  },
  {
    id: 'zmq-stripped',
    at: 'caller',
    frame: inModule(/^libzmq\b/),
    wait: /^(p?poll|epoll_|p?select)/,
    means: waitsOutside('a message of ZeroMQ'),
    software: 'libzmq without symbols',
    versions: '3.2 to 4.3',
    learntFrom: 'pyzmq wheels carry a stripped libzmq',
    confidence: 0.85,
  },
];
