// The device of the model against the measurement that the simulated device is checked against, and against
// each rule of each driver model.
#include "core/device/model/model_device.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/device/sim/driver_table.h"
#include "core/explorer/explorer.h"
#include "core/explorer/program.h"
#include "core/explorer/strategies.h"

namespace kvtool {
namespace {

using explore::World;
using sim::test::Cell;

class Bench;
using BenchCall = std::function<void(Bench&)>;

// A blocker on stream S, then a first call, then a second one, each by an actor of its own.
class Bench {
 public:
  static constexpr unsigned kOwn = 3;
  static constexpr unsigned kActors = kOwn + ModelDevice::servers(3);
  static constexpr StreamId S{1}, O{2}, HighPriority{3};
  static constexpr unsigned kMany = 8;  // more than a queue holds

  Bench(const DriverModel* rules, bool kernel, const BenchCall* first, const BenchCall* second)
      : device(*rules, 3, 3),
        event(device.add_event()),
        done_event(device.add_event()),
        spare_event(device.add_event()),
        cold(device.add_module()),
        kernel_(kernel),
        calls_{first, second} {}

  void run(unsigned actor) {
    if (actor >= kOwn) return device.serve(actor - kOwn);
    if (actor > 0) return (*calls_[actor - 1])(*this);
    device.record_event(done_event, O);
    device.synchronize_event(done_event);
    const auto body = [this] { never_.acquire(); };
    if (kernel_)
      device.launch_kernel(S, ModelDevice::loaded_module(), body);
    else
      device.launch_host_function(S, body);
  }

  void launch(StreamId stream) { device.launch_kernel(stream, ModelDevice::loaded_module(), {}); }
  void launch_cold() { device.launch_kernel(O, cold, {}); }
  void host_function_runs(StreamId stream) {
    device.launch_host_function(stream, {});
    device.synchronize_stream(stream);
  }

  ModelDevice device;
  EventId event, done_event, spare_event;
  ModuleId cold;

 private:
  const bool kernel_;
  model::Semaphore never_{0, "blocker"};
  const BenchCall* calls_[2];
};

// The blocker first, then the first call as far as it goes, then the second.
class InTurns final : public explore::Strategy {
 public:
  int pick(World& world) override {
    const explore::AgentSet enabled = world.enabled();
    const explore::AgentSet servers = enabled & ~explore::bit(0) & ~explore::bit(1) & ~explore::bit(2);
    if ((enabled & explore::bit(0)) != 0) return 0;
    if (servers != 0) return static_cast<int>(explore::lowest(servers));
    if ((enabled & explore::bit(1)) != 0) return 1;
    if (first_ended < 0) first_ended = world.has_ended(1) ? 1 : 0;
    return 2;
  }
  unsigned choose(World&, unsigned) override { return 0; }
  int first_ended = -1;
};

const std::map<std::string, BenchCall>& first_calls() {
  static const std::map<std::string, BenchCall> calls = {
      {"none", [](Bench&) {}},
      {"cudaFree", [](Bench& b) { b.device.free(MemoryKind::device); }},
      {"2000 launches on S (queue full)",
       [](Bench& b) {
         for (unsigned i = 0; i < Bench::kMany; ++i) b.launch(Bench::S);
       }},
      {"cudaMemcpyAsync H2D pageable 64 MiB on S",
       [](Bench& b) { b.device.copy_async(Bench::S, MemoryKind::pageable, {}); }},
      {"cudaStreamSynchronize S", [](Bench& b) { b.device.synchronize_stream(Bench::S); }},
      {"cudaDeviceSynchronize", [](Bench& b) { b.device.synchronize_device(); }},
      {"first launch of a not yet loaded module, other stream", [](Bench& b) { b.launch_cold(); }},
      {"2000 cudaLaunchHostFunc on S",
       [](Bench& b) {
         for (unsigned i = 0; i < Bench::kMany; ++i) b.device.launch_host_function(Bench::S, {});
       }},
      {"cudaMemcpyAsync D2H pageable 4 B on S",
       [](Bench& b) { b.device.copy_async(Bench::S, MemoryKind::pageable, {}); }},
  };
  return calls;
}

BenchCall plain_call(Call call) {
  return [call](Bench& b) { b.device.call(call); };
}

const std::map<std::string, BenchCall>& second_calls() {
  static const BenchCall cold_launch = [](Bench& b) { b.launch_cold(); };
  static const std::map<std::string, BenchCall> calls = {
      {"cudaSetDevice", [](Bench& b) { b.device.set_device(); }},
      {"launch of a loaded kernel, other stream", [](Bench& b) { b.launch(Bench::O); }},
      {"first launch of a not yet loaded module (16 MB __device__ variable)", cold_launch},
      {"first launch of a not yet loaded module (64 KB local memory)", cold_launch},
      {"first launch of a not yet loaded module (printf)", cold_launch},
      {"cudaLibraryLoadData", plain_call(Call::library_load)},
      {"cudaLaunchHostFunc, other stream (enqueue)",
       [](Bench& b) { b.device.launch_host_function(Bench::O, {}); }},
      {"host function on another stream runs", [](Bench& b) { b.host_function_runs(Bench::O); }},
      {"host function on a high-priority stream runs",
       [](Bench& b) { b.host_function_runs(Bench::HighPriority); }},
      {"cudaEventRecord, other stream", [](Bench& b) { b.device.record_event(b.event, Bench::O); }},
      {"cudaEventQuery (done event)", [](Bench& b) { b.device.query_event(b.done_event); }},
      {"cudaEventSynchronize (done event)", [](Bench& b) { b.device.synchronize_event(b.done_event); }},
      {"cudaEventCreate", [](Bench& b) { b.device.create_event(&b.event); }},
      {"cudaEventDestroy", [](Bench& b) { b.device.destroy_event(b.spare_event); }},
      {"cudaStreamWaitEvent, other stream", [](Bench& b) { b.device.wait_event(Bench::O, b.done_event); }},
      {"cudaStreamSynchronize, other (idle) stream", [](Bench& b) { b.device.synchronize_stream(Bench::O); }},
      {"cudaStreamCreateWithFlags", plain_call(Call::stream_create)},
      {"cudaMalloc 1 MiB", [](Bench& b) { b.device.allocate(MemoryKind::device); }},
      {"cudaMallocAsync (pool has it)", plain_call(Call::malloc_async)},
      {"cudaFree", [](Bench& b) { b.device.free(MemoryKind::device); }},
      {"cudaMallocHost 1 MiB", [](Bench& b) { b.device.allocate(MemoryKind::pinned); }},
      {"cudaMemcpyAsync H2D pageable 64 KiB, other stream",
       [](Bench& b) { b.device.copy_async(Bench::O, MemoryKind::pageable, {}); }},
      {"cudaMemcpyAsync H2D pinned 1 MiB, other stream",
       [](Bench& b) { b.device.copy_async(Bench::O, MemoryKind::pinned, {}); }},
      {"cudaMemcpy D2H 4 B", [](Bench& b) { b.device.copy({}); }},
      {"cudaPointerGetAttributes", plain_call(Call::pointer_attributes)},
      {"cudaMemGetInfo", plain_call(Call::memory_info)},
      {"cudaFuncGetAttributes", plain_call(Call::function_attributes)},
  };
  return calls;
}

std::vector<Cell> measured_cells() {
  return sim::test::read_driver_table(KVTOOL_FIXTURES "/driver-blocking-h200-580.159-cuda13.0.csv");
}

// Where the model differs from the cell; empty if nowhere.
std::string model_difference(const DriverModel& rules, const Cell& cell) {
  const auto first = first_calls().find(cell.first);
  const auto second = second_calls().find(cell.second);
  if (first == first_calls().end()) return "the test does not know the first call";
  if (second == second_calls().end()) return "the test does not know the second call";
  explore::ProgramOf<Bench, const DriverModel*, bool, const BenchCall*, const BenchCall*> program(
      &rules, cell.blocker == "kernel that does not finish", &first->second, &second->second);
  World world;
  InTurns turns;
  world.run(program, turns);
  if (!world.message().empty()) return world.message();
  const bool first_blocks = turns.first_ended < 0 ? !world.has_ended(1) : turns.first_ended == 0;
  const bool second_blocks = !world.has_ended(2);
  std::string text;
  if (first_blocks != cell.first_blocks)
    text += first_blocks ? "the first call blocks " : "the first returns ";
  if (second_blocks != cell.second_blocks)
    text += second_blocks ? "the second call blocks in " + world.object_name(world.pending(2).object)
                          : "the second call returns";
  return text;
}

TEST(ModelDevice, EveryMeasuredCellBlocksOrReturnsAsMeasured) {
  const auto cells = measured_cells();
  ASSERT_EQ(cells.size(), 351u);
  const DriverModel rules = driver_580_cuda13();
  for (const Cell& cell : cells) {
    const std::string text = model_difference(rules, cell);
    EXPECT_TRUE(text.empty()) << "line " << cell.line << ": blocker '" << cell.blocker << "', first '"
                              << cell.first << "', second '" << cell.second << "': " << text;
  }
}

TEST(ModelDevice, AWrongRuleIsNoticed) {
  const auto cells = measured_cells();
  const std::vector<std::pair<std::string, std::function<void(DriverModel&)>>> wrong = {
      {"cudaEventRecord takes nothing", [](DriverModel& m) { m[Call::event_record] = {}; }},
      {"a launch takes C", [](DriverModel& m) { m[Call::launch].context = Hold::exclusive; }},
      {"cudaFree does not wait", [](DriverModel& m) { m[Call::free].wait = Wait::nothing; }},
      {"a first launch leaves W alone", [](DriverModel& m) { m[Call::first_launch].launch = Hold::none; }},
      {"a full queue holds nothing", [](DriverModel& m) { m[Call::launch_full] = {.wait = Wait::room}; }},
      {"queues are not bounded", [](DriverModel& m) { m[Call::launch_full] = {}; }},
      {"a busy pageable copy holds W",
       [](DriverModel& m) { m[Call::memcpy_async_busy].launch = Hold::exclusive; }},
      {"cudaStreamSynchronize holds C",
       [](DriverModel& m) { m[Call::stream_synchronize].context = Hold::exclusive; }},
      {"cudaEventDestroy waits for the device",
       [](DriverModel& m) { m[Call::event_destroy].wait = Wait::device; }},
      {"host functions run one per stream",
       [](DriverModel& m) { m.host_functions = HostFunctionOrder::one_per_stream; }},
  };
  for (const auto& [name, apply] : wrong) {
    DriverModel rules = driver_580_cuda13();
    apply(rules);
    EXPECT_TRUE(std::any_of(cells.begin(), cells.end(),
                            [&](const Cell& cell) { return !model_difference(rules, cell).empty(); }))
        << "no cell tells the driver from one where " << name;
  }
}

// ---- every rule of every driver model: what a call takes, in which order, and where it then waits

class OneCall {
 public:
  static constexpr unsigned kActors = 2 + ModelDevice::servers(1);
  OneCall(const DriverModel* rules, Call call) : call_(call), device_(*rules, 1) {}
  void run(unsigned actor) {
    if (actor >= 2) return device_.serve(actor - 2);
    if (actor == 0) return device_.launch_kernel(StreamId{1}, {}, [this] { never_.acquire(); });
    device_.call(call_);
  }

 private:
  const Call call_;
  ModelDevice device_;
  model::Semaphore never_{0, "blocker"};
};

TEST(ModelDevice, EveryCallTakesAndAwaitsWhatItsRuleSays) {
  for (const std::string& name : driver_model_names()) {
    const DriverModel rules = *find_driver_model(name);
    for (std::size_t i = 0; i < kCalls; ++i) {
      const auto call = static_cast<Call>(i);
      const Rule& rule = rules[call];
      std::string expected;
      if (rule.runtime != Hold::none) expected += "lock driver-lock:R, ";
      if (rule.context != Hold::none) expected += "lock driver-lock:C, ";
      if (rule.launch == Hold::shared) expected += "lock shared driver-lock:W, ";
      if (rule.launch == Hold::exclusive) expected += "lock driver-lock:W, ";
      if (rule.wait == Wait::device) expected += "wait for device:idle, blocked at device:idle";

      explore::ProgramOf<OneCall, const DriverModel*, Call> program(&rules, call);
      World world;
      const explore::Schedule none;
      explore::Replay first_come(none);
      world.run(program, first_come);
      std::string seen;
      for (unsigned step = 0; step < world.steps(); ++step)
        if (world.agent_of(step) == 1)
          seen += std::string(to_string(world.operation_of(step).kind)) + " " +
                  world.object_name(world.operation_of(step).object) + ", ";
      if (!world.has_ended(1)) seen += "blocked at " + world.object_name(world.pending(1).object);
      EXPECT_EQ(seen, expected) << name << ": " << call_name(call);
      EXPECT_EQ(world.outcome() == explore::Outcome::deadlock, rule.wait == Wait::device)
          << name << ": " << call_name(call);
    }
  }
}

// ---- order

// One stream writes, another reads; the event between them is there or not.
class TwoStreams {
 public:
  static constexpr unsigned kActors = 1 + ModelDevice::servers(2);
  TwoStreams(const DriverModel* rules, bool event) : event_(event), device_(*rules, 2) {
    written_ = device_.add_event();
  }
  void run(unsigned actor) {
    if (actor > 0) return device_.serve(actor - 1);
    data_.write() = 1;  // before what is submitted
    device_.copy_async(StreamId{1}, MemoryKind::pinned, [this] { data_.write() = 2; });
    device_.record_event(written_, StreamId{1});
    if (event_) device_.wait_event(StreamId{2}, written_);
    device_.launch_kernel(StreamId{2}, ModelDevice::loaded_module(),
                          [this] { seen_.write() = data_.read(); });
    device_.synchronize_stream(StreamId{2});
    Rt::check(seen_.read() == 2, "the reader sees what was written");
    device_.synchronize_device();
    Rt::check(data_.read() == 2, "after the device the host sees it");
  }

 private:
  using Rt = ModelRuntime;
  const bool event_;
  ModelDevice device_;
  EventId written_{};
  Rt::plain<int> data_{0, "data"}, seen_{0, "seen"};
};

TEST(ModelDevice, AMissingEventIsARaceInEveryOrder) {
  const DriverModel rules = driver_580_cuda13();
  explore::ProgramOf<TwoStreams, const DriverModel*, bool> without(&rules, false);
  explore::ExploreOptions options;
  for (options.seed = 1; options.seed <= 20; ++options.seed) {
    const auto found = explore::explore(without, options);
    ASSERT_TRUE(found.failure);
    EXPECT_TRUE(found.failure->outcome == explore::Outcome::race ||
                found.failure->message.starts_with("the reader sees"))
        << found.failure->message;
    EXPECT_LE(found.failure->executions, 2u);
  }
  explore::ProgramOf<TwoStreams, const DriverModel*, bool> with(&rules, true);
  EXPECT_EQ(explore::explore(with, {}).conclusion, explore::Conclusion::proved);
}

// Host functions of two streams come to the executor in either order, one at a time.
class TwoFunctions {
 public:
  static constexpr unsigned kActors = 1 + ModelDevice::servers(2);
  explicit TwoFunctions(const DriverModel* rules) : device_(*rules, 2) {}
  void run(unsigned actor) {
    if (actor > 0) return device_.serve(actor - 1);
    for (const int number : {1, 2})
      device_.launch_host_function(static_cast<StreamId>(number), [this, number] {
        inside_.update([](int& count) { ++count; });
        ModelRuntime::yield();
        ModelRuntime::check(inside_.get([](int count) { return count; }) == 1, "one at a time");
        inside_.update([](int& count) { --count; });
        order_.update([number](int& order) { order = order * 10 + number; });
      });
    device_.synchronize_device();
  }
  void finish() { ended_with = order_.read(); }
  int ended_with = 0;

 private:
  ModelDevice device_;
  ModelRuntime::plain<int> inside_{0, "inside"}, order_{0, "order"};
};

TEST(ModelDevice, HostFunctionsRunOneAtATimeInTheOrderInWhichStreamsComeToThem) {
  const DriverModel rules = driver_580_cuda13();
  explore::ProgramOf<TwoFunctions, const DriverModel*> program(&rules);
  EXPECT_EQ(explore::explore(program, {}).conclusion, explore::Conclusion::proved);
  World world;
  std::set<int> orders;
  explore::RandomWalk walk;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    walk.reseed(explore::split_mix(seed));
    ASSERT_EQ(world.run(program, walk), explore::Outcome::ok);
    orders.insert(program.state().ended_with);
  }
  EXPECT_EQ(orders, (std::set<int>{12, 21}));

  DriverModel each = rules;
  each.host_functions = HostFunctionOrder::one_per_stream;
  explore::ProgramOf<TwoFunctions, const DriverModel*> together(&each);
  EXPECT_EQ(explore::explore(together, {}).conclusion, explore::Conclusion::failed);
}

// A host function wants what the host holds while it waits for another stream, which waits for the
// function's.
class AwaitsItsOwnLock {
 public:
  static constexpr unsigned kActors = 1 + ModelDevice::servers(2);
  explicit AwaitsItsOwnLock(const DriverModel* rules) : device_(*rules, 2) { done_ = device_.add_event(); }
  void run(unsigned actor) {
    if (actor > 0) return device_.serve(actor - 1);
    lock_.lock();
    device_.launch_host_function(StreamId{1}, [this] { lock_.lock(); });
    device_.record_event(done_, StreamId{1});
    device_.wait_event(StreamId{2}, done_);
    device_.synchronize_stream(StreamId{2});
    lock_.unlock();
  }

 private:
  ModelDevice device_;
  EventId done_{};
  ModelRuntime::mutex lock_{"lock"};
};

TEST(ModelDevice, SaysWhoOwesWhatIsAwaited) {
  const DriverModel rules = driver_580_cuda13();
  explore::ProgramOf<AwaitsItsOwnLock, const DriverModel*> program(&rules);
  World world;
  const explore::Schedule none;
  explore::Replay first_come(none);
  ASSERT_EQ(world.run(program, first_come), explore::Outcome::deadlock);
  std::string owed;
  for (const World::Blocked& actor : world.standing())
    for (const explore::ObjectId object : actor.owes)
      owed += std::to_string(actor.agent) + ": " + world.object_name(object) + ", ";
  // 1: the executor, 2 and 3: the streams. Stream 1 has handed its function on, and owes nothing itself.
  EXPECT_EQ(owed, "1: device:idle, 1: stream:1, 1: event:1, 3: device:idle, 3: stream:2, ");
}

}  // namespace
}  // namespace kvtool
