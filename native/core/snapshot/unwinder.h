// Unwinder: from a stack pointer, a program counter and a copied stack to the calls that led there, by the
// unwind information (.eh_frame) of the mapped files. Works offline: the thread may run on meanwhile.
//
// libdw does the work (elfutils, LGPL-3.0-or-later or GPL-2.0-or-later, linked dynamically). Its symbol
// lookup is not used: dwfl_module_addrinfo searches linearly, 380 us a frame on a big executable. symbols.h
// names frames.
#pragma once

#include <elfutils/libdwfl.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "core/snapshot/address_map.h"
#include "core/snapshot/deadline.h"
#include "core/snapshot/memory.h"
#include "core/snapshot/process_view.h"
#include "core/snapshot/registers.h"
#include "core/snapshot/stack_copy.h"
#include "core/snapshot/unwind_table.h"

namespace kvtool::snapshot {

inline constexpr std::size_t kFrameLimit = 256;

struct Step {
  std::uint64_t pc = 0;
  // `pc` is where the thread stopped, not the address after a call: the innermost frame, and one that a
  // signal handler interrupted.
  bool exact = false;
  // Value of the frame pointer register in that frame, whatever its code uses it for. Needs elfutils 0.188.
  std::optional<std::uint64_t> fp = {};
  // The address to look things up by: the call itself, for a return address may already belong to the next
  // function.
  std::uint64_t lookup() const { return exact ? pc : pc - 1; }
};

// Where to begin, and what is known about the way.
struct WalkStart {
  std::uint64_t pc = 0;
  std::uint64_t sp = 0;
  std::optional<std::uint64_t> fp = {};
  bool exact = true;  // as of the first step
  // All of them, of a thread that was stopped; `pc`, `sp` and `fp` are theirs then.
  const Registers* registers = nullptr;
  // A frame pointer that some frame on the way must have.
  std::optional<std::uint64_t> through = {};
};

struct Walk {
  std::vector<Step> steps;  // innermost first
  bool complete = false;    // the last step is a thread's or the program's first function
  bool recovered = false;   // the frame pointer was found by search (frame_pointer.h)
  bool cut = false;         // kFrameLimit or the deadline ended it
  std::size_t certain = 0;  // so many steps took no search
};

class Unwinder {
 public:
  // All three must outlive the unwinder.
  Unwinder(const ProcessView& target, const AddressMap& map, const Memory& memory);
  Unwinder(const Unwinder&) = delete;
  Unwinder& operator=(const Unwinder&) = delete;

  // False when the target has no ELF file that libdw can read; walks are then one step long.
  bool ready() const { return ready_; }
  Walk walk(const WalkStart& start, const StackCopy& stack, const Deadline& deadline);

 private:
  struct Request;  // what the callbacks of one walk share

  static pid_t next_thread(Dwfl* dwfl, void* self, void** thread);
  static bool get_thread(Dwfl* dwfl, pid_t tid, void* self, void** thread);
  static bool read_memory(Dwfl* dwfl, Dwarf_Addr address, Dwarf_Word* result, void* self);
  static bool set_registers(Dwfl_Thread* thread, void* request);
  static int take_frame(Dwfl_Frame* frame, void* request);
  static int find_elf(Dwfl_Module* module, void** self, const char* name, Dwarf_Addr base, char** file,
                      Elf** elf);
  static int find_debuginfo(Dwfl_Module* module, void** self, const char* name, Dwarf_Addr base,
                            const char* file, const char* link, GElf_Word crc, char** debug_file);
  static const Dwfl_Callbacks kModuleCallbacks;
  static const Dwfl_Thread_Callbacks kThreadCallbacks;

  void walk_once(Request& request);
  // Puts right a walk that ended for want of the frame pointer.
  void recover(Request& request);
  void search_frame_pointer(Request& request);
  std::optional<std::uint64_t> frame_pointer_by_code(const Request& request);
  static bool passes(const Request& request);
  // How far below the pair of the caller's frame pointer and the return address the frame pointer of the
  // function at `address` points. 0 in compiled code; hand-written code (libffi) keeps other things there as
  // well.
  std::uint64_t bytes_to_record(std::uint64_t address) const;
  bool is_return_address(std::uint64_t address) const;
  // Does the unwind information say that the function at `address` has no caller? True for _start and for the
  // first function of a thread, with or without symbols.
  bool is_outermost(std::uint64_t address);

  const ProcessView& target_;
  const AddressMap& map_;
  const Memory& memory_;
  std::unique_ptr<Dwfl, void (*)(Dwfl*)> dwfl_;
  bool ready_ = false;
  Request* current_ = nullptr;  // set while libdw runs
  std::unordered_map<std::uint64_t, bool> outermost_;
  std::unordered_map<Dwfl_Module*, UnwindTable> tables_;
};

}  // namespace kvtool::snapshot
