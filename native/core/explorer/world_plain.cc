// World: data without synchronisation of its own, and what a search takes for the state.
#include <utility>

#include "core/explorer/world.h"
#include "core/explorer/world_point.h"

namespace kvtool::explore {

// ---- plain data

void World::plain_created(ObjectId plain, const void* data, Content content) {
  clocks_wanted_ = true;
  plain_data_[plain] = {};
  plain_data_[plain].data = data;
  plain_data_[plain].content = content;
  plains_.push_back(plain);
  if (clocks_on_) read_clock_[plain] = {};
}

void World::plain_read(ObjectId plain, bool learns_all) {
  if (direct_) return;
  PlainData& data = plain_data_[plain];
  const unsigned self = running_;
  if (plain_steps_) {
    if (!point({.kind = Kind::access, .memory = true, .object = plain}, KVTOOL_HERE)) return;
  } else if (clocks_on_) {
    if (data.writer >= 0 && data.writer != static_cast<int>(self) &&
        clock_[self][static_cast<unsigned>(data.writer)] < data.write_clock) {
      fail(Outcome::race, "data race on " + object_name(plain) + ": " + agent_name(self) + " reads what " +
                              agent_name(static_cast<unsigned>(data.writer)) +
                              " wrote, and nothing orders the two");
      return;
    }
    read_clock_[plain][self] = clock_[self][self];
    data.read_by |= bit(self);
  }
  if (spin_open_[self]) spin_reads_[self].push_back({plain, true, object_[plain].version});
  if (hashed_ && (learns_all || data.content == nullptr)) {
    history_[self].mix(plain);
    history_[self].mix(data.content != nullptr ? data.content(data.data) : data.history);
  }
}

void World::plain_write(ObjectId plain, bool learns_all) {
  if (direct_) return;
  PlainData& data = plain_data_[plain];
  const unsigned self = running_;
  if (plain_steps_) {
    if (!point({.kind = Kind::access, .memory = true, .write = true, .object = plain}, KVTOOL_HERE)) return;
  } else if (clocks_on_) {
    int other = -1;
    const char* did = " wrote";
    if (data.writer >= 0 && data.writer != static_cast<int>(self) &&
        clock_[self][static_cast<unsigned>(data.writer)] < data.write_clock)
      other = data.writer;
    for (AgentSet readers = data.read_by & ~bit(self); readers != 0 && other < 0; readers &= readers - 1)
      if (const unsigned reader = lowest(readers); clock_[self][reader] < read_clock_[plain][reader]) {
        other = static_cast<int>(reader);
        did = " read";
      }
    if (other >= 0) {
      fail(Outcome::race, "data race on " + object_name(plain) + ": " + agent_name(self) + " writes what " +
                              agent_name(static_cast<unsigned>(other)) + did +
                              ", and nothing orders the two");
      return;
    }
    data.writer = static_cast<std::int16_t>(self);
    data.write_clock = clock_[self][self];
    data.read_by = 0;
  }
  // write() hands out a reference by which the caller may read as well.
  if (hashed_ && (learns_all || data.content == nullptr)) {
    history_[self].mix(std::uint64_t{plain} | 1U << 20U);
    history_[self].mix(data.content != nullptr ? data.content(data.data) : data.history);
    data.history = history_[self];
  }
  ++object_[plain].version;
  touch(object_[plain]);
}

// ---- state

// Two executions may leave the same values and histories and yet differ in what is ordered before what, and
// so in which later accesses race. Of each clock only that matters which later comparisons can tell: whether
// it has the last write of each plain datum, and the reads since.
void World::mix_order(Hash128& hash) const {
  const auto mix = [&](const ActorClock& clock) {
    std::uint64_t bits = 1;
    const auto add = [&](bool seen) {
      if (bits >> 63U != 0) hash.mix(std::exchange(bits, 1));
      bits = bits << 1U | (seen ? 1U : 0U);
    };
    for (const ObjectId plain : plains_) {
      const PlainData& data = plain_data_[plain];
      if (data.writer >= 0) add(clock[static_cast<unsigned>(data.writer)] >= data.write_clock);
      for (AgentSet readers = data.read_by; readers != 0; readers &= readers - 1)
        add(clock[lowest(readers)] >= read_clock_[plain][lowest(readers)]);
    }
    hash.mix(bits);
  };
  for (unsigned i = 0; i < actors_; ++i) {
    mix(clock_[i]);  // of those that have ended as well: who joins them sees what they did
    mix(fence_clock_[i]);
    mix(acquire_clock_[i]);
  }
  for (unsigned i = 0; i < objects_; ++i)
    if (object_[i].type != Type::plain) mix(sync_[i]);
  for (const ObjectId plain : plains_) hash.mix(plain_data_[plain].read_by);
}

Hash128 World::state_hash() const {
  Hash128 hash = program_->fingerprint();
  for (unsigned i = 0; i < actors_; ++i) hash.mix(history_[i]);
  for (unsigned i = 0; i < objects_; ++i) {
    const Object& object = object_[i];
    hash.mix(static_cast<std::uint64_t>(object.value) ^
             static_cast<std::uint64_t>(static_cast<std::uint16_t>(object.owner)) << 48U ^
             std::uint64_t{object.depth} << 40U);
    if (object.type == Type::condvar || object.type == Type::shared_mutex)
      hash.mix(object.waiters | object.notified << 16U | object.readers << 32U);
  }
  for (const ObjectId plain : plains_) {
    const PlainData& data = plain_data_[plain];
    hash.mix(data.content != nullptr ? data.content(data.data) : data.history);
  }
  if (clocks_on_) mix_order(hash);
  if (model_ != MemoryModel::sc) {
    for (unsigned i = 0; i < actors_; ++i) {
      const Buffer& buffer = buffer_[i];
      hash.mix(buffer.size);
      const std::uint32_t first = buffer.size > 0 ? buffer.entries[0].sequence : buffer.next_sequence;
      hash.mix(buffer.fence > first ? buffer.fence - first : 0);
      for (unsigned k = 0; k < buffer.size; ++k) {
        const BufferEntry& entry = buffer.entries[k];
        hash.mix(std::uint64_t{entry.object} |
                 std::uint64_t{entry.needs > first ? entry.needs - first : 0} << 16U |
                 std::uint64_t{entry.sequence - first} << 32U);
        hash.mix(static_cast<std::uint64_t>(entry.value));
      }
    }
    for (const Late& late : late_) {
      if (late.used) continue;
      hash.mix(std::uint64_t{late.object} | std::uint64_t{late.actor} << 16U |
               (late.bound ? 1ULL << 32U : 0));
      if (late.bound) hash.mix(static_cast<std::uint64_t>(late.value));
    }
    if (model_ == MemoryModel::arm)
      for (unsigned i = 0; i < objects_; ++i)
        if (object_[i].type == Type::cell)
          for (AgentSet readers = loaded_by_[i]; readers != 0; readers &= readers - 1) {
            const unsigned reader = lowest(readers);
            const bool stale = copy_version_[i][reader] != object_[i].version;
            hash.mix(static_cast<std::uint64_t>(copy_[i][reader]) << 1U | (stale ? 1U : 0U));
          }
  }
  hash.mix(spurious_left_);
  return hash;
}

}  // namespace kvtool::explore
