#include "core/snapshot/v8/thread_pointers.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "core/snapshot/glibc_layout.h"

namespace kvtool::snapshot::v8 {
namespace {

// The structure is at the end of a thread's stack, above everything that is in use of it.
constexpr std::uint64_t kStackLimit = std::uint64_t{64} << 20;
// The main thread's is in memory that the loader got before any library asked for some. It is near the end of
// a mapping, or the beginning of the heap.
constexpr std::uint64_t kEdgeBytes = 64 * 1024;
constexpr std::size_t kMappingLimit = 4096;
constexpr std::size_t kThreadLimit = 8192;
constexpr std::size_t kChunkWords = 8192;

}  // namespace

std::optional<std::uint64_t> ThreadPointers::find(pid_t tid, std::uint64_t sp) {
  const auto known = known_.find(tid);
  if (known != known_.end()) return known->second;
  const Mapping* stack = map_.find(sp);
  std::optional<std::uint64_t> found;
  if (tid == main_) return find(tid);
  if (stack != nullptr) found = search(sp, std::min(stack->end, sp + kStackLimit), tid);
  if (found) known_[tid] = *found;
  return found;
}

std::optional<std::uint64_t> ThreadPointers::find(pid_t tid) {
  const auto known = known_.find(tid);
  if (known != known_.end()) return known->second;
  if (tid == main_) {
    if (std::exchange(searched_main_, true)) return std::nullopt;
    const auto found = search_main();
    if (found) known_[tid] = *found;
    return found;
  }
  const auto from = std::ranges::find_if(known_, [&](const auto& entry) { return entry.first != main_; });
  if (from == known_.end() || std::exchange(followed_, true)) return std::nullopt;
  follow_list(from->second);
  const auto found = known_.find(tid);
  return found == known_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<pid_t> ThreadPointers::thread_at(std::uint64_t address) const {
  if (memory_.value<std::uint64_t>(address) != address ||
      memory_.value<std::uint64_t>(address + glibc::kThreadSelf) != address)
    return std::nullopt;
  const auto id = memory_.value<std::int32_t>(address + glibc::kThreadTid);
  return id ? live_(*id) : std::nullopt;
}

std::optional<std::uint64_t> ThreadPointers::search(std::uint64_t begin, std::uint64_t end, pid_t tid) const {
  if (!glibc::kKnowsThread) return std::nullopt;
  std::vector<std::uint64_t> words(kChunkWords);
  for (std::uint64_t at = begin & ~std::uint64_t{7}; at < end;) {
    const std::size_t wanted = std::min<std::size_t>(kChunkWords, (end - at) / sizeof(std::uint64_t));
    const auto bytes = std::as_writable_bytes(std::span(words).first(wanted));
    const std::size_t got = memory_.read(at, bytes) / sizeof(std::uint64_t);
    if (got == 0) break;
    for (std::size_t i = 0; i < got; ++i) {
      const std::uint64_t address = at + i * sizeof(std::uint64_t);
      if (words[i] == address && thread_at(address) == tid) return address;
    }
    at += got * sizeof(std::uint64_t);
  }
  return std::nullopt;
}

std::optional<std::uint64_t> ThreadPointers::search_main() const {
  // The loader's memory is next to the loader, which is the last file in the address space.
  const auto& all = map_.mappings();
  std::uint64_t loader = 0;
  for (const Mapping& mapping : all)
    if (mapping.path.starts_with('/')) loader = mapping.start;
  std::vector<const Mapping*> candidates;
  for (const Mapping& mapping : all)
    if (mapping.readable && !mapping.executable && (mapping.path.empty() || mapping.path == "[heap]"))
      candidates.push_back(&mapping);
  const auto distance = [&](const Mapping* mapping) {
    return mapping->start < loader ? loader - mapping->start : mapping->start - loader;
  };
  std::ranges::sort(candidates, {}, distance);
  if (candidates.size() > kMappingLimit) candidates.resize(kMappingLimit);
  for (const Mapping* mapping : candidates) {
    const std::uint64_t edge = std::min(kEdgeBytes, mapping->end - mapping->start);
    if (const auto found = search(mapping->end - edge, mapping->end, main_)) return found;
    if (const auto found = search(mapping->start, mapping->start + edge, main_)) return found;
  }
  return std::nullopt;
}

// All threads but the main one are in one list of the C library.
void ThreadPointers::follow_list(std::uint64_t from) {
  std::uint64_t at = from;
  for (std::size_t i = 0; i < kThreadLimit; ++i) {
    const auto next = memory_.value<std::uint64_t>(at + glibc::kThreadList);
    if (!next || *next < glibc::kThreadList || *next - glibc::kThreadList == from) return;
    at = *next - glibc::kThreadList;
    // The head of the list is no thread.
    if (const auto tid = thread_at(at)) known_.emplace(*tid, at);
  }
}

}  // namespace kvtool::snapshot::v8
