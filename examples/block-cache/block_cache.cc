// A service that looks blocks up in kvtool's BlockManager while a scheduler allocates from it. The manager's
// own protocol is the fixed one; what is under test is how the service uses it.
#include <kvtool/explore.h>

#include <iostream>

#include "core/pool/block_manager.h"

namespace {

using kvtool::explore::explore;
namespace pool = kvtool::pool;

constexpr std::uint64_t kHash = 7, kContent = 7;

template <class Rt, bool pinned_while_read>
class Cache {
 public:
  static constexpr unsigned kActors = 2;
  static const char* actor_name(unsigned actor) { return actor == 0 ? "scheduler" : "service"; }

  Cache() { manager_.preload(0, kHash, kContent); }
  void run(unsigned actor) { actor == 0 ? schedule() : serve(); }

 private:
  void schedule() {
    if (const auto block = manager_.allocate()) {
      manager_.memory().write(manager_.pool().slot(*block), kContent + 1);
      manager_.unpin(*block);
    }
  }
  void serve() {
    const auto found = manager_.find_and_pin(kHash);
    if (!found) return;
    if constexpr (!pinned_while_read) manager_.unpin(found->block);
    const auto content = manager_.memory().read(found->slot, 0);
    Rt::check(content == kContent, "the service sends what it looked up");
    if constexpr (pinned_while_read) manager_.unpin(found->block);
  }

  pool::BlockManager<Rt> manager_{{.primary = 1, .secondary = 0}};
};

template <class Rt>
using Buggy = Cache<Rt, false>;
template <class Rt>
using Fixed = Cache<Rt, true>;

}  // namespace

int main() {
  const auto buggy = explore<Buggy>({.name = "cache-buggy"});
  const auto fixed = explore<Fixed>({.name = "cache-fixed"});
  std::cout << buggy << fixed;
  return buggy.failed() && fixed.proved() ? 0 : 1;
}
