#include "core/device/cuda/declared_call.h"

#include <utility>

namespace kvtool::cuda {

DeclaredCall::DeclaredCall(ShadowLocks& shadow, Call call, const std::string& target,
                           const std::string& regained)
    : shadow_(shadow), line_(LockLine::current()), call_(call), target_(target), regained_(regained) {
  if (line_ == nullptr) return;
  line_->speak_by_model();
  const std::lock_guard guard(shadow_.lock);
  if (!declare()) shadow_.waiting.push_back(this);
}

bool DeclaredCall::declare() {
  const sim::Names& names = shadow_.names;
  const Rule& rule = shadow_.model[call_];
  if (!regained_.empty()) return declare_foreign(names, rule);
  if (rule.context != Hold::none && !context_ && !take_context()) {
    want(names.context_lock);
    return false;
  }
  if (rule.launch != Hold::none && !launch_) {
    if (rule.launch == Hold::exclusive) launch_ = take_launch();
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

bool DeclaredCall::declare_foreign(const sim::Names& names, const Rule& rule) {
  const bool behind_context = rule.context != Hold::none && shadow_.context_owner != nullptr;
  const bool behind_launch = rule.launch != Hold::none && shadow_.launch_held;
  want(behind_context ? names.context_lock : behind_launch ? names.launch_lock : regained_);
  return !behind_context && !behind_launch;
}

void DeclaredCall::want(const std::string& resource) { line_->want(resource, call_name(call_)); }

bool DeclaredCall::take_context() {
  DeclaredCall*& owner = shadow_.context_owner;
  if (owner != nullptr) {
    if (shadow_.model[call_].wait == Wait::nothing || shadow_.model[owner->call_].wait != Wait::nothing)
      return false;
    owner->step_back();
  }
  owner = this;
  context_ = true;
  line_->hold(shadow_.names.context_lock);
  return true;
}

void DeclaredCall::step_back() {
  context_ = false;
  line_->drop(shadow_.names.context_lock);
  want(shadow_.names.context_lock);
  shadow_.waiting.push_back(this);
}

bool DeclaredCall::take_launch() {
  if (shadow_.launch_held) return false;
  shadow_.launch_held = true;
  line_->hold(shadow_.names.launch_lock);
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
    shadow_.context_owner = nullptr;
  }
  if (!launch_ && !context_) return;
  // Who steps back meanwhile is in line again.
  for (DeclaredCall* next : std::exchange(shadow_.waiting, {})) {
    next->line_->end_wait();
    if (!next->declare()) shadow_.waiting.push_back(next);
  }
}

}  // namespace kvtool::cuda
