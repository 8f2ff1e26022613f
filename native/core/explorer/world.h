// World: one controlled execution of a Program at a time. Every actor is a fiber; one visible operation is
// one scheduling point, announced before it runs. No OS thread, no clock and no address takes part in a
// decision, so the same choices give the same execution on every machine.
//
// A World is a value without globals but for the thread-local pointer to the one that runs; worlds on
// different threads do not know of each other. Not thread-safe in itself.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/explorer/clock.h"
#include "core/explorer/fiber.h"
#include "core/explorer/hash.h"
#include "core/explorer/limits.h"
#include "core/explorer/operation.h"
#include "core/explorer/program.h"
#include "core/explorer/random.h"

namespace kvtool::explore {

class Strategy;

class World {
 public:
  explicit World(MemoryModel model = MemoryModel::sc, const Limits& limits = {});
  World(const World&) = delete;
  World& operator=(const World&) = delete;
  ~World();

  enum class Type : std::uint8_t { mutex, shared_mutex, condvar, semaphore, cell, plain, signal, thread };

  // The world whose execution the calling code is part of. REQUIRES: called from inside one.
  static World& current() { return *current_; }
  static bool inside() { return current_ != nullptr; }

  // Runs `program` once. REQUIRES: not inside an execution.
  Outcome run(Program& program, Strategy& strategy);

  // ---- of the execution that ended last
  Outcome outcome() const { return outcome_; }
  const std::string& message() const { return message_; }
  unsigned steps() const { return step_count_; }
  AgentId agent_of(unsigned step) const { return who_[step]; }
  const Operation& operation_of(unsigned step) const { return did_[step]; }
  std::int64_t value_of(unsigned step) const { return values_.empty() ? 0 : values_[step]; }
  // Where in the program an actor stands: the return address of the operation that is its step number `taken`
  // (from 0), which it may only have announced. Null where the execution was not traced, and for agents of
  // the memory model.
  const void* location_of(unsigned agent, unsigned taken) const { return callers_of(agent, taken)[0]; }
  // That address and those of its callers, innermost first, null from where there are no more: in a build
  // without inlining, a lock guard's constructor stands between the program and its operation.
  using Callers = std::array<const void*, 8>;
  const Callers& callers_of(unsigned agent, unsigned taken) const {
    static constexpr Callers kNone{};
    return agent < kMaxActors && taken < trail_[agent].size() ? trail_[agent][taken] : kNone;
  }
  // Where fail() was called, for outcomes that an actor reports itself; of a traced execution.
  const Callers& failed_at() const { return failed_at_; }
  AgentId failing_agent() const { return failing_agent_; }
  bool timeouts_exhausted() const { return timeouts_exhausted_; }
  bool plain_was_raced() const { return race_seen_; }
  const std::vector<std::uint8_t>& choices() const { return choices_; }
  // Every execution that ran so far.
  std::uint64_t total_steps() const { return total_steps_; }
  std::uint64_t total_switches() const { return total_switches_; }

  unsigned actor_count() const { return actors_; }
  unsigned agent_count() const { return agents_; }
  std::string agent_name(unsigned agent) const;
  std::string object_name(ObjectId object) const;
  unsigned object_count() const { return objects_; }
  MemoryModel model() const { return model_; }
  const Limits& limits() const { return limits_; }

  struct Blocked {
    unsigned agent;
    bool daemon;
    Operation wants;              // kind none when it has ended
    std::vector<ObjectId> holds;  // locks
    std::vector<ObjectId> owes;   // what others await and this one has to complete; see set_completers()
  };
  // Where every actor stood at the end of an execution that failed or was traced.
  const std::vector<Blocked>& standing() const { return standing_; }
  // Who holds `lock`, or -1. Shared holders: see standing().
  int holder_of(ObjectId lock) const { return object_[lock].owner; }
  // Whether an actor's spinning read something that is still so.
  bool spin_is_current(unsigned actor) const { return !spin_changed(actor); }
  std::vector<ObjectId> spin_reads(unsigned actor) const;

  // What kind of agent of the memory model has a number beyond kMaxActors: a store buffer's flush, the
  // refresh of a stale copy, a late load's binding. Their numbers are given out as they appear; this tells
  // them apart for good.
  struct AgentKey {
    Kind kind = Kind::none;  // flush, refresh or bind
    std::uint8_t actor = 0;
    ObjectId object = kNoObject;  // kNoObject: a whole buffer (TSO)
    bool operator==(const AgentKey&) const = default;
  };
  // Those that appeared so far, in the order of their numbers.
  std::vector<AgentKey> agent_keys() const;
  // Gives out the numbers as another world did; what else appears gets the next ones. REQUIRES: not inside an
  // execution. Throws ModelLimit when there are too many.
  void set_agent_keys(const std::vector<AgentKey>& keys);

  // ---- for traces
  Type type_of(ObjectId object) const { return object_[object].type; }
  std::int64_t content_of(ObjectId object) const { return object_[object].value; }
  unsigned join_target(unsigned actor) const { return join_target_[actor]; }
  // What an actor stored and others do not see yet, oldest first.
  std::vector<std::pair<ObjectId, std::int64_t>> buffered(unsigned actor) const;
  // Outside of the actors: the state is being made or the final check runs.
  bool quiet() const { return quiet_; }

  // Keep values and source locations of each step (for a trace).
  void set_traced(bool traced) { traced_ = traced; }

  // ---- for strategies
  AgentSet enabled() const { return enabled_; }
  const Operation& pending(unsigned agent) const { return pending_[agent]; }
  unsigned step() const { return step_count_; }
  bool owns(unsigned actor, ObjectId lock) const {
    return object_[lock].owner == static_cast<int>(actor) || (object_[lock].readers & bit(actor)) != 0;
  }
  bool is_actor(unsigned agent) const { return agent < kMaxActors && agent < actors_; }
  Hash128 state_hash() const;
  // A search that caches states needs the actors' histories.
  void set_hashed(bool hashed) { hashed_ = hashed; }
  // Which actor an agent of the memory model belongs to.
  unsigned actor_of(unsigned agent) const { return agent < kMaxActors ? agent : memory_agent_[agent].actor; }
  Kind agent_kind(unsigned agent) const {
    return agent < kMaxActors ? Kind::local : memory_agent_[agent].kind;
  }
  bool unlocks_are_steps() const { return unlock_steps_; }
  bool saw_try_lock() const { return saw_try_lock_; }
  void set_unlock_steps(bool on) { unlock_steps_ = on; }
  // The store that `agent` would bring to memory next, by its number in the buffer of its actor; and the
  // number that the actor's next store will get. Numbers of stores in a buffer differ by less than 64.
  std::uint32_t flush_sequence(unsigned agent) const {
    const int index = flush_index(agent);
    return index < 0 ? 0 : buffer_[memory_agent_[agent].actor].entries[static_cast<unsigned>(index)].sequence;
  }
  std::uint32_t next_sequence(unsigned actor) const { return buffer_[actor].next_sequence; }
  AgentSet flush_agents(unsigned actor) const { return flush_agents_[actor]; }
  // Agents appeared that earlier decisions of a search could not know.
  bool agents_grew() const { return agents_grew_; }

  // ---- operations, called by ModelRuntime on behalf of the actor that runs. Objects are numbered from
  // World::run to World::run in the order of their creation.
  ObjectId create(Type type, std::string_view name);
  void rename(ObjectId object, std::string name);  // a copy is kept

  void lock(ObjectId mutex);
  bool try_lock(ObjectId mutex);
  bool lock_timed(ObjectId mutex);
  void unlock(ObjectId mutex);
  void lock_recursive(ObjectId mutex);
  bool try_lock_recursive(ObjectId mutex);
  void unlock_recursive(ObjectId mutex);
  void lock_shared(ObjectId mutex);
  bool try_lock_shared(ObjectId mutex);
  void unlock_shared(ObjectId mutex);

  void condvar_wait(ObjectId condvar, ObjectId mutex);
  bool condvar_wait_timed(ObjectId condvar, ObjectId mutex);  // false: timed out
  void condvar_notify(ObjectId condvar, bool all);

  void semaphore_set(ObjectId semaphore, std::int64_t value) { object_[semaphore].value = value; }
  void semaphore_acquire(ObjectId semaphore);
  bool semaphore_try_acquire(ObjectId semaphore);
  bool semaphore_acquire_timed(ObjectId semaphore);
  void semaphore_release(ObjectId semaphore, std::int64_t amount);

  enum class Order : std::uint8_t { relaxed, acquire, release, acq_rel, seq_cst };
  void cell_set(ObjectId cell, std::int64_t value);                           // at creation
  std::int64_t cell_get(ObjectId cell) const { return object_[cell].value; }  // after the execution
  std::int64_t load(ObjectId cell, Order order);
  void store(ObjectId cell, std::int64_t value, Order order);
  // Replaces the value by update(value, argument); returns the old one. `update` returns false to leave it.
  using Update = bool (*)(std::int64_t& value, void* argument);
  std::int64_t modify(ObjectId cell, Update update, void* argument, Order success, Order failure);
  void fence(Order order);
  // A load that may bind at any later moment until late_value(); on the other models it binds at once.
  unsigned load_late(ObjectId cell);
  std::int64_t late_value(unsigned token);

  using Content = Hash128 (*)(const void* data);
  // `content` may be null: then two states count as equal only when the same actor wrote in the same history.
  void plain_created(ObjectId plain, const void* data, Content content);
  // `learns_all`: the actor may look at the whole of it; otherwise it says by learn() what it saw.
  void plain_read(ObjectId plain, bool learns_all);
  void plain_write(ObjectId plain, bool learns_all);
  void learn(std::uint64_t observed) {
    if (hashed_) history_[running_].mix(observed);
  }
  bool hashed() const { return hashed_; }
  void learn(const Hash128& observed) { history_[running_].mix(observed); }
  // All that the running actor did and saw. REQUIRES: hashed().
  const Hash128& history() const { return history_[running_]; }
  // What a search takes for the state of a signal.
  void set_state(ObjectId signal, const Hash128& state) {
    object_[signal].value = static_cast<std::int64_t>(state.a ^ state.b);
  }

  void spin_begin();
  void spin_end() { spin_open_[running_] = false; }
  void spin_wait();
  void yield();
  void sleep();
  using Ready = bool (*)(void* argument);
  // Blocks until `ready(argument)`, which may depend only on what changes together with `object`.
  void await(ObjectId object, Ready ready, void* argument);
  bool await_timed(ObjectId object, Ready ready, void* argument);
  // The same for a server that has nothing to do until `ready(argument)`: who stands here owes nothing.
  void rest(ObjectId object, Ready ready, void* argument);
  // Who has to do something before `object` can become what somebody awaits: a stream's server for the
  // stream's work. Asked only where an execution ended; `argument` must live as long as the program's state.
  using Completers = AgentSet (*)(ObjectId object, const void* argument);
  void set_completers(ObjectId object, Completers completers, const void* argument) {
    completers_[object] = {completers, argument};
  }
  // A step that changes `object`; whoever awaits it is asked again after `apply(argument)`.
  void change(ObjectId object, void (*apply)(void*), void* argument);
  // The same without a step of its own, as part of the step in progress.
  void changed(ObjectId object);

  unsigned choose(unsigned alternatives);
  // The actor says that all it knows, from here on, is `state`: what it did and saw before no longer
  // matters. A search then takes for equal what differs only in the past.
  void forget(const Hash128& state) {
    if (hashed_) history_[running_] = state;
  }

  unsigned spawn(std::string name, std::function<void()> body, bool daemon);
  void join(unsigned actor);
  bool has_ended(unsigned actor) const { return (ended_ & bit(actor)) != 0; }
  unsigned running() const { return running_; }
  void set_daemon(unsigned actor) { daemons_ |= bit(actor); }

  // Ends the execution. Does not return, unless it is being unwound already.
  void fail(Outcome outcome, std::string message);
  bool unwinding() const { return unwinding_; }

  // Release and acquire of happens-before by what is not a lock or an atomic (streams, events).
  void publish_clock(ObjectId object) {
    if (!clocks_on_) return;
    sync_[object].join(clock_[running_]);
    ++clock_[running_][running_];
  }
  void observe_clock(ObjectId object) {
    if (clocks_on_) clock_[running_].join(sync_[object]);
  }
  std::uint64_t virtual_time_ns() const { return 1'000'000'000 + std::uint64_t{step_count_} * 1000; }

 private:
  friend class Strategy;

  struct Object {
    AgentSet lockers = 0;  // who would lock it next, exclusively and without giving up
    AgentSet pending = 0;  // whose other announced operation may be blocked by it
    AgentSet waiters = 0;  // of a condition variable
    AgentSet notified = 0;
    AgentSet readers = 0;  // of a shared mutex
    std::int64_t value = 0;
    std::uint32_t version = 0;
    std::int16_t owner = -1;
    std::uint16_t depth = 0;  // of a recursive mutex
    Type type = Type::mutex;
  };
  struct PlainData {
    const void* data = nullptr;
    Content content = nullptr;
    Hash128 history;  // where there is no content: that of the writer
    std::int16_t write_clock = 0;
    std::int16_t writer = -1;
    AgentSet read_by = 0;
  };
  struct BufferEntry {
    ObjectId object;
    std::uint32_t sequence;
    std::uint32_t needs;  // every entry before this sequence must have left
    std::int64_t value;
    Order order;
  };
  struct Buffer {
    std::array<BufferEntry, 32> entries;
    unsigned size = 0;
    std::uint32_t next_sequence = 1;
    std::uint32_t fence = 0;  // stores from now on need all before this
  };
  struct MemoryAgent {
    Kind kind = Kind::none;  // flush, refresh or bind
    AgentId actor = 0;
    ObjectId object = kNoObject;  // kNoObject: the whole buffer (TSO)
  };
  struct Late {
    AgentId actor;
    ObjectId object;
    bool bound;
    bool used;  // by late_value(); what is used at the end of late_ is taken away
    std::int64_t value;
  };
  struct SpinRead {
    ObjectId object;
    bool by_version;
    std::int64_t seen;
  };
  using ActorClock = VectorClock<kMaxActors>;

  static void enter_actor(void* world);
  // Announces, lets others go first, and returns when it is this actor's turn. False while the execution is
  // taken down: then the caller must change nothing and return.
  bool point(const Operation& operation, const void* location);
  // The second half: the operation is announced.
  bool proceed(Kind kind, const void* location);
  bool point_directly(Kind kind);
  // The stack from the return address `location` on outwards.
  static Callers callers_from(const void* location);
  void announce(unsigned actor, const Operation& operation);
  void retract(unsigned actor);
  void mix_order(Hash128& hash) const;
  void schedule(Fiber& from, unsigned self);
  void end_with(Fiber& from, Outcome outcome);
  bool is_enabled(unsigned agent) const;
  void reconsider(AgentSet agents);
  void touch(const Object& object) {
    if (object.pending != 0) reconsider(object.pending);
  }
  // After the owner or the readers of a lock have changed.
  void lock_changed(const Object& object) {
    if (object.owner < 0 && object.readers == 0)
      enabled_ |= object.lockers;
    else
      enabled_ &= ~object.lockers;
    touch(object);
  }
  void begin_execution(Program& program);
  void run_to_first_point(unsigned actor, Fiber& from);
  void actor_ended(unsigned actor);
  void take_down();
  std::vector<Blocked> stand() const;
  Outcome classify_block();
  bool waits_for_lost_lock(unsigned actor) const;
  bool is_satisfied(unsigned actor, const Operation& operation) const;
  bool memory_ready(unsigned actor, const Operation& operation) const;
  bool lock_point(ObjectId mutex, const void* location);
  void acquired(ObjectId mutex);
  void released(ObjectId mutex);
  bool may_time_out(unsigned actor) const { return timeouts_[actor] < limits_.timeouts; }
  // After a timed operation's step: whether it got what it wanted.
  bool resolve_timed(const Operation& operation);
  void take_semaphore(ObjectId semaphore);
  bool wait_on_condvar(ObjectId condvar, ObjectId mutex, bool timed, const void* location);
  bool spin_changed(unsigned actor) const;
  void record_value(std::int64_t value) {
    if (traced_ && step_count_ > 0) values_[step_count_ - 1] = value;
  }

  // memory model
  std::int64_t view(unsigned actor, ObjectId cell) const;
  unsigned memory_agent(Kind kind, unsigned actor, ObjectId object);
  void buffer_changed(unsigned actor);
  bool can_leave(const Buffer& buffer, unsigned index) const;
  int flush_index(unsigned agent) const;
  void flush(unsigned agent);
  void agent_step(unsigned agent);
  void write_memory(ObjectId cell, std::int64_t value);
  void refresh_all(unsigned actor);
  // Around releases and acquires that are not atomics'; see settle_buffer().
  void settle() {
    if (model_ != MemoryModel::sc) settle_buffer();
  }
  void settle_buffer();
  void see_stores() {
    if (model_ == MemoryModel::arm) refresh_all(running_);
  }
  void refresh_agents(ObjectId cell);

  static thread_local constinit World* current_ [[gnu::tls_model("initial-exec")]];

  const MemoryModel model_;
  const Limits limits_;
  Program* program_ = nullptr;
  Strategy* strategy_ = nullptr;

  // ---- fibers
  Fiber main_;
  std::array<std::unique_ptr<Fiber>, kMaxActors> fiber_;
  std::array<std::function<void()>, kMaxActors> body_;  // of actors started by others
  std::vector<std::string> spawned_name_;
  unsigned running_ = 0;
  Fiber* boot_return_ = nullptr;  // whom an actor switches to at its first operation
  bool quiet_ = true;             // set-up and final check: operations take effect at once, nobody else runs
  bool unwinding_ = false;
  bool direct_ = true;  // quiet_ or unwinding_
  unsigned unwinding_operations_ = 0;
  void set_mode(bool quiet, bool unwinding) {
    quiet_ = quiet;
    unwinding_ = unwinding;
    direct_ = quiet || unwinding;
  }

  // ---- state
  unsigned actors_ = 0, first_actors_ = 0, agents_ = kMaxActors, objects_ = 0;
  // begun_: has a fiber. Who fails before its first operation leaves those after it without.
  AgentSet enabled_ = 0, begun_ = 0, ended_ = 0, daemons_ = 0;
  std::array<Operation, kMaxAgents> pending_;
  std::array<Object, kMaxObjects> object_;
  std::array<std::string_view, kMaxObjects> name_;
  std::set<std::string, std::less<>> kept_names_;
  std::array<PlainData, kMaxObjects> plain_data_;
  std::vector<ObjectId> plains_;
  std::array<Ready, kMaxActors> ready_{};
  std::array<void*, kMaxActors> ready_argument_{};
  struct Completion {
    Completers completers = nullptr;
    const void* argument = nullptr;
  };
  std::array<Completion, kMaxObjects> completers_{};
  std::array<std::uint8_t, kMaxActors> timeouts_{};
  std::array<std::uint8_t, kMaxActors> join_target_{};
  unsigned spurious_left_ = 0;
  bool timeouts_exhausted_ = false;
  bool race_seen_ = false;

  // ---- memory model. Agents keep their numbers from execution to execution.
  std::array<Buffer, kMaxActors> buffer_;
  std::array<MemoryAgent, kMaxAgents> memory_agent_;
  std::map<std::uint32_t, unsigned> memory_agent_of_;
  std::array<AgentSet, kMaxActors> flush_agents_{};         // of an actor
  std::array<AgentSet, kMaxObjects> loaded_by_{};           // which actors ever loaded a cell
  std::vector<std::array<std::int64_t, kMaxActors>> copy_;  // by cell, where copies may be stale
  std::vector<std::array<std::uint32_t, kMaxActors>> copy_version_;
  std::vector<Late> late_;
  std::array<std::uint8_t, kMaxActors> operation_order_{};  // of the store, modify or fence announced
  std::array<std::uint16_t, kMaxActors> ready_token_{};     // of the late load whose value is wanted

  // ---- spinning
  std::array<std::vector<SpinRead>, kMaxActors> spin_reads_;
  std::array<bool, kMaxActors> spin_open_{};
  std::array<Hash128, kMaxActors> spin_history_;

  // ---- happens-before of the language, for plain data
  // Kept only for programs that have plain data; the first execution finds out.
  bool clocks_on_ = false;
  bool clocks_wanted_ = true;
  std::array<ActorClock, kMaxActors> clock_;
  std::array<ActorClock, kMaxObjects> sync_;
  std::array<ActorClock, kMaxObjects> read_clock_;
  std::array<ActorClock, kMaxActors> fence_clock_;    // released by a fence, for later relaxed stores
  std::array<ActorClock, kMaxActors> acquire_clock_;  // read by relaxed loads, for a later fence

  // ---- histories
  bool hashed_ = false;
  std::array<Hash128, kMaxActors> history_;

  // ---- record
  bool traced_ = false;
  bool unlock_steps_ = false;
  bool saw_try_lock_ = false;
  bool plain_steps_ = false;
  bool observed_ = false;
  bool spin_once_ = false;
  bool agents_grew_ = false;
  unsigned step_count_ = 0;
  std::vector<AgentId> who_;
  std::vector<Operation> did_;
  std::vector<std::int64_t> values_;
  std::array<std::vector<Callers>, kMaxActors> trail_;  // of each actor's operations, as announced
  Callers failed_at_{};
  std::vector<std::uint8_t> choices_;
  Outcome outcome_ = Outcome::ok;
  std::string message_;
  AgentId failing_agent_ = 0;
  std::vector<Blocked> standing_;
  std::uint64_t total_steps_ = 0, total_switches_ = 0;
};

}  // namespace kvtool::explore
