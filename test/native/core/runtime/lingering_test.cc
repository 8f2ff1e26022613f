#include "core/runtime/lingering.h"

#include <gtest/gtest.h>

#include <memory>

#include "core/runtime/real_runtime.h"

namespace kvtool {
namespace {

struct Watched {
  bool finished = false;
  bool destroyed = false;
};

class Object final : public Lingering {
 public:
  explicit Object(Watched* watched) : watched_(watched) {}
  ~Object() override { watched_->destroyed = true; }
  bool finished() const override { return watched_->finished; }

 private:
  Watched* const watched_;
};

TEST(Lingering, KeepsAnObjectUntilItIsFinished) {
  Watched watched;
  const std::size_t others = RealRuntime::sweep_lingering();
  RealRuntime::linger(std::make_unique<Object>(&watched));
  EXPECT_EQ(RealRuntime::sweep_lingering(), others + 1);
  EXPECT_FALSE(watched.destroyed);
  watched.finished = true;
  EXPECT_EQ(RealRuntime::sweep_lingering(), others);
  EXPECT_TRUE(watched.destroyed);
}

// Destroys an object whose destructor lingers another: would deadlock if the list's lock were held across it.
TEST(Lingering, LetsADestructorLingerSomethingElse) {
  struct Outer final : Lingering {
    explicit Outer(Watched* inner_watched) : inner(inner_watched) {}
    ~Outer() override { linger(std::make_unique<Object>(inner)); }
    bool finished() const override { return true; }
    Watched* const inner;
  };
  Watched inner;
  inner.finished = true;
  linger(std::make_unique<Outer>(&inner));
  sweep_lingering();  // frees Outer, which lingers the inner one
  sweep_lingering();
  EXPECT_TRUE(inner.destroyed);
}

}  // namespace
}  // namespace kvtool
