#include "core/device/cuda/declared_call.h"

namespace kvtool::cuda {

DeclaredCall::DeclaredCall(ShadowLocks& shadow, Call call, const std::string& target)
    : shadow_(shadow), line_(LockLine::current()), call_(call), target_(target) {
  if (line_ == nullptr) return;
  line_->speak_by_model();
  const std::lock_guard guard(shadow_.lock);
  if (!declare()) shadow_.waiting.push_back(this);
}

bool DeclaredCall::declare() {
  const sim::Names& names = shadow_.names;
  const Rule& rule = shadow_.model[call_];
  if (rule.context != Hold::none && !context_) {
    context_ = take(shadow_.context_held, names.context_lock);
    if (!context_) {
      want(names.context_lock);
      return false;
    }
  }
  if (rule.launch != Hold::none && !launch_) {
    if (rule.launch == Hold::exclusive) launch_ = take(shadow_.launch_held, names.launch_lock);
    if (rule.launch == Hold::exclusive ? !launch_ : shadow_.launch_held) {
      want(names.launch_lock);
      return false;
    }
  }
  if (rule.wait == Wait::device)
    want(names.idle);
  else if (rule.wait != Wait::nothing && !target_.empty())
    want(target_);
  return true;
}

void DeclaredCall::want(const std::string& resource) { line_->want(resource, call_name(call_)); }

bool DeclaredCall::take(bool& held, const std::string& name) {
  if (held) return false;
  held = true;
  line_->hold(name);
  return true;
}

DeclaredCall::~DeclaredCall() {
  if (line_ == nullptr) return;
  const std::lock_guard guard(shadow_.lock);
  std::erase(shadow_.waiting, this);
  line_->end_wait();
  if (launch_) {
    line_->drop(shadow_.names.launch_lock);
    shadow_.launch_held = false;
  }
  if (context_) {
    line_->drop(shadow_.names.context_lock);
    shadow_.context_held = false;
  }
  if (!launch_ && !context_) return;
  std::erase_if(shadow_.waiting, [](DeclaredCall* next) {
    next->line_->end_wait();
    return next->declare();
  });
}

}  // namespace kvtool::cuda
