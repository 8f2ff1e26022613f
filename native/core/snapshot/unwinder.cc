#include "core/snapshot/unwinder.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/version.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <span>
#include <utility>

#include "core/snapshot/frame_pointer.h"
#include "core/snapshot/prologue.h"

namespace kvtool::snapshot {
namespace {

// DWARF register numbers of the frame pointer, the stack pointer and (x86-64 only) the return address column.
#if defined(__x86_64__)
constexpr int kFramePointer = 6;
constexpr int kStackPointer = 7;
constexpr int kReturnAddress = 16;
#elif defined(__aarch64__)
constexpr int kFramePointer = 29;
constexpr int kStackPointer = 31;
constexpr int kReturnAddress = -1;
#else
#error "the unwinder knows x86-64 and aarch64"
#endif

std::optional<std::uint64_t> register_of([[maybe_unused]] Dwfl_Frame* frame,
                                         [[maybe_unused]] unsigned number) {
#if _ELFUTILS_PREREQ(0, 188)
  Dwarf_Word value = 0;
  if (dwfl_frame_reg(frame, number, &value) == 0) return value;
#endif
  return std::nullopt;
}

// Each try walks the whole stack (some 10 us); the right pair is nearly always among the first few.
constexpr std::size_t kCandidateLimit = 128;

void end_session(Dwfl* dwfl) {
  if (dwfl != nullptr) dwfl_end(dwfl);
}

}  // namespace

struct Unwinder::Request {
  const Unwinder& unwinder;
  WalkStart start;
  const StackCopy& stack;
  const Deadline& deadline;
  Walk walk;
  std::uint64_t sp;  // of the last step
};

const Dwfl_Callbacks Unwinder::kModuleCallbacks = {.find_elf = find_elf,
                                                   .find_debuginfo = find_debuginfo,
                                                   .section_address = nullptr,
                                                   .debuginfo_path = nullptr};

const Dwfl_Thread_Callbacks Unwinder::kThreadCallbacks = {.next_thread = next_thread,
                                                          .get_thread = get_thread,
                                                          .memory_read = read_memory,
                                                          .set_initial_registers = set_registers,
                                                          .detach = nullptr,
                                                          .thread_detach = nullptr};

Unwinder::Unwinder(const ProcessView& target, const AddressMap& map, const Memory& memory)
    : target_(target), map_(map), memory_(memory), dwfl_(dwfl_begin(&kModuleCallbacks), end_session) {
  if (dwfl_ == nullptr) return;
  dwfl_report_begin(dwfl_.get());
  for (const Module& module : map.modules()) {
    Dwfl_Module* reported = dwfl_report_module(dwfl_.get(), module.path.c_str(), module.start, module.end);
    if (reported == nullptr) continue;
    void** user_data = nullptr;
    dwfl_module_info(reported, &user_data, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr);
    if (user_data != nullptr) *user_data = this;
  }
  if (dwfl_report_end(dwfl_.get(), nullptr, nullptr) != 0) return;
  ready_ = dwfl_attach_state(dwfl_.get(), nullptr, target.pid(), &kThreadCallbacks, this);
}

Walk Unwinder::walk(const WalkStart& start, const StackCopy& stack, const Deadline& deadline) {
  Request request{
      .unwinder = *this, .start = start, .stack = stack, .deadline = deadline, .walk = {}, .sp = start.sp};
  if (ready_) walk_once(request);
  request.walk.certain = request.walk.steps.size();
  const bool astray = request.walk.complete && !passes(request);
  if (ready_ && !start.fp && !request.walk.cut && (!request.walk.complete || astray)) recover(request);
  // Whatever libdw made of it: where the thread is, is known.
  if (request.walk.steps.empty()) request.walk.steps.push_back({.pc = start.pc, .exact = start.exact});
  return std::move(request.walk);
}

bool Unwinder::passes(const Request& request) {
  const auto& steps = request.walk.steps;
  return !request.start.through || std::ranges::find(steps, request.start.through, &Step::fp) != steps.end();
}

void Unwinder::walk_once(Request& request) {
  request.walk = {};
  current_ = &request;
  const int result = dwfl_getthread_frames(dwfl_.get(), target_.pid(), take_frame, &request);
  current_ = nullptr;
  // 0: a frame without a caller was reached. A walk through damaged memory can end so by accident.
  request.walk.complete =
      result == 0 && !request.walk.steps.empty() && is_outermost(request.walk.steps.back().lookup());
}

void Unwinder::recover(Request& request) {
  const Walk plain = request.walk;
  const WalkStart start = request.start;
  const std::uint64_t sp = request.sp;
  if (const auto fp = frame_pointer_by_code(request)) {
    request.start.fp = *fp;
    walk_once(request);
    if (request.walk.complete && passes(request)) {
      request.walk.certain = request.walk.steps.size();
      return;
    }
  }
  request.start = start;
  request.walk = plain;
  request.sp = sp;
  search_frame_pointer(request);
}

std::optional<std::uint64_t> Unwinder::frame_pointer_by_code(const Request& request) {
  if (request.walk.steps.empty()) return std::nullopt;
  // A function that saves some registers and has some thousand bytes of variables takes less to begin with.
  constexpr std::size_t kBeginningBytes = 256;
  const Step& last = request.walk.steps.back();
  Dwfl_Module* module = dwfl_addrmodule(dwfl_.get(), last.lookup());
  if (module == nullptr) return std::nullopt;
  auto known = tables_.find(module);
  Dwarf_Addr bias = 0;
  Elf* elf = dwfl_module_getelf(module, &bias);
  if (known == tables_.end()) known = tables_.emplace(module, UnwindTable(elf)).first;
  const auto function = known->second.function_at(last.lookup() - bias);
  if (!function) return std::nullopt;
  std::array<std::byte, kBeginningBytes> code;
  const std::uint64_t begin = *function + bias;
  const auto wanted = std::min<std::uint64_t>(code.size(), last.pc - begin);
  const std::size_t got = memory_.read(begin, std::span(code).first(wanted));
  const auto bytes = frame_bytes(std::span(code).first(got));
  if (!bytes) return std::nullopt;
  // There the caller's frame pointer was pushed, below the return address.
  const std::uint64_t fp = request.sp + *bytes;
  const auto return_address = request.stack.word(fp + sizeof(std::uint64_t));
  if (!return_address || !is_return_address(*return_address)) return std::nullopt;
  return fp;
}

void Unwinder::search_frame_pointer(Request& request) {
  Walk best = std::move(request.walk);
  // A frame pointer points into its own frame or further out, never below where that frame begins.
  const std::uint64_t lowest = request.sp;
  const std::uint64_t below = best.steps.empty() ? 0 : bytes_to_record(best.steps.back().lookup());
  const auto candidates = frame_pointer_candidates(
      request.stack, [this](std::uint64_t address) { return is_return_address(address); }, kCandidateLimit);
  for (const std::uint64_t record : candidates) {
    if (request.deadline.passed()) break;
    const std::uint64_t candidate = record - below;
    if (candidate < lowest) continue;
    request.start.fp = candidate;
    walk_once(request);
    if (!passes(request)) continue;
    request.walk.recovered = true;
    request.walk.certain = best.certain;
    if (request.walk.complete || request.walk.steps.size() > best.steps.size())
      best = std::move(request.walk);
    if (best.complete) break;
  }
  request.walk = std::move(best);
}

std::uint64_t Unwinder::bytes_to_record(std::uint64_t address) const {
  constexpr std::uint64_t kRecordBytes = 16;  // the caller's frame pointer and the return address
  constexpr std::uint64_t kFarthest = 4096;
  Dwarf_Addr bias = 0;
  Dwfl_Module* module = dwfl_addrmodule(dwfl_.get(), address);
  Dwarf_CFI* unwind_information = module == nullptr ? nullptr : dwfl_module_eh_cfi(module, &bias);
  Dwarf_Frame* rules = nullptr;
  if (unwind_information == nullptr || dwarf_cfi_addrframe(unwind_information, address - bias, &rules) != 0)
    return 0;
  const std::unique_ptr<Dwarf_Frame, void (*)(void*)> owned(rules, std::free);
  Dwarf_Op* operations = nullptr;
  std::size_t count = 0;
  if (dwarf_frame_cfa(rules, &operations, &count) != 0 || count != 1) return 0;
  const Dwarf_Op& rule = operations[0];
  const bool by_frame_pointer =
      (rule.atom == DW_OP_bregx && rule.number == kFramePointer) || rule.atom == DW_OP_breg0 + kFramePointer;
  const Dwarf_Word offset = rule.atom == DW_OP_bregx ? rule.number2 : rule.number;
  if (!by_frame_pointer || offset < kRecordBytes || offset > kFarthest) return 0;
  return offset - kRecordBytes;
}

bool Unwinder::is_return_address(std::uint64_t address) const {
  if (address < kCallBytes || !map_.executable(address)) return false;
  std::array<std::byte, kCallBytes> before;
  return memory_.read(address - kCallBytes, before) == kCallBytes && ends_in_call(before);
}

bool Unwinder::is_outermost(std::uint64_t address) {
  const auto known = outermost_.find(address);
  if (known != outermost_.end()) return known->second;
  bool& answer = outermost_[address];
  Dwfl_Module* module = dwfl_addrmodule(dwfl_.get(), address);
  Dwarf_Addr bias = 0;
  Dwarf_CFI* unwind_information = module == nullptr ? nullptr : dwfl_module_eh_cfi(module, &bias);
  Dwarf_Frame* rules = nullptr;
  if (unwind_information == nullptr || dwarf_cfi_addrframe(unwind_information, address - bias, &rules) != 0)
    return answer;
  const std::unique_ptr<Dwarf_Frame, void (*)(void*)> owned(rules, std::free);
  const int return_register = dwarf_frame_info(rules, nullptr, nullptr, nullptr);
  std::array<Dwarf_Op, 3> own_operations;
  Dwarf_Op* operations = nullptr;
  std::size_t count = 0;
  // "Undefined" is spelt: no operations, in the caller's own array.
  answer = return_register >= 0 &&
           dwarf_frame_register(rules, return_register, own_operations.data(), &operations, &count) == 0 &&
           count == 0 && operations == own_operations.data();
  return answer;
}

pid_t Unwinder::next_thread(Dwfl*, void* self, void** thread) {
  // One thread per walk; asked for only by functions that are not called here.
  if (*thread != nullptr) return 0;
  *thread = static_cast<Unwinder*>(self)->current_;
  return static_cast<Unwinder*>(self)->target_.pid();
}

bool Unwinder::get_thread(Dwfl*, pid_t, void* self, void** thread) {
  *thread = static_cast<Unwinder*>(self)->current_;
  return *thread != nullptr;
}

bool Unwinder::read_memory(Dwfl*, Dwarf_Addr address, Dwarf_Word* result, void* self) {
  const Unwinder& unwinder = *static_cast<Unwinder*>(self);
  std::optional<std::uint64_t> word;
  if (unwinder.current_ != nullptr) word = unwinder.current_->stack.word(address);
  // Outside the copy lie alternate signal stacks and stacks of coroutines, which do not change while the
  // thread waits.
  if (!word) word = unwinder.memory_.value<std::uint64_t>(address);
  if (!word) return false;
  *result = *word;
  return true;
}

bool Unwinder::set_registers(Dwfl_Thread* thread, void* argument) {
  const Request& request = *static_cast<Request*>(argument);
  if (const Registers* all = request.start.registers; all != nullptr) {
    dwfl_thread_state_register_pc(thread, all->pc);
    if (kReturnAddress >= 0 && !dwfl_thread_state_registers(thread, kReturnAddress, 1, &all->pc))
      return false;
    return dwfl_thread_state_registers(thread, 0, kRegisterCount, all->by_dwarf_number.data());
  }
  if (request.start.fp) {
    const Dwarf_Word value = *request.start.fp;
    if (!dwfl_thread_state_registers(thread, kFramePointer, 1, &value)) return false;
  }
  const Dwarf_Word sp = request.start.sp;
  const Dwarf_Word pc = request.start.pc;
  dwfl_thread_state_register_pc(thread, pc);
  if (kReturnAddress >= 0 && !dwfl_thread_state_registers(thread, kReturnAddress, 1, &pc)) return false;
  return dwfl_thread_state_registers(thread, kStackPointer, 1, &sp);
}

int Unwinder::take_frame(Dwfl_Frame* frame, void* argument) {
  Request& request = *static_cast<Request*>(argument);
  Dwarf_Addr pc = 0;
  bool exact = false;
  if (!dwfl_frame_pc(frame, &pc, &exact)) return DWARF_CB_ABORT;
  if (request.walk.steps.size() >= kFrameLimit || request.deadline.passed()) {
    request.walk.cut = true;
    return DWARF_CB_ABORT;
  }
  if (request.walk.steps.empty()) exact = request.start.exact;
  // Nobody returns into data: a wrong frame pointer led here.
  const Unwinder& unwinder = request.unwinder;
  if (!request.walk.steps.empty() && !unwinder.map_.executable(exact ? pc : pc - 1)) return DWARF_CB_ABORT;
  request.walk.steps.push_back({.pc = pc, .exact = exact, .fp = register_of(frame, kFramePointer)});
  request.sp = register_of(frame, kStackPointer).value_or(request.sp);
  return DWARF_CB_OK;
}

int Unwinder::find_elf(Dwfl_Module*, void** self, const char*, Dwarf_Addr base, char** file, Elf** elf) {
  *file = nullptr;
  *elf = nullptr;
  const auto* unwinder = static_cast<const Unwinder*>(*self);
  const Mapping* mapping = unwinder == nullptr ? nullptr : unwinder->map_.find(base);
  if (mapping == nullptr) return -1;
  UniqueFd opened = unwinder->target_.open_mapped(*mapping);
  if (!opened) return -1;
  *file = strdup(mapping->path.c_str());  // libdw frees it
  return opened.release();
}

int Unwinder::find_debuginfo(Dwfl_Module*, void**, const char*, Dwarf_Addr, const char*, const char*,
                             GElf_Word, char**) {
  // Separate debug files would be loaded and decompressed at the first frame, and unwinding needs none of
  // them.
  return -1;
}

}  // namespace kvtool::snapshot
