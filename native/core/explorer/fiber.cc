#include "core/explorer/fiber.h"

#include <cxxabi.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <new>

#if KVTOOL_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#if KVTOOL_TSAN
extern "C" {
void* __tsan_create_fiber(unsigned flags);     // NOLINT(bugprone-reserved-identifier): the runtime's name
void __tsan_destroy_fiber(void* fiber);        // NOLINT(bugprone-reserved-identifier)
void __tsan_switch_to_fiber(void*, unsigned);  // NOLINT(bugprone-reserved-identifier)
void* __tsan_get_current_fiber();              // NOLINT(bugprone-reserved-identifier)
}
#endif

#if defined(KVTOOL_FIBER_UCONTEXT)
static void kvtool_fiber_enter(unsigned high, unsigned low);
#elif defined(__x86_64__)
// kvtool_fiber_switch(void** save, void* to). The layout below must agree with Fiber::prepare.
asm(R"(
.text
.p2align 4
.globl kvtool_fiber_switch
.hidden kvtool_fiber_switch
.type kvtool_fiber_switch,@function
kvtool_fiber_switch:
  .cfi_startproc
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp,(%rdi)
  movq %rsi,%rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  popq %rdx
  jmp *%rdx
  .cfi_endproc
.size kvtool_fiber_switch,.-kvtool_fiber_switch

.globl kvtool_fiber_start
.hidden kvtool_fiber_start
.type kvtool_fiber_start,@function
kvtool_fiber_start:
  .cfi_startproc
  .cfi_undefined %rip
  movq %rbx,%rdi
  call kvtool_fiber_run
  ud2
  .cfi_endproc
.size kvtool_fiber_start,.-kvtool_fiber_start
)");
#elif defined(__aarch64__)
asm(R"(
.text
.p2align 4
.globl kvtool_fiber_switch
.hidden kvtool_fiber_switch
.type kvtool_fiber_switch,%function
kvtool_fiber_switch:
  sub sp, sp, #160
  stp x19, x20, [sp, #0]
  stp x21, x22, [sp, #16]
  stp x23, x24, [sp, #32]
  stp x25, x26, [sp, #48]
  stp x27, x28, [sp, #64]
  stp x29, x30, [sp, #80]
  stp d8, d9, [sp, #96]
  stp d10, d11, [sp, #112]
  stp d12, d13, [sp, #128]
  stp d14, d15, [sp, #144]
  mov x9, sp
  str x9, [x0]
  mov sp, x1
  ldp x19, x20, [sp, #0]
  ldp x21, x22, [sp, #16]
  ldp x23, x24, [sp, #32]
  ldp x25, x26, [sp, #48]
  ldp x27, x28, [sp, #64]
  ldp x29, x30, [sp, #80]
  ldp d8, d9, [sp, #96]
  ldp d10, d11, [sp, #112]
  ldp d12, d13, [sp, #128]
  ldp d14, d15, [sp, #144]
  add sp, sp, #160
  br x30
.size kvtool_fiber_switch,.-kvtool_fiber_switch

.globl kvtool_fiber_start
.hidden kvtool_fiber_start
.type kvtool_fiber_start,%function
kvtool_fiber_start:
  .cfi_startproc
  .cfi_undefined x30
  mov x0, x19
  bl kvtool_fiber_run
  brk #0
  .cfi_endproc
.size kvtool_fiber_start,.-kvtool_fiber_start
)");
#endif
#if !defined(KVTOOL_FIBER_UCONTEXT)
extern "C" void kvtool_fiber_start();
#else
extern "C" void kvtool_fiber_switch(void**, void*) {}  // never called; see kPlainSwitch
#endif

namespace kvtool::explore {

struct FiberStart {
  // Who was left by the switch in progress on this thread; only the sanitizers' bookkeeping reads it.
  static thread_local Fiber* left;

  // The sanitizer learns the bounds of a thread's own stack when somebody leaves it.
  static void arrived(Fiber& self) {
#if KVTOOL_ASAN
    const void* bottom = nullptr;
    std::size_t bytes = 0;
    __sanitizer_finish_switch_fiber(self.fake_stack_, &bottom, &bytes);
    if (left->stack_ == nullptr) {
      left->outer_stack_ = bottom;
      left->outer_stack_bytes_ = bytes;
    }
#else
    (void)self;
#endif
  }

  [[noreturn]] static void run(Fiber& self) {
    if constexpr (KVTOOL_FIBER_SANITIZED != 0) arrived(self);
    self.entry_(self.argument_);
    std::abort();  // an entry never returns
  }
};
thread_local Fiber* FiberStart::left = nullptr;

}  // namespace kvtool::explore

extern "C" [[noreturn]] void kvtool_fiber_run(kvtool::explore::Fiber* self) {
  kvtool::explore::FiberStart::run(*self);
}
#if defined(KVTOOL_FIBER_UCONTEXT)
static void kvtool_fiber_enter(unsigned high, unsigned low) {
  const auto self = static_cast<std::uintptr_t>(high) << 32 | low;
  kvtool_fiber_run(reinterpret_cast<kvtool::explore::Fiber*>(self));
}
#endif

namespace kvtool::explore {

Fiber::~Fiber() {
  if (stack_ == nullptr) return;
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  munmap(stack_ - page, kFiberStackBytes + page);
#if KVTOOL_TSAN
  if (sanitizer_fiber_ != nullptr) __tsan_destroy_fiber(sanitizer_fiber_);
#endif
}

void Fiber::prepare(Entry entry, void* argument) {
  if (stack_ == nullptr) {
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    void* memory = mmap(nullptr, kFiberStackBytes + page, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    mprotect(memory, page, PROT_NONE);
    stack_ = static_cast<std::byte*>(memory) + page;
  }
  entry_ = entry;
  argument_ = argument;
  exceptions_ = {};
  fake_stack_ = nullptr;
#if KVTOOL_ASAN
  // Frames that were forgotten left their red zones.
  __asan_unpoison_memory_region(stack_, kFiberStackBytes);
#endif
#if KVTOOL_TSAN
  if (sanitizer_fiber_ != nullptr) __tsan_destroy_fiber(sanitizer_fiber_);
  sanitizer_fiber_ = __tsan_create_fiber(0);
#endif
#if defined(KVTOOL_FIBER_UCONTEXT)
  getcontext(&context_);
  context_.uc_stack.ss_sp = stack_;
  context_.uc_stack.ss_size = kFiberStackBytes;
  context_.uc_link = nullptr;
  // makecontext passes ints: a pointer travels as two halves.
  const auto self = reinterpret_cast<std::uintptr_t>(this);
  makecontext(&context_, reinterpret_cast<void (*)()>(&kvtool_fiber_enter), 2,
              static_cast<unsigned>(self >> 32), static_cast<unsigned>(self));
#elif defined(__x86_64__)
  // What the switch pops: r15 r14 r13 r12 rbx rbp and where to go. The start then finds rsp a multiple of 16.
  auto** top = reinterpret_cast<void**>(stack_ + kFiberStackBytes) - 2;
  *--top = reinterpret_cast<void*>(&kvtool_fiber_start);
  *--top = nullptr;
  *--top = this;
  for (int i = 0; i < 4; ++i) *--top = nullptr;
  stack_pointer_ = top;
#else
  auto** top = reinterpret_cast<void**>(stack_ + kFiberStackBytes) - 20;
  for (int i = 0; i < 20; ++i) top[i] = nullptr;
  top[0] = this;                                           // x19
  top[11] = reinterpret_cast<void*>(&kvtool_fiber_start);  // x30
  stack_pointer_ = top;
#endif
}

Fiber::Exceptions* Fiber::exceptions_of_thread() {
  return reinterpret_cast<Exceptions*>(abi::__cxa_get_globals());
}

void Fiber::switch_slow(Fiber& from, Fiber& to) {
  Exceptions* globals = exceptions_of_thread();
  from.exceptions_ = *globals;
  *globals = to.exceptions_;
  FiberStart::left = &from;
#if KVTOOL_ASAN
  // The thread's own stack has no stack_: its bounds are what the first switch back reports.
  const void* bottom = to.stack_ != nullptr ? static_cast<const void*>(to.stack_) : to.outer_stack_;
  const std::size_t bytes = to.stack_ != nullptr ? kFiberStackBytes : to.outer_stack_bytes_;
  __sanitizer_start_switch_fiber(&from.fake_stack_, bottom, bytes);
#endif
#if KVTOOL_TSAN
  if (from.sanitizer_fiber_ == nullptr) from.sanitizer_fiber_ = __tsan_get_current_fiber();
  __tsan_switch_to_fiber(to.sanitizer_fiber_, 0);
#endif
#if defined(KVTOOL_FIBER_UCONTEXT)
  swapcontext(&from.context_, &to.context_);
#else
  kvtool_fiber_switch(&from.stack_pointer_, to.stack_pointer_);
#endif
  if constexpr (KVTOOL_FIBER_SANITIZED != 0) FiberStart::arrived(from);
}

}  // namespace kvtool::explore
