#include "tools/transfer_bench/measure.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <numeric>
#include <random>

#include "core/transfer/device_cache.h"
#include "core/transfer/staged_copy.h"
#include "tools/transfer_bench/ways.h"

namespace kvtool::bench {
namespace {

using nlohmann::ordered_json;
using namespace transfer;

// Something to time: enqueues one transfer or copy on the stream.
struct Subject {
  std::string name;
  std::function<Status(StreamId)> enqueue;
  std::vector<double> ms = {};  // of one, a round
};

class Timer {
 public:
  Timer(GpuDevice& device, const MeasureOptions& options) : device_(device), options_(options) {
    require(device, device.create_stream(&stream_), "create a stream");
    require(device, device.create_timed_event(&begin_), "create an event");
    require(device, device.create_timed_event(&end_), "create an event");
  }

  // One subject after the other, each in a run of its own. The first is the copy that the others are compared
  // with; it comes again at the end and must be what it was. The last one given is an ordinary kernel: it
  // runs before each of the others, as kernels do in a server. A copy leaves lines in the L2 cache that
  // streaming accesses do not displace, and which slow down the kernels after it by 2 to 3 %.
  ordered_json run(std::vector<Subject> subjects, double bytes) {
    const Subject ordinary = subjects.back();
    subjects.push_back(subjects.front());
    subjects.back().name = "copy, again";
    for (Subject& subject : subjects) {
      for (const Subject& warm_up : {ordinary, subject})
        for (double warm = 0; warm < kWarmUp;) warm += time(warm_up) * options_.repeats;
      for (unsigned round = 0; round < options_.rounds; ++round) subject.ms.push_back(time(subject));
    }
    ordered_json figures = ordered_json::object();
    double first = 0;
    for (Subject& subject : subjects) {
      std::sort(subject.ms.begin(), subject.ms.end());
      const double median = subject.ms[subject.ms.size() / 2];
      if (first == 0) first = median;
      figures[subject.name] = {{"gbps", rounded(bytes / median / 1e6, 10)},
                               {"ms", rounded(median, 1e4)},
                               {"worst_ms", rounded(subject.ms.back(), 1e4)},
                               {"of_copy", rounded(first / median, 1e4)}};
    }
    return figures;
  }

 private:
  // An idle GPU takes a while to raise its clocks. ms of the GPU's time
  static constexpr double kWarmUp = 50;

  static double rounded(double value, double steps) { return std::round(value * steps) / steps; }

  double time(const Subject& subject) {
    require(device_, device_.record_event(begin_, stream_), "record an event");
    for (unsigned i = 0; i < options_.repeats; ++i)
      require(device_, subject.enqueue(stream_), subject.name.c_str());
    require(device_, device_.record_event(end_, stream_), "record an event");
    require(device_, device_.synchronize_stream(stream_), subject.name.c_str());
    float ms = 0;
    require(device_, device_.elapsed(begin_, end_, &ms), "take the time");
    return ms / options_.repeats;
  }

  GpuDevice& device_;
  const MeasureOptions options_;
  StreamId stream_{};
  EventId begin_{}, end_{};
};

std::vector<std::int64_t> slots_of_shuffled_blocks(const Shape& shape, std::int64_t tokens) {
  std::vector<std::int64_t> blocks(static_cast<std::size_t>(shape.blocks));
  std::iota(blocks.begin(), blocks.end(), 0);
  std::shuffle(blocks.begin(), blocks.end(), std::mt19937(1));
  std::vector<std::int64_t> slots;
  for (std::int64_t token = 0; token < tokens; ++token)
    slots.push_back(blocks[static_cast<std::size_t>(token / shape.block_size)] * shape.block_size +
                    token % shape.block_size);
  return slots;
}

struct Case {
  const char* name;
  Shape shape;
  std::int64_t tokens;
};

Shape llama_70b(Format format) {
  return {.format = format,
          .dtype = Dtype::bf16,
          .layers = 80,
          .blocks = 4096,
          .block_size = 16,
          .heads = 8,
          .head_size = 128};
}

std::vector<Case> cases() {
  Shape smaller = llama_70b(Format::nl_x_two_nb_bs_nh_hs);
  smaller.layers = 40;
  return {{"80 layers, 2048 B, 2048 tokens", llama_70b(Format::nl_x_two_nb_bs_nh_hs), 2048},
          {"80 layers, 2048 B, 256 tokens", llama_70b(Format::nl_x_two_nb_bs_nh_hs), 256},
          {"40 layers, 2048 B, 256 tokens", smaller, 256},
          {"80 layers, 2048 B, 256 tokens, HND", llama_70b(Format::nl_x_two_nb_nh_bs_hs), 256},
          {"61 layers, MLA 1152 B, 256 tokens",
           {.format = Format::nl_x_nb_bs_hs,
            .dtype = Dtype::bf16,
            .layers = 61,
            .blocks = 4096,
            .block_size = 64,
            .heads = 1,
            .head_size = 576},
           256}};
}

ordered_json inside_device(GpuDevice& device, Timer& timer, const Case& subject) {
  const DeviceCache cache(device, subject.shape, slots_of_shuffled_blocks(subject.shape, subject.tokens),
                          MemoryKind::device);
  const DeviceMemory other(device, cache.buffer_bytes(), MemoryKind::device);
  std::vector<Subject> subjects{{"copy", [&](StreamId stream) {
                                   return device.copy_async(cache.buffer(), other.get(), cache.buffer_bytes(),
                                                            MemoryKind::pinned, stream);
                                 }}};
  for (const Direction direction : {Direction::to_buffer, Direction::to_pages})
    for (const Way& way : ways_of(device)) {
      const Plan plan = plan_of(cache.request(direction, 0));
      if (way.can_run(plan))
        subjects.push_back({way.name + ", " + std::string(name(direction)),
                            [way, plan](StreamId stream) { return way.launch(stream, plan); }});
    }
  return timer.run(std::move(subjects), 2.0 * static_cast<double>(cache.buffer_bytes()));
}

ordered_json to_host(GpuDevice& device, Timer& timer, const Case& subject, Direction direction) {
  const DeviceCache cache(device, subject.shape, slots_of_shuffled_blocks(subject.shape, subject.tokens),
                          MemoryKind::pinned);
  const DeviceMemory other(device, cache.buffer_bytes(), MemoryKind::device);
  const Plan plan = plan_of(cache.request(direction, 0));
  std::unique_ptr<StagedCopy> staged;
  require(device, StagedCopy::create(device, {}, &staged), "make a staging ring");
  std::vector<Subject> subjects{
      {"copy",
       [&](StreamId stream) {
         void* const host = cache.buffer();
         void* const inside = other.get();
         const bool out = direction == Direction::to_buffer;
         return device.copy_async(out ? host : inside, out ? inside : host, cache.buffer_bytes(),
                                  MemoryKind::pinned, stream);
       }},
      {"staged", [&](StreamId stream) { return staged->run(plan, cache.slots(), stream); }}};
  for (const Way& way : ways_of(device))
    if (way.can_run(plan))
      subjects.push_back(
          {"direct " + way.name, [way, plan](StreamId stream) { return way.launch(stream, plan); }});
  return timer.run(std::move(subjects), static_cast<double>(cache.buffer_bytes()));
}

}  // namespace

ordered_json measure(GpuDevice& device, const MeasureOptions& options) {
  ordered_json result = ordered_json::object();
  Timer timer(device, options);
  for (const Case& subject : cases()) {
    result["device"][subject.name] = inside_device(device, timer, subject);
    result["device to host"][subject.name] = to_host(device, timer, subject, Direction::to_buffer);
    result["host to device"][subject.name] = to_host(device, timer, subject, Direction::to_pages);
  }
  return result;
}

}  // namespace kvtool::bench
