// DeclaredCall: what a call into a real driver takes and waits for, announced on the thread's lock line. A
// driver does not say; the driver model (sim/driver_model.h) says what was measured, so a reader must take
// these lines for what they are: declared by the model, not read. They matter only for calls that do not
// return.
//
// Whom another call keeps out is decided by a shadow of the driver's locks C and W: the thread whose call
// came first counts as their owner. When its call returns, those that waited are next, in the order in which
// they came; its thread then writes their lines, which they leave alone until their own calls return.
// A call that waits for nothing more once it has C owns it for a moment only, so whoever finds it standing
// there finds it in front of the lock: a call that does wait, and comes later, may have overtaken it on the
// way into the driver, and counts as the owner.
#pragma once

#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "core/device/sim/driver_model.h"
#include "core/device/sim/names.h"
#include "core/runtime/lock_line.h"

namespace kvtool::cuda {

class DeclaredCall;

// One context's locks as the declarations tell it. Safe from any thread.
struct ShadowLocks {
  explicit ShadowLocks(std::optional<unsigned> context) : names(context) {}
  const sim::Names names;
  const DriverModel model = driver_580_cuda13();
  std::mutex lock;                        // guards what follows, and the lines of all calls in progress
  DeclaredCall* context_owner = nullptr;  // of C
  bool launch_held = false;               // W, exclusively
  std::vector<DeclaredCall*> waiting;     // for one of the two, first come first
};

// RAII round the call. A thread without a lock line announces nothing and takes no part in the shadow.
class DeclaredCall {
 public:
  // `target` is the stream or event of a call whose rule waits for one. `regained` is the runtime lock that
  // another library takes again before its call comes back: nobody sees where between the two it stands, so
  // it owns no lock of the driver, and where none is in its way the runtime lock is what it can be waiting
  // for.
  DeclaredCall(ShadowLocks& shadow, Call call, const std::string& target = {},
               const std::string& regained = {});
  DeclaredCall(const DeclaredCall&) = delete;
  DeclaredCall& operator=(const DeclaredCall&) = delete;
  ~DeclaredCall();

 private:
  // REQUIRES: shadow_.lock. True when it waits for no other call any more.
  bool declare();
  bool declare_foreign(const sim::Names& names, const Rule& rule);
  bool take_context();
  bool take_launch();
  void step_back();
  void want(const std::string& resource);

  ShadowLocks& shadow_;
  LockLine* const line_;
  const Call call_;
  const std::string target_;
  const std::string regained_;
  bool context_ = false;
  bool launch_ = false;
};

}  // namespace kvtool::cuda
