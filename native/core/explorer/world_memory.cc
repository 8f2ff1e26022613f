// World's atomics, and the memory models by agents: a store buffer's entry leaves it when its agent is
// scheduled, a stale copy becomes current when its agent is.
//
//   sc   every access takes effect at once
//   tso  one FIFO store buffer for each actor (x86-64)
//   pso  stores to different cells leave the buffer in any order, unless a release stands between
//   arm  pso, and loads read a copy of the cell that may be stale until an acquire, a fence or the copy's own
//        refresh; a late load binds at any moment until its value is used. Multi-copy atomic.
//
// Read-modify-writes and seq_cst stores drain the buffer, which is stronger than the architectures demand of
// a relaxed one on AArch64.
#include <algorithm>
#include <string>

#include "core/explorer/world.h"
#include "core/explorer/world_point.h"

namespace kvtool::explore {

namespace {
bool acquires(World::Order order) {
  return order == World::Order::acquire || order == World::Order::acq_rel || order == World::Order::seq_cst;
}
bool releases(World::Order order) {
  return order == World::Order::release || order == World::Order::acq_rel || order == World::Order::seq_cst;
}
}  // namespace

void World::cell_set(ObjectId cell, std::int64_t value) {
  object_[cell].value = value;
  object_[cell].version = 0;
  if (model_ != MemoryModel::arm) return;
  if (copy_.size() <= cell) {
    copy_.resize(kMaxObjects);
    copy_version_.resize(kMaxObjects);
  }
  copy_[cell].fill(value);
  copy_version_[cell].fill(0);
}

std::int64_t World::view(unsigned actor, ObjectId cell) const {
  if (model_ == MemoryModel::sc || quiet_) return object_[cell].value;
  const Buffer& buffer = buffer_[actor];
  for (unsigned i = buffer.size; i-- > 0;)
    if (buffer.entries[i].object == cell) return buffer.entries[i].value;
  return model_ == MemoryModel::arm ? copy_[cell][actor] : object_[cell].value;
}

bool World::memory_ready(unsigned actor, const Operation& operation) const {
  if (model_ == MemoryModel::sc) return true;
  if (operation.kind == Kind::late_value) return late_[static_cast<std::size_t>(ready_token_[actor])].bound;
  const auto order = static_cast<Order>(operation_order_[actor]);
  // What comes before a release, or a fence that orders loads, must have bound.
  if (releases(order) || operation.kind == Kind::fence)
    for (const Late& late : late_)
      if (late.actor == actor && !late.bound) return false;
  if (operation.kind == Kind::store && order != Order::seq_cst)
    return buffer_[actor].size < limits_.store_buffer;
  if (operation.kind == Kind::fence && order != Order::seq_cst) return true;
  return buffer_[actor].size == 0;
}

unsigned World::memory_agent(Kind kind, unsigned actor, ObjectId object) {
  const std::uint32_t key = static_cast<std::uint32_t>(kind) << 24U | actor << 16U | object;
  const auto known = memory_agent_of_.find(key);
  if (known != memory_agent_of_.end()) return known->second;
  const unsigned agent = kMaxActors + static_cast<unsigned>(memory_agent_of_.size());
  if (agent >= kMaxAgents)
    throw ModelLimit("under the memory model " + std::string(to_string(model_)) +
                     " this program has more than " + std::to_string(kMaxAgents - kMaxActors) +
                     " pairs of an actor and a cell: make it smaller");
  memory_agent_of_.emplace(key, agent);
  memory_agent_[agent] = {kind, static_cast<AgentId>(actor), object};
  pending_[agent] = {.kind = kind, .memory = true, .write = kind == Kind::flush, .object = object};
  if (kind == Kind::flush) flush_agents_[actor] |= bit(agent);
  agents_ = agent + 1;
  return agent;
}

unsigned World::memory_agent_of_key(std::uint32_t key) {
  const auto kind = static_cast<Kind>(key >> 24U);
  const unsigned actor = key >> 16U & 0xffU;
  const auto object = static_cast<ObjectId>(key & 0xffffU);
  // A copy can be refreshed before this world has seen it loaded.
  if (kind == Kind::refresh && actor < kMaxActors && object < kMaxObjects) loaded_by_[object] |= bit(actor);
  return memory_agent(kind, actor, object);
}

bool World::can_leave(const Buffer& buffer, unsigned index) const {
  if (index == 0) return true;
  const BufferEntry& entry = buffer.entries[index];
  if (buffer.entries[0].sequence < entry.needs) return false;
  for (unsigned i = 0; i < index; ++i)
    if (buffer.entries[i].object == entry.object) return false;
  return true;
}

void World::buffer_changed(unsigned actor) {
  const Buffer& buffer = buffer_[actor];
  enabled_ &= ~flush_agents_[actor];
  if (model_ == MemoryModel::tso) {
    if (buffer.size > 0) {
      const unsigned agent = memory_agent(Kind::flush, actor, kNoObject);
      pending_[agent].object = buffer.entries[0].object;
      enabled_ |= bit(agent);
    }
  } else {
    for (unsigned i = 0; i < buffer.size; ++i)
      if (can_leave(buffer, i)) enabled_ |= bit(memory_agent(Kind::flush, actor, buffer.entries[i].object));
  }
  const Kind kind = pending_[actor].kind;
  if (actor != running_ && (kind == Kind::fence || kind == Kind::modify || kind == Kind::store))
    reconsider(bit(actor));
}

void World::write_memory(ObjectId cell, std::int64_t value) {
  Object& object = object_[cell];
  object.value = value;
  ++object.version;
  if (model_ == MemoryModel::arm) refresh_agents(cell);
  if (object.pending != 0) reconsider(object.pending);
}

// Whoever ever loaded `cell` has an agent that may refresh its copy.
void World::refresh_agents(ObjectId cell) {
  for (AgentSet readers = loaded_by_[cell]; readers != 0; readers &= readers - 1) {
    const unsigned reader = lowest(readers);
    const unsigned agent = memory_agent(Kind::refresh, reader, cell);
    if (copy_version_[cell][reader] != object_[cell].version)
      enabled_ |= bit(agent);
    else
      enabled_ &= ~bit(agent);
  }
}

void World::refresh_all(unsigned actor) {
  if (model_ != MemoryModel::arm) return;
  for (unsigned i = 0; i < objects_; ++i) {
    if (object_[i].type != Type::cell) continue;
    copy_[i][actor] = object_[i].value;
    copy_version_[i][actor] = object_[i].version;
    if ((loaded_by_[i] & bit(actor)) != 0)
      enabled_ &= ~bit(memory_agent(Kind::refresh, actor, static_cast<ObjectId>(i)));
  }
}

void World::agent_step(unsigned agent) {
  const MemoryAgent& memory = memory_agent_[agent];
  switch (memory.kind) {
    case Kind::flush:
      flush(agent);
      break;
    case Kind::refresh:
      copy_[memory.object][memory.actor] = object_[memory.object].value;
      copy_version_[memory.object][memory.actor] = object_[memory.object].version;
      enabled_ &= ~bit(agent);
      record_value(object_[memory.object].value);
      if (pending_[memory.actor].kind == Kind::spin) reconsider(bit(memory.actor));
      break;
    default: {  // bind: the oldest late load of this actor and cell
      bool more = false, bound = false;
      for (Late& late : late_) {
        if (late.bound || late.actor != memory.actor || late.object != memory.object) continue;
        if (bound) {
          more = true;
          break;
        }
        late.value = view(memory.actor, memory.object);
        late.bound = bound = true;
        record_value(late.value);
      }
      if (!more) enabled_ &= ~bit(agent);
      reconsider(bit(memory.actor) & ~ended_);
    }
  }
}

int World::flush_index(unsigned agent) const {
  const Buffer& buffer = buffer_[memory_agent_[agent].actor];
  if (memory_agent_[agent].object == kNoObject) return buffer.size > 0 ? 0 : -1;
  for (unsigned i = 0; i < buffer.size; ++i)
    if (buffer.entries[i].object == memory_agent_[agent].object) return static_cast<int>(i);
  return -1;
}

void World::flush(unsigned agent) {
  const unsigned actor = memory_agent_[agent].actor;
  Buffer& buffer = buffer_[actor];
  const auto index = static_cast<unsigned>(flush_index(agent));
  const BufferEntry entry = buffer.entries[index];
  std::copy(buffer.entries.begin() + index + 1, buffer.entries.begin() + buffer.size,
            buffer.entries.begin() + index);
  --buffer.size;
  record_value(entry.value);
  write_memory(entry.object, entry.value);
  if (model_ == MemoryModel::arm) {
    copy_[entry.object][actor] = entry.value;
    copy_version_[entry.object][actor] = object_[entry.object].version;
    refresh_agents(entry.object);
  }
  const unsigned before = std::exchange(running_, kMaxActors);
  buffer_changed(actor);
  running_ = before;
}

// ---- operations

std::int64_t World::load(ObjectId cell, Order order) {
  const unsigned self = running_;
  if (model_ != MemoryModel::sc && !direct_ && (loaded_by_[cell] & bit(self)) == 0) {
    loaded_by_[cell] |= bit(self);
    if (model_ == MemoryModel::arm) {
      agents_grew_ = true;
      refresh_agents(cell);
    }
  }
  if (!point({.kind = Kind::load, .memory = true, .object = cell}, KVTOOL_HERE)) return object_[cell].value;
  if (model_ == MemoryModel::arm && order == Order::seq_cst && !quiet_) refresh_all(self);
  const std::int64_t value = view(self, cell);
  if (quiet_) return value;
  if (model_ == MemoryModel::arm && order == Order::acquire) refresh_all(self);
  if (spin_open_[self]) spin_reads_[self].push_back({cell, false, value});
  learn(static_cast<std::uint64_t>(value));
  record_value(value);
  if (clocks_on_) {
    if (acquires(order))
      clock_[self].join(sync_[cell]);
    else
      acquire_clock_[self].join(sync_[cell]);
  }
  return value;
}

void World::store(ObjectId cell, std::int64_t value, Order order) {
  const unsigned self = running_;
  const bool buffered = model_ != MemoryModel::sc && order != Order::seq_cst && !quiet_;
  operation_order_[self] = static_cast<std::uint8_t>(order);
  if (!point({.kind = Kind::store, .memory = !buffered, .write = true, .object = cell}, KVTOOL_HERE)) return;
  record_value(value);
  if (clocks_on_ && !quiet_) {
    // A plain store ends the release sequence of the one before.
    sync_[cell] = releases(order) ? clock_[self] : fence_clock_[self];
    if (releases(order)) ++clock_[self][self];
  }
  if (!buffered) {
    write_memory(cell, value);
    if (model_ == MemoryModel::arm) {
      copy_[cell][self] = value;
      copy_version_[cell][self] = object_[cell].version;
      refresh_agents(cell);
    }
    return;
  }
  Buffer& buffer = buffer_[self];
  const std::uint32_t sequence = buffer.next_sequence++;
  buffer.entries[buffer.size++] = {cell, sequence, order == Order::release ? sequence : buffer.fence, value,
                                   order};
  buffer_changed(self);
}

std::int64_t World::modify(ObjectId cell, Update update, void* argument, Order success, Order failure) {
  const unsigned self = running_;
  operation_order_[self] = static_cast<std::uint8_t>(success);
  if (!point({.kind = Kind::modify, .memory = true, .write = true, .object = cell}, KVTOOL_HERE))
    return object_[cell].value;
  std::int64_t value = object_[cell].value;
  const std::int64_t old = value;
  const bool written = update(value, argument);
  learn(static_cast<std::uint64_t>(old));
  record_value(old);
  const Order order = written ? success : failure;
  if (clocks_on_ && !quiet_) {
    if (acquires(order))
      clock_[self].join(sync_[cell]);
    else
      acquire_clock_[self].join(sync_[cell]);
    if (written) {  // goes on with the release sequence
      sync_[cell].join(releases(order) ? clock_[self] : fence_clock_[self]);
      if (releases(order)) ++clock_[self][self];
    }
  }
  if (written) write_memory(cell, value);
  if (model_ == MemoryModel::arm && !quiet_) {
    copy_[cell][self] = object_[cell].value;
    copy_version_[cell][self] = object_[cell].version;
    refresh_agents(cell);
    if (acquires(order)) refresh_all(self);
  }
  if (spin_open_[self] && !quiet_) spin_reads_[self].push_back({cell, false, value});
  return old;
}

void World::fence(Order order) {
  const unsigned self = running_;
  if (clocks_on_ && !direct_) {
    if (acquires(order)) clock_[self].join(acquire_clock_[self]);
    if (releases(order)) {
      fence_clock_[self] = clock_[self];
      ++clock_[self][self];
    }
  }
  if (model_ == MemoryModel::sc || quiet_) return;
  operation_order_[self] = static_cast<std::uint8_t>(order);
  // A release fence alone only orders what enters the buffer later.
  const bool orders_loads = model_ == MemoryModel::arm && acquires(order);
  if (order == Order::seq_cst || orders_loads || !late_.empty())
    if (!point({.kind = Kind::fence}, KVTOOL_HERE)) return;
  if (releases(order)) buffer_[self].fence = buffer_[self].next_sequence;
  if (acquires(order)) refresh_all(self);
}

unsigned World::load_late(ObjectId cell) {
  const unsigned self = running_;
  if (model_ != MemoryModel::arm || direct_) {
    late_.push_back({static_cast<AgentId>(self), cell, true, false, 0});
    const auto token = static_cast<unsigned>(late_.size() - 1);
    const std::int64_t value = load(cell, Order::relaxed);
    late_[token].value = value;
    return token;
  }
  const unsigned agent = memory_agent(Kind::bind, self, cell);
  if ((loaded_by_[cell] & bit(self)) == 0) {
    loaded_by_[cell] |= bit(self);
    agents_grew_ = true;
    refresh_agents(cell);
  }
  if (!point({.kind = Kind::load, .object = cell}, KVTOOL_HERE)) return 0;
  late_.push_back({static_cast<AgentId>(self), cell, false, false, 0});
  enabled_ |= bit(agent);
  return static_cast<unsigned>(late_.size() - 1);
}

std::int64_t World::late_value(unsigned token) {
  if (unwinding_) return 0;
  const unsigned self = running_;
  if (!late_[token].bound) {
    ready_token_[self] = static_cast<std::uint16_t>(token);
    if (!point({.kind = Kind::late_value, .object = late_[token].object}, KVTOOL_HERE)) return 0;
  }
  const std::int64_t value = late_[token].value;
  learn(static_cast<std::uint64_t>(value));
  // What was used is the actor's history; the state need not keep it.
  late_[token].used = true;
  while (!late_.empty() && late_.back().used) late_.pop_back();
  return value;
}

}  // namespace kvtool::explore
