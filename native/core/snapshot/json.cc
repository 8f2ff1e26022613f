#include "core/snapshot/json.h"

#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <string_view>

#include "core/snapshot/syscall_table.h"

namespace kvtool::snapshot {
namespace {

// Keeps the keys in the order in which they are written here, which is that of the TypeScript type.
using Json = nlohmann::ordered_json;

std::string hexadecimal(std::uint64_t value) {
  std::array<char, 18> text{'0', 'x'};
  const auto end = std::to_chars(text.data() + 2, text.data() + text.size(), value, 16).ptr;
  return std::string(text.data(), end);
}

std::string_view name(WaitKind kind) {
  switch (kind) {
    case WaitKind::mutex:
      return "mutex";
    case WaitKind::rwlock_read:
      return "rwlock-read";
    case WaitKind::rwlock_write:
      return "rwlock-write";
    case WaitKind::condvar:
      return "condvar";
    case WaitKind::join:
      return "join";
    case WaitKind::semaphore:
      return "semaphore";
    case WaitKind::futex:
      return "futex";
    case WaitKind::sleep:
      return "sleep";
    case WaitKind::poll:
      return "poll";
    case WaitKind::read:
      return "read";
    case WaitKind::child:
      return "child";
    case WaitKind::gil:
      return "gil";
    case WaitKind::python_lock:
      return "python-lock";
    case WaitKind::python_rlock:
      return "python-rlock";
    case WaitKind::js_thread:
      return "js-thread";
    case WaitKind::other:
      return "other";
  }
  return "other";
}

std::string_view name(Runtime runtime) {
  switch (runtime) {
    case Runtime::native:
      return "native";
    case Runtime::python:
      return "python";
    case Runtime::js:
      return "js";
  }
  return "native";
}

std::string_view name(StackState state) {
  switch (state) {
    case StackState::complete:
      return "complete";
    case StackState::partial:
      return "partial";
    case StackState::none:
      return "none";
  }
  return "none";
}

std::string_view name(Rung rung) {
  switch (rung) {
    case Rung::no_stop:
      return "no-stop";
    case Rung::stopped:
      return "stopped";
    case Rung::frozen:
      return "frozen";
    case Rung::core:
      return "core";
  }
  return "no-stop";
}

std::string_view name(Accuracy accuracy) {
  switch (accuracy) {
    case Accuracy::exact:
      return "exact";
    case Accuracy::recovered:
      return "recovered";
    case Accuracy::approximate:
      return "approximate";
  }
  return "approximate";
}

Json json(const Syscall& call) {
  Json result{{"number", call.number}};
  if (const auto known = syscall_name(call.number); !known.empty()) result["name"] = known;
  Json& args = result["args"] = Json::array();
  for (const std::uint64_t argument : call.args) args.push_back(hexadecimal(argument));
  result["sp"] = hexadecimal(call.sp);
  result["pc"] = hexadecimal(call.pc);
  return result;
}

Json json(const ThreadWait& wait) {
  Json result{{"kind", name(wait.kind)}};
  if (wait.address) result["address"] = hexadecimal(*wait.address);
  if (wait.owner) result["ownerTid"] = *wait.owner;
  if (wait.owner_dead) result["ownerDead"] = true;
  if (wait.mutex) result["mutex"] = hexadecimal(*wait.mutex);
  if (wait.mutex_owner) result["mutexOwnerTid"] = *wait.mutex_owner;
  if (!wait.name.empty()) result["name"] = wait.name;
  return result;
}

Json json(const HeldLock& lock) {
  Json result{{"kind", lock.kind}, {"address", hexadecimal(lock.address)}};
  if (!lock.name.empty()) result["name"] = lock.name;
  return result;
}

Json json(const Frame& frame) {
  Json result = Json::object();
  if (frame.pc != 0) result["pc"] = hexadecimal(frame.pc);
  if (!frame.function.empty()) result["function"] = frame.function;
  if (!frame.module.empty()) result["module"] = frame.module;
  if (!frame.file.empty()) result["file"] = frame.file;
  if (frame.line) result["line"] = *frame.line;
  if (frame.column) result["column"] = *frame.column;
  result["runtime"] = name(frame.runtime);
  if (!frame.tier.empty()) result["tier"] = frame.tier;
  if (frame.inlined) result["inlined"] = true;
  return result;
}

Json json(const ThreadDump& thread) {
  Json result{{"tid", thread.tid}, {"name", thread.name}, {"state", std::string(1, thread.state)}};
  if (thread.cpu_us) result["cpuUs"] = *thread.cpu_us;
  if (thread.syscall) result["syscall"] = json(*thread.syscall);
  if (thread.wait) result["wait"] = json(*thread.wait);
  if (!thread.holds.empty()) {
    Json& holds = result["holds"] = Json::array();
    for (const HeldLock& lock : thread.holds) holds.push_back(json(lock));
  }
  Json& frames = result["frames"] = Json::array();
  for (const Frame& frame : thread.frames) frames.push_back(json(frame));
  result["stack"] = name(thread.stack);
  if (thread.rung) result["rung"] = name(*thread.rung);
  if (thread.accuracy) result["accuracy"] = name(*thread.accuracy);
  if (thread.paused_us > 0) result["pausedUs"] = thread.paused_us;
  return result;
}

Json json(const LockLine& line) {
  Json result{{"tid", line.tid}, {"name", line.name}, {"holds", line.holds}};
  if (!line.wants.empty()) result["wants"] = line.wants;
  if (!line.where.empty()) result["where"] = line.where;
  if (line.waiting_ms) result["waitingMs"] = *line.waiting_ms;
  if (line.by_model) result["byModel"] = true;
  return result;
}

Json json(const Gpu& gpu) {
  Json result{{"index", gpu.index}, {"name", gpu.name}};
  if (!gpu.uuid.empty()) result["uuid"] = gpu.uuid;
  if (gpu.busy_percent) result["busyPercent"] = *gpu.busy_percent;
  if (gpu.used_bytes) result["usedBytes"] = *gpu.used_bytes;
  if (gpu.total_bytes) result["totalBytes"] = *gpu.total_bytes;
  Json& processes = result["processes"] = Json::array();
  for (const GpuProcess& process : gpu.processes) {
    Json& shown = processes.emplace_back(Json{{"pid", process.pid}});
    if (process.used_bytes) shown["usedBytes"] = *process.used_bytes;
  }
  return result;
}

std::string text_of(const Json& document) {
  return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

std::string to_json(const GpuReading& reading) {
  Json result{{"schemaVersion", 1}, {"gpus", Json::array()}};
  for (const Gpu& gpu : reading.gpus) result["gpus"].push_back(json(gpu));
  if (!reading.lack.empty()) result["lack"] = reading.lack;
  return text_of(result);
}

std::string to_json(const ProcessDump& dump) {
  Json result{{"schemaVersion", 1}, {"pid", dump.pid}};
  if (!dump.command.empty()) result["command"] = dump.command;
  result["takenAt"] = dump.taken_at;
  result["tookUs"] = dump.took_us;
  result["pausedUs"] = dump.paused_us;
  if (dump.refused) result["refused"] = true;
  Json& threads = result["threads"] = Json::array();
  for (const ThreadDump& thread : dump.threads) threads.push_back(json(thread));
  Json& lines = result["lockLines"] = Json::array();
  for (const LockLine& line : dump.lock_lines) lines.push_back(json(line));
  result["lacks"] = dump.lacks;
  return text_of(result);
}

}  // namespace kvtool::snapshot
