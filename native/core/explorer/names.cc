#include "core/explorer/limits.h"
#include "core/explorer/operation.h"

namespace kvtool::explore {

std::string_view to_string(MemoryModel model) {
  switch (model) {
    case MemoryModel::sc:
      return "sc";
    case MemoryModel::tso:
      return "tso";
    case MemoryModel::pso:
      return "pso";
    case MemoryModel::arm:
      return "arm";
  }
  return "?";
}

std::string_view to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::ok:
      return "ok";
    case Outcome::deadlock:
      return "deadlock";
    case Outcome::livelock:
      return "livelock";
    case Outcome::violation:
      return "violation";
    case Outcome::race:
      return "race";
    case Outcome::leak:
      return "leak";
    case Outcome::use_after_free:
      return "use-after-free";
    case Outcome::double_free:
      return "double-free";
    case Outcome::exception:
      return "exception";
    case Outcome::bound:
      return "bound";
    case Outcome::pruned:
      return "pruned";
    case Outcome::redundant:
      return "redundant";
  }
  return "?";
}

std::string_view to_string(Kind kind) {
  switch (kind) {
    case Kind::none:
      return "none";
    case Kind::local:
      return "yield";
    case Kind::lock:
      return "lock";
    case Kind::lock_shared:
      return "lock shared";
    case Kind::try_lock:
      return "try lock";
    case Kind::unlock:
      return "unlock";
    case Kind::condvar_enqueue:
      return "begin to wait for";
    case Kind::condvar_wake:
      return "wake from";
    case Kind::condvar_notify:
      return "notify";
    case Kind::acquire:
      return "acquire";
    case Kind::release:
      return "release";
    case Kind::load:
      return "load";
    case Kind::store:
      return "store";
    case Kind::modify:
      return "modify";
    case Kind::fence:
      return "fence";
    case Kind::flush:
      return "store reaches memory:";
    case Kind::refresh:
      return "stale copy refreshed:";
    case Kind::bind:
      return "late load binds:";
    case Kind::late_value:
      return "use late value of";
    case Kind::spin:
      return "spin";
    case Kind::await:
      return "wait for";
    case Kind::rest:
      return "rest at";
    case Kind::change:
      return "change";
    case Kind::join:
      return "join";
    case Kind::access:
      return "access";
    case Kind::choice:
      return "choose";
  }
  return "?";
}

}  // namespace kvtool::explore
