// Program: what the explorer runs over and over: a fresh state, some actors, and what must hold at the end.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "core/explorer/hash.h"

namespace kvtool::explore {

// "T" and 3 make "T3". (GCC 12 warns of `"T" + std::to_string(3)`:
// https://gcc.gnu.org/bugzilla/show_bug.cgi?id=105651.)
inline std::string numbered(std::string_view prefix, std::uint64_t number) {
  std::string text(prefix);
  text += std::to_string(number);
  return text;
}

class Program {
 public:
  Program() = default;
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  virtual ~Program() = default;

  // How many actors begin with the execution; more may be started by Rt::thread. At most kMaxActors.
  virtual unsigned actors() const = 0;
  virtual std::string actor_name(unsigned actor) const { return numbered("T", actor); }

  // Makes the state of a new execution; what it creates from ModelRuntime is numbered in this order, which
  // must be the same every time. Destroys the state of the execution before.
  virtual void reset() = 0;
  // The body of one actor.
  virtual void run(unsigned actor) = 0;
  // Called when every actor has ended, and not after a failure. Reports by ModelRuntime::check.
  virtual void finish() {}
  // What the actors' histories and the runtime's objects do not show of the state: plain data outside of
  // Rt::plain. Two states that differ only there must differ here.
  virtual Hash128 fingerprint() const { return {}; }
  // What an execution came to, for comparing searches.
  virtual std::uint64_t outcome() const { return 0; }

  // True to see what a data race leads to: accesses of Rt::plain become visible steps, and a race is no
  // failure.
  virtual bool races_are_allowed() const { return false; }

  // True when a fiber may be forgotten in the middle of a function: nothing on its stack owns memory or
  // anything else outside of the state. Then a given-up execution costs nothing; otherwise it is unwound by
  // an exception, about 2 µs for each actor.
  virtual bool may_be_abandoned() const { return false; }
};

// A Program from a class:
//
//   struct AbBa {
//     static constexpr unsigned kActors = 2;
//     ModelRuntime::mutex a{"A"}, b{"B"};
//     void run(unsigned actor) { ... }
//     void finish() { ... }                          // optional
//     static std::string actor_name(unsigned);       // optional
//     Hash128 fingerprint() const;                   // optional
//     std::uint64_t outcome() const;                 // optional
//     static constexpr bool kMayBeAbandoned = true;  // optional, see Program::may_be_abandoned
//   };
//   ProgramOf<AbBa> program;              // AbBa is made anew for every execution
//   ProgramOf<AbBa, int> program(3);      // by AbBa(3)
//
// A class whose number of actors depends on its parameters has `static unsigned actor_count(const Args&...)`
// instead of kActors.
template <class State, class... Args>
class ProgramOf final : public Program {
 public:
  explicit ProgramOf(Args... args) : args_(std::move(args)...) {}
  ~ProgramOf() override { destroy(); }

  unsigned actors() const override {
    if constexpr (requires { State::kActors; })
      return State::kActors;
    else
      return std::apply([](const Args&... args) { return State::actor_count(args...); }, args_);
  }
  std::string actor_name(unsigned actor) const override {
    if constexpr (requires { State::actor_name(actor); })
      return std::string(State::actor_name(actor));
    else
      return Program::actor_name(actor);
  }
  void reset() override {
    destroy();
    std::apply(
        [this](const Args&... args) {
          state_ = std::construct_at(reinterpret_cast<State*>(storage_), args...);
        },
        args_);
  }
  void run(unsigned actor) override { state_->run(actor); }
  void finish() override {
    if constexpr (requires { state_->finish(); }) state_->finish();
  }
  Hash128 fingerprint() const override {
    if constexpr (requires { state_->fingerprint(); })
      return state_->fingerprint();
    else
      return {};
  }
  std::uint64_t outcome() const override {
    if constexpr (requires { state_->outcome(); })
      return state_->outcome();
    else
      return 0;
  }
  bool races_are_allowed() const override {
    if constexpr (requires { State::kRacesAreAllowed; })
      return State::kRacesAreAllowed;
    else
      return false;
  }
  bool may_be_abandoned() const override {
    if constexpr (requires { State::kMayBeAbandoned; })
      return State::kMayBeAbandoned;
    else
      return false;
  }
  // The state of the execution that ran last.
  State& state() { return *state_; }

 private:
  void destroy() {
    if (state_ != nullptr) std::destroy_at(std::exchange(state_, nullptr));
  }

  std::tuple<Args...> args_;
  alignas(State) std::byte storage_[sizeof(State)];
  State* state_ = nullptr;  // in storage_
};

}  // namespace kvtool::explore
