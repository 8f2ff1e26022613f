#include "core/explorer/reference.h"

#include <deque>
#include <memory>
#include <optional>

#include "core/runtime/model_runtime.h"

namespace kvtool::explore::test {

namespace {

using Code = Instruction::Code;
using Order = World::Order;

bool acquires(Order o) { return o == Order::acquire || o == Order::acq_rel || o == Order::seq_cst; }
bool releases(Order o) { return o == Order::release || o == Order::acq_rel || o == Order::seq_cst; }

struct Buffered {
  unsigned cell;
  std::int64_t value;
  bool after_all;  // a release: everything before it must have left
  unsigned epoch;  // of release fences
  auto operator<=>(const Buffered&) const = default;
};

struct Thread {
  std::size_t next = 0;
  std::vector<std::int64_t> loaded;
  std::vector<Buffered> buffer;
  unsigned epoch = 0;
  std::vector<std::int64_t> copy;  // what the thread believes of each cell (arm)
  auto operator<=>(const Thread&) const = default;
};

struct State {
  std::vector<Thread> threads;
  std::vector<std::int64_t> memory;
  std::vector<int> owner;
  std::vector<std::int64_t> semaphore;
  auto operator<=>(const State&) const = default;
};

class Enumerator {
 public:
  Enumerator(const Listing& listing, MemoryModel model) : listing_(listing), model_(model) {}

  std::set<Result> run() {
    State first;
    first.memory.assign(kCells, 0);
    first.owner.assign(kMutexes, -1);
    first.semaphore.assign(kSemaphores, 0);
    first.threads.resize(listing_.size());
    for (Thread& thread : first.threads) thread.copy.assign(kCells, 0);
    add(first);
    while (!queue_.empty()) {
      const State state = queue_.front();
      queue_.pop_front();
      if (!expand(state)) end(state);
    }
    return results_;
  }

 private:
  void add(const State& state) {
    if (seen_.insert(state).second) queue_.push_back(state);
  }

  bool expand(const State& state) {
    bool moved = false;
    for (unsigned t = 0; t < state.threads.size(); ++t) {
      if (state.threads[t].next < listing_[t].size() && can(state, t)) {
        moved = true;
        step(state, t);
      }
      moved |= drain(state, t);
      if (model_ == MemoryModel::arm)
        for (unsigned cell = 0; cell < kCells; ++cell) {
          if (state.threads[t].copy[cell] == state.memory[cell]) continue;
          State after = state;
          after.threads[t].copy[cell] = state.memory[cell];
          moved = true;
          add(after);
        }
    }
    return moved;
  }

  bool can(const State& state, unsigned t) const {
    const Thread& thread = state.threads[t];
    const Instruction& instruction = listing_[t][thread.next];
    const bool buffers = model_ != MemoryModel::sc;
    switch (instruction.code) {
      case Code::lock:
        return state.owner[instruction.cell] < 0;
      case Code::acquire:
        return state.semaphore[instruction.cell] > 0;
      case Code::add:
        return !buffers || thread.buffer.empty();
      // What is given back carries the stores before it.
      case Code::unlock:
        return !buffers || state.owner[instruction.cell] != static_cast<int>(t) || thread.buffer.empty();
      case Code::release:
        return !buffers || thread.buffer.empty();
      case Code::fence:
        return !buffers || instruction.order != Order::seq_cst || thread.buffer.empty();
      case Code::store:
        return !buffers || instruction.order != Order::seq_cst || thread.buffer.empty();
      default:
        return true;
    }
  }

  static void refresh(State& state, unsigned t) { state.threads[t].copy = state.memory; }

  static std::int64_t view(const State& state, unsigned t, unsigned cell, MemoryModel model) {
    const Thread& thread = state.threads[t];
    for (std::size_t i = thread.buffer.size(); i-- > 0;)
      if (thread.buffer[i].cell == cell) return thread.buffer[i].value;
    return model == MemoryModel::arm ? thread.copy[cell] : state.memory[cell];
  }

  void step(const State& before, unsigned t) {
    State state = before;
    Thread& thread = state.threads[t];
    const Instruction& instruction = listing_[t][thread.next++];
    switch (instruction.code) {
      case Code::load:
        if (model_ == MemoryModel::arm && instruction.order == Order::seq_cst) refresh(state, t);
        thread.loaded.push_back(view(state, t, instruction.cell, model_));
        if (model_ == MemoryModel::arm && instruction.order == Order::acquire) refresh(state, t);
        break;
      case Code::store:
        if (model_ == MemoryModel::sc || instruction.order == Order::seq_cst) {
          state.memory[instruction.cell] = instruction.value;
          thread.copy[instruction.cell] = instruction.value;
        } else {
          thread.buffer.push_back(
              {instruction.cell, instruction.value, instruction.order == Order::release, thread.epoch});
        }
        break;
      case Code::add:
        thread.loaded.push_back(state.memory[instruction.cell]);
        state.memory[instruction.cell] += instruction.value;
        thread.copy[instruction.cell] = state.memory[instruction.cell];
        if (acquires(instruction.order)) refresh(state, t);
        break;
      case Code::fence:
        if (releases(instruction.order)) ++thread.epoch;
        if (acquires(instruction.order)) refresh(state, t);
        break;
      case Code::lock:
        state.owner[instruction.cell] = static_cast<int>(t);
        if (model_ == MemoryModel::arm) refresh(state, t);
        break;
      case Code::unlock:
        if (state.owner[instruction.cell] == static_cast<int>(t)) state.owner[instruction.cell] = -1;
        break;
      case Code::try_lock:
        thread.loaded.push_back(state.owner[instruction.cell] < 0 ? 1 : 0);
        if (state.owner[instruction.cell] < 0) {
          state.owner[instruction.cell] = static_cast<int>(t);
          if (model_ == MemoryModel::arm) refresh(state, t);
        }
        break;
      case Code::acquire:
        --state.semaphore[instruction.cell];
        if (model_ == MemoryModel::arm) refresh(state, t);
        break;
      case Code::release:
        ++state.semaphore[instruction.cell];
        break;
    }
    add(state);
  }

  bool drain(const State& before, unsigned t) {
    const std::vector<Buffered>& buffer = before.threads[t].buffer;
    bool moved = false;
    for (std::size_t i = 0; i < buffer.size(); ++i) {
      if (model_ == MemoryModel::tso && i > 0) break;
      bool may = true;
      for (std::size_t k = 0; k < i; ++k)
        may &= buffer[k].cell != buffer[i].cell && !buffer[i].after_all && buffer[k].epoch == buffer[i].epoch;
      if (!may) continue;
      State after = before;
      after.memory[buffer[i].cell] = buffer[i].value;
      after.threads[t].copy[buffer[i].cell] = buffer[i].value;
      after.threads[t].buffer.erase(after.threads[t].buffer.begin() + static_cast<std::ptrdiff_t>(i));
      moved = true;
      add(after);
    }
    return moved;
  }

  void end(const State& state) {
    Result result;
    bool stuck = false;
    for (unsigned t = 0; t < state.threads.size(); ++t) {
      stuck |= state.threads[t].next < listing_[t].size();
      result.push_back(static_cast<std::int64_t>(state.threads[t].next));
      result.insert(result.end(), state.threads[t].loaded.begin(), state.threads[t].loaded.end());
    }
    result.insert(result.end(), state.memory.begin(), state.memory.end());
    result.push_back(stuck ? 1 : 0);
    results_.insert(result);
  }

  const Listing& listing_;
  const MemoryModel model_;
  std::set<State> seen_;
  std::deque<State> queue_;
  std::set<Result> results_;
};

class Listed final : public Program {
 public:
  Listed(const Listing& listing, std::set<Result>& results) : listing_(listing), results_(results) {}
  unsigned actors() const override { return static_cast<unsigned>(listing_.size()); }
  void reset() override {
    for (auto& cell : cells_) cell = std::make_unique<ModelRuntime::atomic<std::int64_t>>(0);
    for (auto& mutex : mutexes_) mutex = std::make_unique<ModelRuntime::mutex>();
    for (auto& semaphore : semaphores_) semaphore = std::make_unique<ModelRuntime::semaphore>(0);
    loaded_.assign(listing_.size(), {});
    next_.assign(listing_.size(), 0);
  }
  void run(unsigned actor) override {
    for (const Instruction& instruction : listing_[actor]) {
      execute(actor, instruction);
      ++next_[actor];
    }
  }
  void execute(unsigned actor, const Instruction& instruction) {
    auto& loaded = loaded_[actor];
    World& world = World::current();
    switch (instruction.code) {
      case Code::load:
        loaded.push_back(world.load(cells_[instruction.cell]->id(), instruction.order));
        break;
      case Code::store:
        world.store(cells_[instruction.cell]->id(), instruction.value, instruction.order);
        break;
      case Code::add: {
        std::int64_t amount = instruction.value;
        const auto plus = [](std::int64_t& value, void* by) {
          value += *static_cast<std::int64_t*>(by);
          return true;
        };
        loaded.push_back(world.modify(cells_[instruction.cell]->id(), plus, &amount, instruction.order,
                                      instruction.order));
        break;
      }
      case Code::fence:
        world.fence(instruction.order);
        break;
      case Code::lock:
        mutexes_[instruction.cell]->lock();
        break;
      case Code::unlock:
        if (world.holder_of(mutexes_[instruction.cell]->id()) == static_cast<int>(actor))
          mutexes_[instruction.cell]->unlock();
        break;
      case Code::try_lock:
        loaded.push_back(mutexes_[instruction.cell]->try_lock() ? 1 : 0);
        break;
      case Code::acquire:
        semaphores_[instruction.cell]->acquire();
        break;
      case Code::release:
        semaphores_[instruction.cell]->release();
        break;
    }
  }
  bool may_be_abandoned() const override { return true; }
  // Called by the test after each execution that came to an end.
  void collect(const World& world) {
    Result result;
    for (unsigned t = 0; t < listing_.size(); ++t) {
      result.push_back(next_[t]);
      result.insert(result.end(), loaded_[t].begin(), loaded_[t].end());
    }
    for (const auto& cell : cells_) result.push_back(world.cell_get(cell->id()));
    result.push_back(world.outcome() == Outcome::deadlock ? 1 : 0);
    results_.insert(result);
  }

 private:
  const Listing& listing_;
  std::set<Result>& results_;
  std::array<std::unique_ptr<ModelRuntime::atomic<std::int64_t>>, kCells> cells_;
  std::array<std::unique_ptr<ModelRuntime::mutex>, kMutexes> mutexes_;
  std::array<std::unique_ptr<ModelRuntime::semaphore>, kSemaphores> semaphores_;
  std::vector<std::vector<std::int64_t>> loaded_;
  std::vector<std::int64_t> next_;
};

}  // namespace

std::set<Result> enumerate(const Listing& listing, MemoryModel model) {
  return Enumerator(listing, model).run();
}

std::set<Result> explored(const Listing& listing, MemoryModel model, Search& search, bool hashed,
                          std::uint64_t* executions) {
  std::set<Result> results;
  Listed program(listing, results);
  World world(model);
  world.set_hashed(hashed);
  do {
    const Outcome outcome = world.run(program, search);
    if (executions != nullptr) ++*executions;
    if (outcome == Outcome::ok || outcome == Outcome::deadlock) program.collect(world);
  } while (search.next(world));
  return results;
}

std::string to_text(const Listing& listing) {
  static constexpr const char* kCodes[] = {"load",   "store",    "add",     "fence",  "lock",
                                           "unlock", "try_lock", "acquire", "release"};
  static constexpr const char* kOrders[] = {"relaxed", "acquire", "release", "acq_rel", "seq_cst"};
  std::string text;
  for (const auto& thread : listing) {
    text += "thread:\n";
    for (const Instruction& i : thread)
      text += std::string("  ") + kCodes[static_cast<unsigned>(i.code)] + " " + std::to_string(i.cell) + " " +
              std::to_string(i.value) + " " + kOrders[static_cast<unsigned>(i.order)] + "\n";
  }
  return text;
}

}  // namespace kvtool::explore::test
