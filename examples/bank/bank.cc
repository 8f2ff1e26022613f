// Two transfers in opposite directions, each with both accounts locked. The protocol is a template over a
// runtime: ModelRuntime to explore it, RealRuntime to run it.
#include <kvtool/explore.h>

#include <functional>
#include <iostream>
#include <mutex>

namespace {

using kvtool::explore::explore;

template <class Rt, bool in_order>
class Bank {
 public:
  static constexpr unsigned kActors = 2;
  static const char* actor_name(unsigned actor) { return actor == 0 ? "to-bob" : "to-alice"; }

  void run(unsigned actor) { actor == 0 ? transfer(alice_, bob_, 30) : transfer(bob_, alice_, 50); }
  void finish() { Rt::check(alice_.balance.read() + bob_.balance.read() == 200, "no money is made or lost"); }

 private:
  struct Account {
    explicit Account(const char* name) : lock(name), balance(100, name) {}
    typename Rt::mutex lock;
    typename Rt::template plain<int> balance;  // guarded by `lock`: the explorer checks it
  };

  void transfer(Account& from, Account& to, int amount) {
    // The fix: one order for everybody.
    const bool swapped = in_order && &from != &alice_;
    const std::lock_guard first(swapped ? to.lock : from.lock);
    Rt::perturb("bank:between");  // where real threads are delayed
    const std::lock_guard second(swapped ? from.lock : to.lock);
    from.balance.write() -= amount;
    to.balance.write() += amount;
  }

  Account alice_{"alice"}, bob_{"bob"};
};

template <class Rt>
using Buggy = Bank<Rt, false>;
template <class Rt>
using Fixed = Bank<Rt, true>;

}  // namespace

int main() {
  const auto buggy = explore<Buggy>({.name = "bank-buggy"});
  const auto fixed = explore<Fixed>({.name = "bank-fixed"});
  std::cout << buggy << fixed;
  // The same code on real threads.
  const auto real = kvtool::explore::run_on_threads<Fixed>({.rounds = 100});
  std::cout << real.rounds << " rounds on real threads\n";
  const bool as_expected = buggy.outcome == kvtool::explore::Outcome::deadlock && fixed.proved() &&
                           real.end == kvtool::RealRunResult::End::done;
  return as_expected ? 0 : 1;
}
