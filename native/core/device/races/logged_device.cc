#include "core/device/races/logged_device.h"

#include <algorithm>
#include <memory>

#include "core/device/races/transfer_ranges.h"

namespace kvtool::races {

// Streams and events

Status LoggedDevice::created(Status status, const StreamId* stream) {
  if (status == Status::ok) log_.created(*stream);
  return status;
}

Status LoggedDevice::synchronized(Status status, const Clock& work) {
  if (status == Status::ok) log_.synchronized(work);
  return status;
}

Status LoggedDevice::create_stream(StreamId* out) { return created(device_.create_stream(out), out); }

Status LoggedDevice::create_priority_stream(StreamId* out) {
  return created(device_.create_priority_stream(out), out);
}

Status LoggedDevice::destroy_stream(StreamId stream) {
  const Status status = device_.destroy_stream(stream);
  if (status == Status::ok) log_.destroyed(stream);
  return status;
}

Status LoggedDevice::synchronize_stream(StreamId stream) {
  const Clock work = log_.work_of(stream);
  return synchronized(device_.synchronize_stream(stream), work);
}

// A query that says "done" is as good as a wait.
Status LoggedDevice::query_stream(StreamId stream) {
  const Clock work = log_.work_of(stream);
  return synchronized(device_.query_stream(stream), work);
}

Status LoggedDevice::synchronize_device() {
  const Clock work = log_.work_of_device();
  return synchronized(device_.synchronize_device(), work);
}

Status LoggedDevice::destroy_event(EventId event) {
  const Status status = device_.destroy_event(event);
  if (status == Status::ok) log_.destroyed(event);
  return status;
}

Status LoggedDevice::record_event(EventId event, StreamId stream) {
  const Status status = device_.record_event(event, stream);
  if (status == Status::ok) log_.recorded(event, stream);
  return status;
}

Status LoggedDevice::wait_event(StreamId stream, EventId event) {
  const Status status = device_.wait_event(stream, event);
  if (status == Status::ok) log_.waits(stream, event);
  return status;
}

Status LoggedDevice::query_event(EventId event) {
  const Clock work = log_.work_of(event);
  return synchronized(device_.query_event(event), work);
}

Status LoggedDevice::synchronize_event(EventId event) {
  const Clock work = log_.work_of(event);
  return synchronized(device_.synchronize_event(event), work);
}

// Work

namespace {

struct HostCall {
  AccessLog& log;
  std::shared_ptr<AccessLog::Place> place;
  HostFunction function;
  void* argument;

  static void run(void* call) {
    const std::unique_ptr<HostCall> self(static_cast<HostCall*>(call));
    const auto acting = self->log.run_at(self->place);
    self->function(self->argument);
  }
};

}  // namespace

Status LoggedDevice::launch_host_function(StreamId stream, HostFunction function, void* argument) {
  if (function == nullptr) return device_.launch_host_function(stream, function, argument);
  const auto place = log_.reserve(stream, "host function");
  auto call = std::make_unique<HostCall>(HostCall{log_, place, function, argument});
  const Status status = device_.launch_host_function(stream, HostCall::run, call.get());
  if (status != Status::ok) return status;
  // Not ours any more: it may have run and ended already.
  static_cast<void>(call.release());
  log_.confirm(*place);
  return status;
}

Status LoggedDevice::stamp(StreamId stream, StampSlot* slot, std::uint64_t sequence) {
  const Status status = device_.stamp(stream, slot, sequence);
  // Slots are made to be read while they are written (stamp_access.h): no access of theirs is a race.
  if (status == Status::ok) log_.enqueued(stream, {}, {}, "stamp");
  return status;
}

Status LoggedDevice::stamp_next(StreamId stream, const StampCursor& cursor) {
  const Status status = device_.stamp_next(stream, cursor);
  if (status == Status::ok) log_.enqueued(stream, {}, {}, "stamp");
  return status;
}

Status LoggedDevice::launch_kernel(StreamId stream, ModuleId module, KernelBody body) {
  const auto place = log_.reserve(stream, "kernel");
  if (body)
    body = [&log = log_, place, inner = std::move(body)] {
      const auto acting = log.run_at(place);
      inner();
    };
  const Status status = device_.launch_kernel(stream, module, std::move(body));
  if (status == Status::ok) log_.confirm(*place);
  return status;
}

Status LoggedDevice::launch_transfer(StreamId stream, const transfer::Plan& plan) {
  return launch_transfer_by(stream, plan, [&] { return device_.launch_transfer(stream, plan); });
}

Status LoggedDevice::launch_transfer_by(StreamId stream, const transfer::Plan& plan,
                                        const std::function<Status()>& launch) {
  // Before the launch: the lists are what they are now.
  TransferRanges ranges;
  bool is_known = false;
  const bool has_grid = transfer::has_grid(plan);
  if (has_grid) {
    const std::size_t tokens = static_cast<std::size_t>(plan.first_token) + plan.tokens;
    const auto slots = list(plan.slots, tokens * sizeof(std::int64_t));
    const auto pages = list(plan.pages, page_pointers(plan) * sizeof(void*));
    is_known = slots && pages;
    ranges = ranges_of(plan, is_known ? reinterpret_cast<const std::int64_t*>(slots->data()) : nullptr,
                       is_known ? reinterpret_cast<unsigned char* const*>(pages->data()) : nullptr);
  }
  const Status status = launch();
  if (status != Status::ok || !has_grid) return status;
  if (!is_known) log_.transfer_unknown();
  log_.enqueued(stream, ranges.reads, ranges.writes, "KV transfer");
  return status;
}

void LoggedDevice::remember_list(const void* on_device, const void* on_host, std::size_t bytes) {
  const auto* const begin = static_cast<const std::byte*>(on_host);
  const std::lock_guard guard(lock_);
  lists_[range_of(on_device, bytes).begin] = {begin, begin + bytes};
}

std::optional<std::vector<std::byte>> LoggedDevice::list(const void* begin, std::size_t bytes) const {
  const ByteRange wanted = range_of(begin, bytes);
  const std::lock_guard guard(lock_);
  auto at = lists_.upper_bound(wanted.begin);
  if (at == lists_.begin()) return std::nullopt;
  --at;
  const std::size_t offset = wanted.begin - at->first;
  if (offset > at->second.size() || at->second.size() - offset < bytes) return std::nullopt;
  const auto first = at->second.begin() + static_cast<std::ptrdiff_t>(offset);
  return std::vector<std::byte>(first, first + static_cast<std::ptrdiff_t>(bytes));
}

// Memory

void LoggedDevice::allocated(void* memory, std::size_t bytes, MemoryKind kind) {
  if (memory == nullptr) return;
  const ByteRange range = range_of(memory, bytes);
  std::uint64_t number = 0;
  {
    const std::lock_guard guard(lock_);
    allocations_[range.begin] = {bytes, kind};
    number = ++given_out_;
  }
  const char* const words = kind == MemoryKind::device   ? "device memory "
                            : kind == MemoryKind::pinned ? "pinned memory "
                                                         : "pageable memory ";
  log_.forget(range);  // of somebody before, who gave it back behind the log's back
  log_.name_memory(range, words + std::to_string(number));
}

std::optional<LoggedDevice::Allocation> LoggedDevice::allocation(const void* pointer) const {
  const std::lock_guard guard(lock_);
  const auto found = allocations_.find(range_of(pointer, 0).begin);
  if (found == allocations_.end()) return std::nullopt;
  return found->second;
}

MemoryKind LoggedDevice::kind_at(const void* pointer) const {
  const auto address = range_of(pointer, 0).begin;
  const std::lock_guard guard(lock_);
  auto at = allocations_.upper_bound(address);
  if (at == allocations_.begin()) return MemoryKind::pageable;
  --at;
  return address - at->first < at->second.bytes ? at->second.kind : MemoryKind::pageable;
}

Status LoggedDevice::allocate(std::size_t bytes, MemoryKind kind, void** out) {
  const Status status = device_.allocate(bytes, kind, out);
  if (status == Status::ok) allocated(*out, bytes, kind);
  return status;
}

// Waits for the whole device, unless it is libc's.
Status LoggedDevice::free(void* pointer) {
  const auto known = allocation(pointer);
  const Clock work = log_.work_of_device();
  if (known) {  // before another thread is given the same address
    const ByteRange range = range_of(pointer, known->bytes);
    const std::lock_guard guard(lock_);
    allocations_.erase(range.begin);
    lists_.erase(lists_.lower_bound(range.begin), lists_.lower_bound(range.end));
  }
  const Status status = device_.free(pointer);
  if (status != Status::ok || !known) return status;
  if (known->kind != MemoryKind::pageable) log_.synchronized(work);
  return status;
}

Status LoggedDevice::allocate_from_pool(std::size_t bytes, StreamId stream, void** out) {
  const Status status = device_.allocate_from_pool(bytes, stream, out);
  // The pool orders the new use behind the old one.
  if (status == Status::ok) allocated(*out, bytes, MemoryKind::device);
  return status;
}

// In stream order: other streams must have come to an end with it by then.
Status LoggedDevice::free_to_pool(void* pointer, StreamId stream) {
  const auto known = allocation(pointer);
  const Status status = device_.free_to_pool(pointer, stream);
  if (status == Status::ok && known) {
    const ByteRange range = range_of(pointer, known->bytes);
    log_.enqueued(stream, {}, std::span(&range, 1), "free to the pool");
  }
  return status;
}

Status LoggedDevice::copy_async(void* destination, const void* source, std::size_t bytes,
                                MemoryKind host_kind, StreamId stream) {
  const bool to_device = kind_at(destination) == MemoryKind::device;
  const Status status = device_.copy_async(destination, source, bytes, host_kind, stream);
  if (status != Status::ok || bytes == 0) return status;
  const ByteRange from = range_of(source, bytes), to = range_of(destination, bytes);
  if (host_kind == MemoryKind::pageable && to_device) {
    log_.at_once(from, Access::read, "copy");
    log_.enqueued(stream, {}, std::span(&to, 1), "copy");
    return status;
  }
  log_.enqueued(stream, std::span(&from, 1), std::span(&to, 1), "copy");
  if (host_kind == MemoryKind::pageable) log_.synchronized(log_.work_of(stream));
  return status;
}

Status LoggedDevice::copy(void* destination, const void* source, std::size_t bytes) {
  const MemoryKind to_kind = kind_at(destination), from_kind = kind_at(source);
  const Status status = device_.copy(destination, source, bytes);
  if (status != Status::ok || bytes == 0) return status;
  const ByteRange from = range_of(source, bytes), to = range_of(destination, bytes);
  if (to_kind == MemoryKind::device && from_kind == MemoryKind::pageable) {
    log_.at_once(from, Access::read, "copy");
    log_.enqueued(kLegacyStream, {}, std::span(&to, 1), "copy");
    return status;
  }
  log_.enqueued(kLegacyStream, std::span(&from, 1), std::span(&to, 1), "copy");
  const bool inside = to_kind == MemoryKind::device && from_kind == MemoryKind::device;
  if (!inside) log_.synchronized(log_.work_of(kLegacyStream));
  return status;
}

}  // namespace kvtool::races
