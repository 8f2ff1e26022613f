// CoreFile: a process that left a core file. Its memory, its threads, and the files that were mapped, which
// are looked for below a folder (the sysroot) when the core is of another machine or container.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/snapshot/address_map.h"
#include "core/snapshot/core_notes.h"
#include "core/snapshot/memory.h"
#include "core/snapshot/process_view.h"

namespace kvtool::snapshot {

// That is no core file that can be read. what() says what was found, what was expected and what to do.
class CoreError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct CoreOptions {
  std::string core;
  // The program, when it is not where it was when it ran.
  std::optional<std::string> executable = {};
  // Folder that the process's own paths are looked for in.
  std::optional<std::string> sysroot = {};
  // As in SnapshotOptions.
  bool lines = false;
};

class CoreFile final : public ProcessView, public Memory {
 public:
  // Throws CoreError.
  explicit CoreFile(const CoreOptions& options);

  pid_t pid() const override { return notes_.pid; }
  pid_t pid_in_namespace() const override { return notes_.pid; }
  UniqueFd open_mapped(const Mapping& mapping) const override;
  // Nothing moves in there.
  bool is_in(pid_t, const Syscall&) const override { return true; }
  // What the core lacks, as the kernel does not write code by default, is read from the mapped files.
  std::size_t read(std::uint64_t address, std::span<std::byte> out) const override;

  const CoreNotes& notes() const { return notes_; }
  const AddressMap& map() const { return map_; }
  // Seconds since 1970: when the file was written last.
  std::int64_t written_at() const { return written_at_; }
  // So many bytes of memory are missing at the end; 0 for a whole core.
  std::uint64_t missing_bytes() const { return missing_; }
  // Files that are not those that the process had mapped.
  const std::set<std::string>& other_builds() const { return other_builds_; }

 private:
  struct Segment {
    std::uint64_t start = 0;
    std::uint64_t end = 0;  // of the addresses
    std::uint64_t offset = 0;
    std::uint64_t bytes = 0;  // that the core holds of it
    bool readable = false;
    bool executable = false;
  };

  void read_headers();
  void make_map();
  std::size_t read_core(std::uint64_t address, std::span<std::byte> out) const;
  std::size_t read_mapped(std::uint64_t address, std::span<std::byte> out) const;
  // Does the file begin as what the process had mapped?
  bool same_build(const UniqueFd& file, const Mapping& mapping) const;

  CoreOptions options_;
  UniqueFd file_;
  UniqueFd sysroot_;
  std::vector<Segment> segments_;
  CoreNotes notes_;
  AddressMap map_;
  std::string executable_;  // its path as the process saw it
  std::int64_t written_at_ = 0;
  std::uint64_t missing_ = 0;
  mutable std::set<std::string> other_builds_;
  mutable std::string cached_path_;  // of the file that was read last
  mutable UniqueFd cached_;
};

}  // namespace kvtool::snapshot
