// ModelRuntime: the runtime policy `Rt` of code that the explorer runs. The names are RealRuntime's; every
// operation is a scheduling point of the World in which it is called, so a template over Rt that is proven
// here is the code that runs for real.
//
// Objects may only be created and used inside an execution (World::run). None is thread-safe: an execution
// has one OS thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "core/explorer/fingerprint.h"
#include "core/explorer/world.h"
#include "core/runtime/lifetime.h"
#include "core/runtime/lingering.h"

namespace kvtool {

namespace model {

using explore::ObjectId;
using explore::World;

inline World& world() { return World::current(); }
// The state is being destroyed, after its execution: its objects mean nothing any more.
inline bool is_over() { return !World::inside() || world().quiet(); }

// The names of locks must outlive the execution: pass literals. NamedMutex keeps a copy.
class Mutex {
 public:
  explicit Mutex(std::string_view name = {}) : id_(world().create(World::Type::mutex, name)) {}
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;
  [[gnu::always_inline]] void lock() { world().lock(id_); }
  [[gnu::always_inline]] bool try_lock() { return world().try_lock(id_); }
  [[gnu::always_inline]] void unlock() { world().unlock(id_); }
  ObjectId id() const { return id_; }

 protected:
  ObjectId id_;
};

class NamedMutex : public Mutex {
 public:
  explicit NamedMutex(std::string_view name) : Mutex() { world().rename(id_, "mutex:" + std::string(name)); }
  void lock(std::string_view /*where*/ = {}) { Mutex::lock(); }
};

class TimedMutex : public Mutex {
 public:
  using Mutex::Mutex;
  // Time passes when the schedule says so, whatever the duration.
  template <class Duration>
  bool try_lock_for(const Duration&) {
    return world().lock_timed(id_);
  }
  template <class Moment>
  bool try_lock_until(const Moment&) {
    return world().lock_timed(id_);
  }
};

class RecursiveMutex {
 public:
  explicit RecursiveMutex(std::string_view name = {}) : id_(world().create(World::Type::mutex, name)) {}
  RecursiveMutex(const RecursiveMutex&) = delete;
  RecursiveMutex& operator=(const RecursiveMutex&) = delete;
  [[gnu::always_inline]] void lock() { world().lock_recursive(id_); }
  [[gnu::always_inline]] bool try_lock() { return world().try_lock_recursive(id_); }
  [[gnu::always_inline]] void unlock() { world().unlock_recursive(id_); }
  ObjectId id() const { return id_; }

 private:
  ObjectId id_;
};

// Readers go first, as in glibc's default pthread_rwlock_t: a reader does not wait for a waiting writer.
class SharedMutex {
 public:
  explicit SharedMutex(std::string_view name = {}) : id_(world().create(World::Type::shared_mutex, name)) {}
  SharedMutex(const SharedMutex&) = delete;
  SharedMutex& operator=(const SharedMutex&) = delete;
  [[gnu::always_inline]] void lock() { world().lock(id_); }
  [[gnu::always_inline]] bool try_lock() { return world().try_lock(id_); }
  [[gnu::always_inline]] void unlock() { world().unlock(id_); }
  [[gnu::always_inline]] void lock_shared() { world().lock_shared(id_); }
  [[gnu::always_inline]] bool try_lock_shared() { return world().try_lock_shared(id_); }
  [[gnu::always_inline]] void unlock_shared() { world().unlock_shared(id_); }
  ObjectId id() const { return id_; }

 private:
  ObjectId id_;
};

class Condvar {
 public:
  explicit Condvar(std::string_view name = {}) : id_(world().create(World::Type::condvar, name)) {}
  Condvar(const Condvar&) = delete;
  Condvar& operator=(const Condvar&) = delete;
  [[gnu::always_inline]] void notify_one() { world().condvar_notify(id_, false); }
  [[gnu::always_inline]] void notify_all() { world().condvar_notify(id_, true); }
  template <class Lock>
  void wait(Lock& lock) {
    world().condvar_wait(id_, lock.mutex()->id());
  }
  template <class Lock, class Ready>
  void wait(Lock& lock, Ready ready) {
    while (!ready()) wait(lock);
  }
  // False when the schedule let the time pass first.
  template <class Lock>
  bool wait_until(Lock& lock, std::uint64_t /*deadline_ns*/) {
    return world().condvar_wait_timed(id_, lock.mutex()->id());
  }

 private:
  ObjectId id_;
};

class Semaphore {
 public:
  explicit Semaphore(std::ptrdiff_t initial, std::string_view name = {})
      : id_(world().create(World::Type::semaphore, name)) {
    world().semaphore_set(id_, initial);
  }
  Semaphore(const Semaphore&) = delete;
  Semaphore& operator=(const Semaphore&) = delete;
  [[gnu::always_inline]] void acquire() { world().semaphore_acquire(id_); }
  [[gnu::always_inline]] bool try_acquire() { return world().semaphore_try_acquire(id_); }
  template <class Duration>
  bool try_acquire_for(const Duration&) {
    return world().semaphore_acquire_timed(id_);
  }
  [[gnu::always_inline]] void release(std::ptrdiff_t amount = 1) { world().semaphore_release(id_, amount); }

 private:
  ObjectId id_;
};

constexpr World::Order order_of(std::memory_order order) {
  switch (order) {
    case std::memory_order_relaxed:
      return World::Order::relaxed;
    case std::memory_order_consume:
    case std::memory_order_acquire:
      return World::Order::acquire;
    case std::memory_order_release:
      return World::Order::release;
    case std::memory_order_acq_rel:
      return World::Order::acq_rel;
    case std::memory_order_seq_cst:
      return World::Order::seq_cst;
  }
  return World::Order::seq_cst;
}
constexpr std::memory_order failure_order(std::memory_order order) {
  return order == std::memory_order_acq_rel   ? std::memory_order_acquire
         : order == std::memory_order_release ? std::memory_order_relaxed
                                              : order;
}

// T: trivially copyable, at most eight bytes. Compare-exchange never fails spuriously.
template <class T>
class Atomic {
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= 8);

 public:
  Atomic() : Atomic(T{}) {}
  // NOLINTNEXTLINE(google-explicit-constructor): as std::atomic
  Atomic(T initial, std::string_view name = {}) : id_(world().create(World::Type::cell, name)) {
    world().cell_set(id_, pack(initial));
  }
  Atomic(const Atomic&) = delete;
  Atomic& operator=(const Atomic&) = delete;

  [[gnu::always_inline]] T load(std::memory_order order = std::memory_order_seq_cst) const {
    return unpack(world().load(id_, order_of(order)));
  }
  [[gnu::always_inline]] void store(T value, std::memory_order order = std::memory_order_seq_cst) {
    world().store(id_, pack(value), order_of(order));
  }
  T exchange(T value, std::memory_order order = std::memory_order_seq_cst) {
    return update(order, [value](T) { return value; });
  }
  T fetch_add(T amount, std::memory_order order = std::memory_order_seq_cst) {
    return update(order, [amount](T now) { return static_cast<T>(now + amount); });
  }
  T fetch_sub(T amount, std::memory_order order = std::memory_order_seq_cst) {
    return update(order, [amount](T now) { return static_cast<T>(now - amount); });
  }
  T fetch_or(T bits, std::memory_order order = std::memory_order_seq_cst) {
    return update(order, [bits](T now) { return static_cast<T>(now | bits); });
  }
  T fetch_and(T bits, std::memory_order order = std::memory_order_seq_cst) {
    return update(order, [bits](T now) { return static_cast<T>(now & bits); });
  }
  bool compare_exchange_strong(T& expected, T desired, std::memory_order success, std::memory_order failure) {
    struct Exchange {
      T expected, desired;
      bool done;
    } exchange{expected, desired, false};
    const auto apply = [](std::int64_t& value, void* argument) {
      auto& wanted = *static_cast<Exchange*>(argument);
      wanted.done = value == pack(wanted.expected);
      if (wanted.done) value = pack(wanted.desired);
      return wanted.done;
    };
    const T old = unpack(world().modify(id_, apply, &exchange, order_of(success), order_of(failure)));
    if (!exchange.done) expected = old;
    return exchange.done;
  }
  bool compare_exchange_strong(T& expected, T desired, std::memory_order order = std::memory_order_seq_cst) {
    return compare_exchange_strong(expected, desired, order, failure_order(order));
  }
  bool compare_exchange_weak(T& expected, T desired, std::memory_order success, std::memory_order failure) {
    return compare_exchange_strong(expected, desired, success, failure);
  }
  bool compare_exchange_weak(T& expected, T desired, std::memory_order order = std::memory_order_seq_cst) {
    return compare_exchange_strong(expected, desired, order);
  }
  // NOLINTNEXTLINE(google-explicit-constructor): as std::atomic
  operator T() const { return load(); }
  T operator=(T value) {  // NOLINT(misc-unconventional-assign-operator): as std::atomic
    store(value);
    return value;
  }
  T operator++() { return static_cast<T>(fetch_add(1) + 1); }
  T operator++(int) { return fetch_add(1); }
  T operator--() { return static_cast<T>(fetch_sub(1) - 1); }
  T operator--(int) { return fetch_sub(1); }

  // A load that the processor may carry out late; see Late.
  unsigned load_late() const { return world().load_late(id_); }
  T late_value(unsigned token) const { return unpack(world().late_value(token)); }

  ObjectId id() const { return id_; }

 private:
  template <class Function>
  T update(std::memory_order order, Function function) {
    const auto apply = [](std::int64_t& value, void* argument) {
      value = pack((*static_cast<Function*>(argument))(unpack(value)));
      return true;
    };
    return unpack(world().modify(id_, apply, &function, order_of(order), order_of(order)));
  }
  static std::int64_t pack(T value) {
    std::int64_t word = 0;
    std::memcpy(&word, &value, sizeof(T));
    return word;
  }
  static T unpack(std::int64_t word) {
    T value;
    std::memcpy(&value, &word, sizeof(T));
    return value;
  }

  ObjectId id_;
};

// Shared data that some lock or order of events must protect: every access is checked against the
// happens-before order, and one that nothing orders ends the execution as a race.
template <class T>
class Plain {
 public:
  Plain() : id_(world().create(World::Type::plain, {})), value_() { announce(); }
  explicit Plain(T value, std::string_view name = {})
      : id_(world().create(World::Type::plain, name)), value_(std::move(value)) {
    announce();
  }
  Plain(const Plain&) = delete;
  Plain& operator=(const Plain&) = delete;

  [[gnu::always_inline]] const T& read() const {
    world().plain_read(id_, true);
    return value_;
  }
  // The reference is good until the actor's next operation.
  [[gnu::always_inline]] T& write() {
    world().plain_write(id_, true);
    return value_;
  }

  // What `look(value)` returns is all that the caller learns of the value, so a search need not tell apart
  // states that differ in the rest. `look` and `change` must not let anything else out.
  template <class Look>
  auto get(Look look) const {
    world().plain_read(id_, false);
    return learnt(look(value_));
  }
  // The same for a change.
  template <class Change>
  auto update(Change change) {
    world().plain_write(id_, false);
    if constexpr (std::is_void_v<std::invoke_result_t<Change, T&>>)
      change(value_);
    else
      return learnt(change(value_));
  }

 private:
  void announce() {
    if constexpr (explore::kHasFingerprint<T>)
      world().plain_created(
          id_, &value_, [](const void* data) { return explore::fingerprint(*static_cast<const T*>(data)); });
    else
      world().plain_created(id_, &value_, nullptr);
  }
  template <class Result>
  static Result learnt(Result result) {
    if (world().hashed()) world().learn(explore::fingerprint(result));
    return result;
  }

  ObjectId id_;
  T value_;
};

class Thread {
 public:
  Thread() = default;
  template <class Body>
  Thread(std::string_view name, Body body) {
    // std::function wants to copy; a body need only move.
    auto shared = std::make_shared<Body>(std::move(body));
    actor_ = static_cast<int>(world().spawn(
        std::string(name), [shared] { (*shared)(); }, false));
  }
  Thread(Thread&& other) noexcept : actor_(std::exchange(other.actor_, -1)) {}
  Thread& operator=(Thread&& other) noexcept {
    join();
    actor_ = std::exchange(other.actor_, -1);
    return *this;
  }
  Thread(const Thread&) = delete;
  Thread& operator=(const Thread&) = delete;
  ~Thread() {
    if (!is_over()) join();
  }

  void join() {
    if (actor_ < 0) return;
    world().join(static_cast<unsigned>(std::exchange(actor_, -1)));
  }
  bool joinable() const { return actor_ >= 0; }
  bool is_current() const { return actor_ >= 0 && static_cast<unsigned>(actor_) == world().running(); }

 private:
  int actor_ = -1;
};

// A microsecond passes with every step, so stamps are the same in every replay.
struct Clock {
  static std::uint64_t monotonic_ns() { return World::inside() ? world().virtual_time_ns() : 0; }
  static std::uint64_t wall_ns() { return monotonic_ns(); }
};

// A loop that waits by reading; see SpinWait in real_runtime.h. Under a search a failed pass blocks until
// what it read has changed, and waiting for what nobody will change is a livelock.
class SpinWait {
 public:
  SpinWait() { world().spin_begin(); }
  ~SpinWait() { world().spin_end(); }
  SpinWait(const SpinWait&) = delete;
  SpinWait& operator=(const SpinWait&) = delete;
  [[gnu::always_inline]] void wait() { world().spin_wait(); }
};

// See RuntimeLock in real_runtime.h.
class RuntimeLock : public Mutex {
 public:
  explicit RuntimeLock(std::string_view name = "GIL") : Mutex(name) {}
  // Where the interpreter may hand the lock to another thread: gives it up and takes it again.
  void checkpoint() {
    unlock();
    lock();
  }
};

}  // namespace model

struct ModelRuntime {
  static constexpr bool kIsModel = true;
  using mutex = model::Mutex;
  using named_mutex = model::NamedMutex;
  using timed_mutex = model::TimedMutex;
  using recursive_mutex = model::RecursiveMutex;
  using shared_mutex = model::SharedMutex;
  using condvar = model::Condvar;
  using semaphore = model::Semaphore;
  template <class T>
  using atomic = model::Atomic<T>;
  template <class T>
  using plain = model::Plain<T>;
  using thread = model::Thread;
  using clock = model::Clock;
  using spin = model::SpinWait;
  using runtime_lock = model::RuntimeLock;

  static void fence(std::memory_order order) { model::world().fence(model::order_of(order)); }
  static void yield() { model::world().yield(); }
  template <class Duration>
  static void sleep_for(const Duration&) {
    model::world().sleep();
  }
  static void perturb(std::string_view) {}
  // One of 0 ... alternatives - 1: every one is explored.
  static unsigned choose(unsigned alternatives) { return model::world().choose(alternatives); }
  // All that the calling actor knows from here on is `state...`: loop counters and whatever else it keeps.
  // Lets a search meet the same state again in the next round of a loop.
  template <class... State>
  static void local_state(const State&... state) {
    explore::Hash128 hash;
    (explore::mix_fingerprint(hash, state), ...);
    model::world().forget(hash);
  }
  // An invariant. When it does not hold, the execution ends as a violation with this text.
  [[gnu::always_inline]] static void check(bool holds, std::string_view invariant) {
    if (!holds) [[unlikely]]
      model::world().fail(explore::Outcome::violation, std::string(invariant));
  }

  // Memory was used or freed after it was freed, or never freed: ends the execution.
  static void lifetime_error(LifetimeError kind, std::string_view what) {
    using explore::Outcome;
    model::world().fail(kind == LifetimeError::use_after_free ? Outcome::use_after_free
                        : kind == LifetimeError::double_free  ? Outcome::double_free
                                                              : Outcome::leak,
                        std::string(what));
  }

  static bool is_over() { return model::is_over(); }

  // Freed at once: nobody touches it after the execution.
  static void linger(std::unique_ptr<Lingering> object) { object.reset(); }
  static std::size_t sweep_lingering() { return 0; }
};

}  // namespace kvtool
