// Subscriptions: the declared types and who subscribed to each. The drain thread works on a snapshot, so
// dispatching holds no lock, and subscribers may subscribe, unsubscribe and declare from inside a call.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/recorder/subscription.h"

namespace kvtool {

template <class Rt>
class Subscriptions {
 public:
  using Pointer = std::shared_ptr<Subscription<Rt>>;
  using Table =
      std::unordered_map<std::string, std::vector<Pointer>>;  // declared type -> in order of subscription
  using Snapshot = std::shared_ptr<const Table>;

  // Declaring twice changes nothing.
  void declare(const std::string& type) {
    change([&](Table& table) { table.try_emplace(type); });
  }

  // `none` when the type was not declared.
  SubscriptionId add(const std::string& type, Subscriber function) {
    SubscriptionId id = SubscriptionId::none;
    change([&](Table& table) {
      const auto entry = table.find(type);
      if (entry == table.end()) return;
      id = SubscriptionId{++last_id_.write()};
      entry->second.push_back(std::make_shared<Subscription<Rt>>(id, std::move(function)));
    });
    return id;
  }

  // The subscription, no longer in any later snapshot; null when there is none of that id.
  Pointer remove(SubscriptionId id) {
    Pointer removed;
    change([&](Table& table) {
      for (auto& [type, list] : table) {
        const auto found =
            std::find_if(list.begin(), list.end(), [&](const Pointer& p) { return p->id() == id; });
        if (found == list.end()) continue;
        removed = std::move(*found);
        list.erase(found);
        return;
      }
    });
    return removed;
  }

  Snapshot snapshot() const {
    const std::lock_guard guard(mutex_);
    return table_.read();
  }

 private:
  // Changes are rare and copy the table. The old table dies after the lock was released: it may take
  // subscribers' captures with it, whose destructors may want other locks.
  template <class Change>
  void change(Change apply) {
    Snapshot old;
    const std::lock_guard guard(mutex_);
    auto next = std::make_shared<Table>(*table_.read());
    apply(*next);
    old = std::exchange(table_.write(), std::move(next));
  }

  // Guards table_ and last_id_; held while a table is copied, never while a subscriber runs or is destroyed.
  mutable typename Rt::mutex mutex_;
  typename Rt::template plain<Snapshot> table_{std::make_shared<const Table>()};
  typename Rt::template plain<std::uint64_t> last_id_;
};

}  // namespace kvtool
