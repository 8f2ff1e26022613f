// Small programs with known numbers of executions, for tests of the searches and strategies.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <utility>

#include "core/explorer/program.h"
#include "core/runtime/model_runtime.h"

namespace kvtool::explore::test {

using Rt = ModelRuntime;

// Thread i takes lock i and lock i + 1; `ordered`: the smaller one first. `gate`: all under one more lock.
struct Ring {
  static constexpr bool kMayBeAbandoned = true;
  static unsigned actor_count(unsigned threads, bool, bool, unsigned) { return threads; }
  Ring(unsigned size, bool in_order, bool under_gate, unsigned unrelated)
      : threads(size), ordered(in_order), gated(under_gate), padding(unrelated) {}
  void run(unsigned actor) {
    for (unsigned i = 0; i < padding; ++i) Rt::yield();
    unsigned first = actor, second = (actor + 1) % threads;
    if (ordered && first > second) std::swap(first, second);
    if (gated) gate.lock();
    locks[first].lock();
    locks[second].lock();
    locks[second].unlock();
    locks[first].unlock();
    if (gated) gate.unlock();
  }
  const unsigned threads;
  const bool ordered, gated;
  const unsigned padding;
  Rt::mutex gate{"gate"};
  std::array<Rt::mutex, 6> locks{Rt::mutex("A"), Rt::mutex("B"), Rt::mutex("C"),
                                 Rt::mutex("D"), Rt::mutex("E"), Rt::mutex("F")};
};

// Takes the head of a free list; `atomically`, or with the lock given up between looking and taking.
struct Claim {
  static constexpr bool kMayBeAbandoned = true;
  static unsigned actor_count(unsigned threads, bool) { return threads; }
  struct State {
    std::array<int, 8> free{};
    int count = 0;
    std::array<int, 8> owner{};
    Hash128 fingerprint() const {
      Hash128 hash;
      hash.mix(static_cast<std::uint64_t>(count));
      for (int i = 0; i < count; ++i) hash.mix(static_cast<std::uint64_t>(free[static_cast<std::size_t>(i)]));
      for (const int who : owner) hash.mix(static_cast<std::uint64_t>(who));
      return hash;
    }
    void remove(int block) {
      for (int k = 0; k < count; ++k) {
        if (free[static_cast<std::size_t>(k)] != block) continue;
        for (int j = k + 1; j < count; ++j)
          free[static_cast<std::size_t>(j - 1)] = free[static_cast<std::size_t>(j)];
        --count;
        return;
      }
    }
  };
  Claim(unsigned threads, bool at_once) : atomically(at_once) {
    State& initial = state.write();
    initial.count = static_cast<int>(threads);
    for (int i = 0; i < 8; ++i) {
      initial.free[static_cast<std::size_t>(i)] = i;
      initial.owner[static_cast<std::size_t>(i)] = -1;
    }
  }
  void run(unsigned actor) {
    mutex.lock();
    const int block = state.get([](const State& s) { return s.free[0]; });
    if (!atomically) {
      mutex.unlock();
      mutex.lock();
    }
    state.update([&](State& s) { s.remove(block); });
    mutex.unlock();
    mutex.lock();
    const bool mine = state.update([&](State& s) {
      int& owner = s.owner[static_cast<std::size_t>(block)];
      if (owner != -1) return false;
      owner = static_cast<int>(actor);
      return true;
    });
    mutex.unlock();
    Rt::check(mine, "a block has one owner");
  }
  std::uint64_t outcome() const { return fingerprint_of_state().a; }
  Hash128 fingerprint_of_state() const { return last; }
  void finish() { last = state.read().fingerprint(); }
  const bool atomically;
  Hash128 last;
  Rt::mutex mutex{"M"};
  Rt::plain<State> state;
};

// Two locks; thread 0 takes both, thread 1 one after the other, the rest only the first. `inverted`: thread
// 1's last round takes them the other way round.
struct Inversion {
  static constexpr bool kMayBeAbandoned = true;
  static unsigned actor_count(unsigned threads, unsigned, bool) { return threads; }
  Inversion(unsigned, unsigned times, bool wrong) : rounds(times), inverted(wrong) {}
  void run(unsigned actor) {
    for (unsigned k = 0; k < rounds; ++k) {
      if (actor == 0) {
        const std::lock_guard outer(gil);
        const std::lock_guard inner(driver);
      } else if (actor == 1 && inverted && k + 1 == rounds) {
        const std::lock_guard outer(driver);
        const std::lock_guard inner(gil);
      } else if (actor == 1) {
        { const std::lock_guard only(driver); }
        const std::lock_guard only(gil);
      } else {
        const std::lock_guard only(gil);
      }
    }
  }
  const unsigned rounds;
  const bool inverted;
  Rt::mutex gil{"GIL"}, driver{"driver"};
};

// One writer, some readers, flags and payload without any fence.
struct FlagRing {
  static constexpr bool kMayBeAbandoned = true;
  static constexpr auto kRelaxed = std::memory_order_relaxed;
  static unsigned actor_count(unsigned readers, unsigned, unsigned) { return readers + 1; }
  FlagRing(unsigned reader_count, unsigned slot_count, unsigned message_count)
      : readers(reader_count), slots(slot_count), messages(message_count) {
    for (unsigned i = 0; i < slots * (readers + 2); ++i) cells[i] = std::make_unique<Rt::atomic<int>>(0);
  }
  Rt::atomic<int>& written(unsigned slot) { return *cells[slot * (readers + 2)]; }
  Rt::atomic<int>& read(unsigned slot, unsigned reader) { return *cells[slot * (readers + 2) + 1 + reader]; }
  Rt::atomic<int>& data(unsigned slot) { return *cells[slot * (readers + 2) + 1 + readers]; }
  void run(unsigned actor) {
    for (unsigned message = 0; message < messages; ++message) {
      const unsigned slot = message % slots;
      Rt::spin spin;
      if (actor == 0) {
        for (;;) {
          unsigned done = 0;
          for (unsigned i = 0; i < readers; ++i) done += static_cast<unsigned>(read(slot, i).load(kRelaxed));
          if (written(slot).load(kRelaxed) == 0 || done == readers) break;
          spin.wait();
        }
        written(slot).store(0, kRelaxed);
        data(slot).store(static_cast<int>(message + 1), kRelaxed);
        for (unsigned i = 0; i < readers; ++i) read(slot, i).store(0, kRelaxed);
        written(slot).store(1, kRelaxed);
      } else {
        const unsigned me = actor - 1;
        for (;;) {
          const int seen = read(slot, me).load(kRelaxed);
          if (written(slot).load(kRelaxed) != 0 && seen == 0) break;
          spin.wait();
        }
        const int value = data(slot).load(kRelaxed);
        Rt::check(value == static_cast<int>(message + 1), "messages arrive in order, whole");
        read(slot, me).store(1, kRelaxed);
      }
    }
  }
  const unsigned readers, slots, messages;
  std::array<std::unique_ptr<Rt::atomic<int>>, 24> cells;
};

}  // namespace kvtool::explore::test
