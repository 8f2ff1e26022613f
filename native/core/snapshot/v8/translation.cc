#include "core/snapshot/v8/translation.h"

#include <cstdint>
#include <optional>

#include "core/snapshot/v8/byte_reader.h"

namespace kvtool::snapshot::v8 {
namespace {

// A call that inlines more, or keeps more values alive, is garbage.
constexpr int kFrameLimit = 256;
constexpr int kInstructionLimit = 50'000;

struct Instruction {
  int opcode = 0;
  std::int64_t first = 0;  // operands, as far as a frame has them
  std::int64_t second = 0;
};

// Walks the instructions of one translation (V8's TranslationArrayIterator, DeoptimizationFrameTranslation).
// A translation may say "as in an earlier one" instead of repeating what that has: then instructions are read
// there, skipping as many as were written here since.
class TranslationReader {
 public:
  TranslationReader(std::span<const std::byte> bytes, std::size_t index, const Translation& format)
      : counts_(format.operand_counts), here_(bytes, index), earlier_({}) {
    opcode_count_ = static_cast<int>(counts_.size());
    const Instruction begin = read(here_, here_.byte());
    begin_ = begin.opcode;
    // Its operands: how far back the earlier one is, number of frames, number of JavaScript frames.
    const std::size_t back = static_cast<std::size_t>(lookback_);
    if (back != 0 && back <= index) {
      earlier_ = ByteReader(bytes, index - back);
      has_earlier_ = true;
    }
    since_ = 1;
  }

  int script_frames() const { return script_frames_; }

  // nullopt at the end, or when the bytes make no sense.
  std::optional<Instruction> next() {
    if (borrowed_ > 0) --borrowed_;
    if (borrowed_ > 0) return checked(read(earlier_, earlier_.byte()), earlier_);
    const int opcode = here_.byte();
    if (!here_.ok() || opcode == begin_) return std::nullopt;
    const int match_earlier = opcode_count_ - 1;
    if (opcode < match_earlier) {
      ++since_;
      return checked(read(here_, opcode), here_);
    }
    // The short form has the number in the opcode itself.
    borrowed_ =
        opcode == match_earlier ? static_cast<std::int64_t>(here_.number() & 0xffff) : opcode - opcode_count_;
    if (!has_earlier_ || !here_.ok()) return std::nullopt;
    for (; since_ > 0 && earlier_.ok(); --since_) read(earlier_, earlier_.byte());
    return checked(read(earlier_, earlier_.byte()), earlier_);
  }

 private:
  static std::optional<Instruction> checked(Instruction instruction, const ByteReader& from) {
    return from.ok() ? std::optional(instruction) : std::nullopt;
  }

  Instruction read(ByteReader& from, int opcode) {
    Instruction result{.opcode = opcode};
    const int operands =
        opcode < opcode_count_ ? static_cast<int>(base36(counts_[static_cast<std::size_t>(opcode)])) : 0;
    for (int i = 0; i < operands; ++i) {
      // The first operand of a translation's beginning is the only one without a sign.
      if (!begun_ && i == 0) {
        lookback_ = from.number();
        continue;
      }
      const std::int64_t operand = from.sign_and_amount();
      if (i == 0) result.first = operand;
      if (i == 1) result.second = operand;
      if (!begun_ && i == 2) script_frames_ = static_cast<int>(operand & 0xffff);
    }
    begun_ = true;
    return result;
  }

  std::string_view counts_;
  int opcode_count_ = 0;
  ByteReader here_;
  ByteReader earlier_;
  bool has_earlier_ = false;
  bool begun_ = false;
  int begin_ = 0;
  std::uint64_t lookback_ = 0;
  int script_frames_ = 0;
  int since_ = 0;              // instructions read here since the earlier one was last used
  std::int64_t borrowed_ = 0;  // instructions still to read there, the current one included
};

}  // namespace

std::vector<TranslatedFrame> read_translation(std::span<const std::byte> translations, std::size_t index,
                                              const Translation& format) {
  if (index >= translations.size()) return {};
  TranslationReader reader(translations, index, format);
  const auto wanted = static_cast<std::size_t>(reader.script_frames());
  if (wanted == 0 || wanted > kFrameLimit) return {};
  std::vector<TranslatedFrame> frames;
  for (int read = 0; read < kInstructionLimit && frames.size() < wanted; ++read) {
    const auto instruction = reader.next();
    if (!instruction) return {};
    const int opcode = instruction->opcode;
    const bool interpreted =
        opcode == format.interpreted_with_return || opcode == format.interpreted_without_return;
    const bool builtin =
        opcode == format.builtin_continuation || opcode == format.builtin_continuation_with_catch;
    if (!interpreted && !builtin) continue;
    if (instruction->second < 0) return {};
    frames.push_back({.builtin = builtin,
                      .bytecode_offset = static_cast<int>(instruction->first),
                      .literal = static_cast<std::size_t>(instruction->second)});
  }
  return frames.size() == wanted ? frames : std::vector<TranslatedFrame>{};
}

}  // namespace kvtool::snapshot::v8
