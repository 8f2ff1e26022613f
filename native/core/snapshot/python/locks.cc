#include "core/snapshot/python/locks.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>

#include "core/snapshot/python/exception_table.h"

namespace kvtool::snapshot::python {
namespace {

// lockobject and rlockobject of Modules/_threadmodule.c, told apart by their size: those with a semaphore
// have one field more.
constexpr std::uint64_t kLockBytes = 24;
constexpr std::uint64_t kLockBytesWithSemaphore = 40;
constexpr std::uint64_t kRlockBytes = 40;
constexpr std::uint64_t kRlockBytesWithSemaphore = 48;
constexpr std::uint64_t kWord = 16;
constexpr std::uint64_t kIsLocked = 32;  // of a lock with a semaphore
constexpr std::uint64_t kOwner = 24;
constexpr std::uint64_t kCount = 32;

constexpr std::uint64_t kFunctionDefinition = 16;  // PyCFunctionObject
constexpr std::uint64_t kFunctionSelf = 24;
constexpr std::uint64_t kDescriptorName = 24;  // PyDescrObject

constexpr std::uint64_t kTagBits = 7;  // of a reference on the value stack of 3.14
constexpr std::string_view kExit = "__exit__";
// One thread's frames with more variables than this in all are garbage, or not worth the time.
constexpr std::size_t kSlotLimit = 1 << 16;

class Scan {
 public:
  Scan(const Objects& objects, CodeCache& codes, LockSightings& sightings)
      : objects_(objects), codes_(codes), sightings_(sightings) {}

  void run(const PythonFrame& frame) {
    const Code* code = codes_.find(frame.code);
    if (code == nullptr) return;
    const std::size_t count = code->locals + code->stack_size;
    if (count > kSlotLimit - read_) return;
    read_ += count;
    const auto slots = objects_.bytes_at(frame.address + objects_.layout().frame.slots, count * kSlot);
    if (!slots) return;
    const std::size_t live = code->locals + stack_in_use(frame, *code);
    for (std::size_t i = 0; i < count; ++i) take(*slots, i, i >= code->locals && i < live);
  }

 private:
  static constexpr std::size_t kSlot = 8;

  static std::uint64_t slot(const std::string& slots, std::size_t index) {
    std::uint64_t value = 0;
    if ((index + 1) * kSlot <= slots.size()) std::memcpy(&value, slots.data() + index * kSlot, kSlot);
    return value & ~kTagBits;
  }

  // How many values are on the value stack for certain: what lies above is of a moment ago.
  std::size_t stack_in_use(const PythonFrame& frame, const Code& code) const {
    const Layout& layout = objects_.layout();
    if (layout.frame_style != FrameStyle::objects) {
      const auto offset = codes_.offset(code, frame.instruction);
      return offset ? handler_depth(code.exception_table, *offset).value_or(0) : 0;
    }
    // PyTryBlock is three ints, the last of which is the depth of the stack where the block begins.
    constexpr std::int32_t kBlockLimit = 20;
    constexpr std::uint64_t kBlock = 12;
    constexpr std::uint64_t kLevel = 8;
    const std::int32_t count = objects_.integer(frame.address + layout.frame.block_count).value_or(0);
    if (count <= 0 || count > kBlockLimit) return 0;
    const std::uint64_t last =
        frame.address + layout.frame.blocks + kBlock * static_cast<unsigned>(count - 1);
    const std::int32_t level = objects_.integer(last + kLevel).value_or(0);
    return level > 0 ? std::min(static_cast<std::uint32_t>(level), code.stack_size) : 0;
  }

  void take(const std::string& slots, std::size_t index, bool in_use) {
    const std::uint64_t object = slot(slots, index);
    const std::string_view type = objects_.type_of(object);
    if (type == "builtin_function_or_method") {
      const auto lock = lock_at(objects_, word(object + kFunctionSelf));
      if (!lock) return;
      see(*lock);
      const auto name = objects_.c_string(word(word(object + kFunctionDefinition)), kExit.size() + 1);
      if (in_use && name == kExit) enter(*lock);
    } else if (type == "method_descriptor") {
      // 3.14 keeps the method and its object apart.
      const auto lock = lock_at(objects_, slot(slots, index + 1));
      if (lock && in_use && objects_.text(word(object + kDescriptorName)) == kExit) enter(*lock);
    } else if (const auto lock = lock_at(objects_, object)) {
      see(*lock);
    }
  }

  void see(const LockObject& lock) {
    if (std::ranges::find(sightings_.seen, lock) == sightings_.seen.end()) sightings_.seen.push_back(lock);
  }
  void enter(const LockObject& lock) {
    see(lock);
    sightings_.inside.push_back(lock.address);
  }
  std::uint64_t word(std::uint64_t address) const { return objects_.word(address).value_or(0); }

  const Objects& objects_;
  CodeCache& codes_;
  LockSightings& sightings_;
  std::size_t read_ = 0;
};

}  // namespace

void find_locks(const Objects& objects, CodeCache& codes, const PythonStack& stack,
                LockSightings& sightings) {
  Scan scan(objects, codes, sightings);
  for (const Run& run : stack.runs)
    for (const PythonFrame& frame : run.frames) scan.run(frame);
}

std::optional<LockObject> lock_at(const Objects& objects, std::uint64_t address) {
  const std::string_view type = objects.type_of(address);
  const bool recursive = type == "_thread.RLock";
  if (!recursive && type != "_thread.lock") return std::nullopt;
  LockObject lock{.address = address, .recursive = recursive, .word = address + kWord};
  const std::uint64_t bytes = objects.basic_size(address);
  lock.has_semaphore = bytes == (recursive ? kRlockBytesWithSemaphore : kLockBytesWithSemaphore);
  if (!lock.has_semaphore && bytes != (recursive ? kRlockBytes : kLockBytes)) return std::nullopt;
  if (lock.has_semaphore) lock.word = objects.word(lock.word).value_or(0);
  return lock.word == 0 ? std::nullopt : std::optional(lock);
}

bool is_held(const Objects& objects, const LockObject& lock) {
  if (lock.recursive) return owner_ident(objects, lock) != 0;
  if (lock.has_semaphore) return objects.byte(lock.address + kIsLocked).value_or(0) != 0;
  return (objects.byte(lock.word).value_or(0) & 1) != 0;
}

std::uint64_t owner_ident(const Objects& objects, const LockObject& lock) {
  if (!lock.recursive) return 0;
  // The newer form counts only the times after the first.
  if (lock.has_semaphore && objects.word(lock.address + kCount).value_or(0) == 0) return 0;
  return objects.word(lock.address + kOwner).value_or(0);
}

}  // namespace kvtool::snapshot::python
