#include "core/device/cuda/declared_call.h"

namespace kvtool::cuda {

DeclaredCall::DeclaredCall(ShadowLocks& shadow, Call call, const std::string& target)
    : shadow_(shadow), line_(LockLine::current()) {
  if (line_ == nullptr) return;
  line_->speak_by_model();
  const std::lock_guard guard(shadow_.lock);
  declare(shadow_.model[call], call, target);
}

void DeclaredCall::declare(const Rule& rule, Call call, const std::string& target) {
  const sim::Names& names = shadow_.names;
  const std::string_view where = call_name(call);
  if (rule.context != Hold::none) {
    context_ = take(shadow_.context_held, names.context_lock);
    if (!context_) return line_->want(names.context_lock, where);
  }
  if (rule.launch == Hold::exclusive) {
    launch_ = take(shadow_.launch_held, names.launch_lock);
    if (!launch_) return line_->want(names.launch_lock, where);
  } else if (rule.launch == Hold::shared && shadow_.launch_held) {
    return line_->want(names.launch_lock, where);
  }
  if (rule.wait == Wait::device) return line_->want(names.idle, where);
  if (rule.wait != Wait::nothing && !target.empty()) line_->want(target, where);
}

bool DeclaredCall::take(bool& held, const std::string& name) {
  if (held) return false;
  held = true;
  line_->hold(name);
  return true;
}

DeclaredCall::~DeclaredCall() {
  if (line_ == nullptr) return;
  const std::lock_guard guard(shadow_.lock);
  line_->end_wait();
  if (launch_) {
    line_->drop(shadow_.names.launch_lock);
    shadow_.launch_held = false;
  }
  if (context_) {
    line_->drop(shadow_.names.context_lock);
    shadow_.context_held = false;
  }
}

}  // namespace kvtool::cuda
