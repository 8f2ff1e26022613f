#include "tools/transfer_bench/self_test.h"

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <random>
#include <utility>

#include "core/device/cuda/gpu_device.h"
#include "core/transfer/device_cache.h"
#include "core/transfer/staged_copy.h"
#include "tools/transfer_bench/ways.h"

namespace kvtool::bench {
namespace {

using nlohmann::ordered_json;
using namespace transfer;

constexpr std::uint32_t kPagesOwner = 1, kBufferOwner = 2;
constexpr std::size_t kMostFailures = 20;

// Slots of shuffled blocks, every seventh token left alone.
std::vector<std::int64_t> shuffled_slots(const Shape& shape, std::int64_t tokens) {
  std::vector<std::int64_t> blocks(static_cast<std::size_t>(shape.blocks));
  std::iota(blocks.begin(), blocks.end(), 0);
  std::shuffle(blocks.begin(), blocks.end(), std::mt19937(7));
  std::vector<std::int64_t> slots;
  for (std::int64_t token = 0; token < tokens; ++token)
    slots.push_back(token % 7 == 5
                        ? -1
                        : blocks[static_cast<std::size_t>(token / shape.block_size)] * shape.block_size +
                              token % shape.block_size);
  return slots;
}

class SelfTest {
 public:
  explicit SelfTest(Device& device) : device_(device), ways_(ways_of(device)) {
    require(device, device.create_stream(&stream_), "create a stream");
    constexpr StagedCopy::Options kSmallRing{.first_piece = 4096, .most = 16384, .growth = 2, .buffers = 2};
    require(device, StagedCopy::create(device, kSmallRing, &staged_), "make a staging ring");
  }

  ordered_json run() {
    for (int format = 0; format < kFormats; ++format)
      for (int dtype = 0; dtype < kDtypes; ++dtype) {
        const bool mla = is_mla(Format(format));
        // Rows of whole 16 bytes, of a head of 128, and of an odd number of elements.
        test({Format(format), Dtype(dtype), 3, 7, 16, mla ? 1 : 4, mla ? 576 : 16}, 0);
        test({Format(format), Dtype(dtype), 5, 9, 16, mla ? 1 : 2, 128}, 0);
        test({Format(format), Dtype(dtype), 2, 23, 5, mla ? 1 : 3, 7}, 0);
        // Aligned to the element and no more.
        const Shape aligned{Format(format), Dtype(dtype), 3, 7, 16, mla ? 1 : 4, 16};
        for (std::size_t bytes = static_cast<std::size_t>(aligned.element_bytes()); bytes < 16; bytes *= 2)
          test(aligned, bytes);
      }
    if (dynamic_cast<GpuDevice*>(&device_) != nullptr) test_far_slots();
    ordered_json by = ordered_json::object();
    for (const auto& [name, count] : counts_) by[name] = count;
    return {{"cases", cases_}, {"by", by}, {"failed", failed_}, {"failures", failures_}};
  }

 private:
  // Both sides of a cache.
  struct Sides {
    Pages pages;
    Buffer buffer;
    explicit Sides(const DeviceCache& cache, const Shape& shape)
        : pages(shape), buffer(shape, cache.tokens()) {}
  };

  void test(const Shape& shape, std::size_t misaligned) {
    const std::int64_t tokens = shape.slots() - shape.block_size / 2;
    for (const MemoryKind kind : {MemoryKind::device, MemoryKind::pinned}) {
      DeviceCache cache(device_, shape, shuffled_slots(shape, tokens), kind, misaligned);
      Sides before(cache, shape);
      before.pages.fill(kPagesOwner);
      before.buffer.fill(kBufferOwner);
      for (const Direction direction : {Direction::to_buffer, Direction::to_pages})
        for (const std::int64_t skip : {std::int64_t{0}, std::int64_t{1}, shape.block_size + 1, tokens - 1}) {
          const Plan plan = plan_of(cache.request(direction, skip));
          Sides expected = before;
          if (direction == Direction::to_buffer)
            expect_in_buffer(expected.buffer, cache.slots(), skip, kPagesOwner);
          else
            expect_in_pages(expected.pages, cache.slots(), skip, kBufferOwner);
          const auto check = [&](const std::string& way, const std::function<Status()>& launch) {
            cache.upload(before.pages);
            cache.upload(before.buffer);
            require(device_, launch(), "launch a transfer");
            require(device_, device_.synchronize_stream(stream_), "wait for a transfer");
            compare(cache, expected, plan, skip, way);
          };
          const std::string where = kind == MemoryKind::pinned ? "pinned-" : "";
          for (const Way& way : ways_)
            if (way.can_run(plan)) check(where + way.name, [&] { return way.launch(stream_, plan); });
          if (kind == MemoryKind::pinned)
            check("staged", [&] { return staged_->run(plan, cache.slots(), stream_); });
        }
    }
  }

  // Rows behind 2^31 units of 8 bytes, of one layer of 16 GiB: offsets of 32 bits would not reach them. The
  // rest of the pages is never looked at.
  void test_far_slots() {
    constexpr std::int64_t kTokens = 64, kBlocks = (std::int64_t{1} << 18) + 8;
    const Shape shape{Format::nl_x_two_nb_bs_nh_hs, Dtype::bf16, 1, kBlocks, 16, 8, 128};
    std::size_t free_bytes = 0, total = 0;
    require(device_, device_.memory_info(&free_bytes, &total), "ask for free memory");
    if (std::cmp_less(free_bytes, shape.pointer_bytes() + (std::int64_t{1} << 30))) return;
    std::vector<std::int64_t> slots;
    for (std::int64_t token = 0; token < kTokens; ++token) slots.push_back(shape.slots() - 1 - token);
    DeviceCache cache(device_, shape, slots, MemoryKind::device);
    const Plan out = plan_of(cache.request(Direction::to_buffer, 0)),
               in = plan_of(cache.request(Direction::to_pages, 0));
    for (const Way& way : ways_)
      for (const Way& back : ways_) {
        // Codes of tokens go into the pages and come back.
        Buffer sent(shape, kTokens), rubbish(shape, kTokens), found(shape, kTokens);
        sent.fill(kBufferOwner);
        rubbish.fill(kPagesOwner);
        cache.upload(sent);
        require(device_, way.launch(stream_, in), "launch a transfer");
        require(device_, device_.synchronize_stream(stream_), "wait for a transfer");
        // Where a row of V must be, counted without the transfer's arithmetic.
        const std::int64_t at = (shape.slots() + slots[0]) * shape.row_bytes();
        std::vector<unsigned char> row(static_cast<std::size_t>(shape.row_bytes()));
        require(device_,
                device_.copy(row.data(), cache.request(Direction::to_pages, 0).pages[0] + at, row.size()),
                "copy");
        const auto v = sent.bytes.begin() + kTokens * shape.row_bytes();
        const bool is_there = std::equal(row.begin(), row.end(), v);
        cache.upload(rubbish);
        require(device_, back.launch(stream_, out), "launch a transfer");
        require(device_, device_.synchronize_stream(stream_), "wait for a transfer");
        cache.download(found);
        ++cases_;
        ++counts_["far " + way.name + " and " + back.name];
        if (!is_there) fail(shape, in, 0, way.name, "the row of V is not where it must be");
        if (const auto difference = find_difference(found, sent))
          fail(shape, out, 0, back.name, difference->message);
      }
  }

  void compare(DeviceCache& cache, const Sides& expected, const Plan& plan, std::int64_t skip,
               const std::string& way) {
    Sides found = expected;
    cache.download(found.pages);
    cache.download(found.buffer);
    ++cases_;
    ++counts_[way];
    std::optional<Difference> difference = find_difference(found.buffer, expected.buffer);
    if (!difference) difference = find_difference(found.pages, expected.pages);
    if (difference) fail(expected.pages.shape, plan, skip, way, difference->message);
  }

  void fail(const Shape& shape, const Plan& plan, std::int64_t skip, const std::string& way,
            const std::string& message) {
    ++failed_;
    if (failures_.size() >= kMostFailures) return;
    failures_.push_back(way + ", " + std::string(name(shape.format)) + ", " + std::string(name(shape.dtype)) +
                        ", " + std::string(name(plan.direction)) + ", skip " + std::to_string(skip) +
                        ", unit " + std::to_string(plan.unit) + ": " + message);
  }

  Device& device_;
  const std::vector<Way> ways_;
  StreamId stream_{};
  std::unique_ptr<StagedCopy> staged_;
  unsigned cases_ = 0, failed_ = 0;
  std::map<std::string, unsigned> counts_;
  std::vector<std::string> failures_;
};

}  // namespace

ordered_json self_test(Device& device) { return SelfTest(device).run(); }

}  // namespace kvtool::bench
