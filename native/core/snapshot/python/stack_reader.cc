#include "core/snapshot/python/stack_reader.h"

#include <optional>
#include <utility>

namespace kvtool::snapshot::python {
namespace {

// `owner` of the frame without code that ends a run: FRAME_OWNED_BY_CSTACK in 3.12 and 3.13,
// FRAME_OWNED_BY_INTERPRETER in 3.14. What is above it in 3.14 does not run code either.
constexpr std::uint8_t kShimOwner = 3;

class Walk {
 public:
  Walk(const Objects& objects, CodeCache& codes)
      : objects_(objects), layout_(objects.layout()), codes_(codes) {}

  PythonStack run(std::uint64_t state) {
    const ThreadOffsets& thread = layout_.thread;
    root_c_frame_ = thread.root_c_frame == kNone ? 0 : state + thread.root_c_frame;
    c_frame_ = thread.c_frame == kNone ? 0 : word(state + thread.c_frame);
    std::uint64_t frame = 0;
    if (thread.frame != kNone)
      frame = word(state + thread.frame);
    else if (c_frame_ != 0)
      frame = word(c_frame_ + layout_.c_frame.frame);

    while (frame != 0) {
      if (frames_++ == kPythonFrameLimit) {
        stack_.cut = true;
        break;
      }
      if (!take(frame)) {
        stack_.cut = true;
        break;
      }
      frame = word(frame + layout_.frame.previous);
    }
    end_run(0);
    return std::move(stack_);
  }

 private:
  std::uint64_t word(std::uint64_t address) const { return objects_.word(address).value_or(0); }

  // False when this is no frame.
  bool take(std::uint64_t frame) {
    const auto entry = layout_.frame.entry == kNone ? std::optional<std::uint8_t>(0)
                                                    : objects_.byte(frame + layout_.frame.entry);
    if (!entry) return false;
    if (layout_.frame_style == FrameStyle::shim && *entry >= kShimOwner) {
      end_run(frame);
      return true;
    }
    // The lowest bits of 3.14's references say how they are counted.
    const std::uint64_t code = word(frame + layout_.frame.code) & ~std::uint64_t{7};
    if (codes_.find(code) == nullptr) return false;
    run_.frames.push_back({.address = frame, .code = code, .instruction = instruction_of(frame)});
    if (layout_.frame_style == FrameStyle::objects ||
        (layout_.frame_style == FrameStyle::entry_flag && *entry != 0))
      end_run(next_c_frame());
    return true;
  }

  std::uint64_t instruction_of(std::uint64_t frame) const {
    const std::uint64_t address = frame + layout_.frame.instruction;
    if (layout_.frame_style != FrameStyle::objects) return word(address);
    return static_cast<std::uint64_t>(objects_.integer(address).value_or(0));
  }

  // The C frame of the run that ends, which is the innermost one not yet taken.
  std::uint64_t next_c_frame() {
    const std::uint64_t current = c_frame_;
    // The outermost one is part of the thread's state and stands for no call.
    if (current == 0 || current == root_c_frame_) return 0;
    c_frame_ = word(current + layout_.c_frame.previous);
    return current;
  }

  void end_run(std::uint64_t stack_address) {
    run_.stack_address = stack_address;
    if (!run_.frames.empty()) stack_.runs.push_back(std::exchange(run_, {}));
  }

  const Objects& objects_;
  const Layout& layout_;
  CodeCache& codes_;
  std::uint64_t c_frame_ = 0;
  std::uint64_t root_c_frame_ = 0;
  std::size_t frames_ = 0;
  Run run_;
  PythonStack stack_;
};

}  // namespace

PythonStack read_stack(const Objects& objects, CodeCache& codes, std::uint64_t state) {
  return Walk(objects, codes).run(state);
}

}  // namespace kvtool::snapshot::python
