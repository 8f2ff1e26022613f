// Fiber: a stack of its own that the explorer switches to and from. Nothing here knows operations or
// schedules.
//
// A switch saves the callee-saved registers and the stack pointer (x86-64 and AArch64, 2 ns; elsewhere
// ucontext, about 150 ns, which saves the signal mask as well). It ends in an indirect jump and not in `ret`:
// the return-stack predictor mispredicts every `ret` onto another stack (measured: 9.9 ns against 1.9).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/explorer/sanitizers.h"

#if !defined(__x86_64__) && !defined(__aarch64__)
#define KVTOOL_FIBER_UCONTEXT 1
#include <ucontext.h>
#endif

// Hand-written; see fiber.cc.
extern "C" void kvtool_fiber_switch(void** save, void* to);

namespace kvtool::explore {

#if KVTOOL_ASAN || KVTOOL_TSAN
#define KVTOOL_FIBER_SANITIZED 1
inline constexpr std::size_t kFiberStackBytes = 256 * 1024;  // instrumented frames are several times as large
#else
#define KVTOOL_FIBER_SANITIZED 0
// The unwinder alone takes about 8 KiB when an execution that was given up is taken down by an exception.
inline constexpr std::size_t kFiberStackBytes = 64 * 1024;
#endif

#if defined(KVTOOL_FIBER_UCONTEXT)
inline constexpr bool kPlainSwitch = false;
#else
inline constexpr bool kPlainSwitch = KVTOOL_FIBER_SANITIZED == 0;
#endif

// Where a stack that is not running stands. The thread's own stack is one, too.
class Fiber {
 public:
  using Entry = void (*)(void* argument);

  Fiber() = default;
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;
  ~Fiber();

  // The next switch to this fiber calls `entry(argument)` on its stack, which must never return: it ends with
  // a switch to another fiber. What was on the stack before is forgotten, not destroyed. The first call maps
  // the stack; throws std::bad_alloc when it cannot.
  void prepare(Entry entry, void* argument);

  // Leaves `from`, which must be running on this thread, and goes on in `to`. Returns when somebody switches
  // back to `from`. Exceptions being handled belong to a fiber and are switched with it.
  static void switch_to(Fiber& from, Fiber& to) {
    if constexpr (kPlainSwitch)
      switch_fast(from, to);
    else
      switch_slow(from, to);
  }

 private:
  struct Exceptions {  // the Itanium ABI's __cxa_eh_globals
    void* caught = nullptr;
    unsigned int uncaught = 0;
  };
  static Exceptions* exceptions_of_thread();
  static void switch_fast(Fiber& from, Fiber& to) {
    thread_local Exceptions* const globals = exceptions_of_thread();
    from.exceptions_ = *globals;
    *globals = to.exceptions_;
    kvtool_fiber_switch(&from.stack_pointer_, to.stack_pointer_);
  }
  static void switch_slow(Fiber& from, Fiber& to);

  void* stack_pointer_ = nullptr;
  Exceptions exceptions_;
  std::byte* stack_ = nullptr;  // lowest address of the usable part; a guard page lies below
#if defined(KVTOOL_FIBER_UCONTEXT)
  ucontext_t context_{};
#endif
  Entry entry_ = nullptr;
  void* argument_ = nullptr;
  // For the sanitizers, which follow every switch.
  void* sanitizer_fiber_ = nullptr;
  void* fake_stack_ = nullptr;
  const void* outer_stack_ = nullptr;  // of the thread's own stack, which nobody mapped here
  std::size_t outer_stack_bytes_ = 0;
  friend struct FiberStart;
};

}  // namespace kvtool::explore
