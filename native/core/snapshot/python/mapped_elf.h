// MappedElf: where the named things of an ELF file are in the memory of a process that has mapped it.
#pragma once

#include <gelf.h>
#include <libelf.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "core/snapshot/proc_files.h"
#include "core/snapshot/unique_fd.h"

namespace kvtool::snapshot::python {

class MappedElf {
 public:
  // `first` is the file's first mapping. A file that is no ELF file or is damaged has nothing in it.
  MappedElf(UniqueFd file, const Mapping& first);

  // Of an exported variable: `strip` leaves those.
  std::optional<std::uint64_t> symbol(std::string_view name) const;
  std::optional<std::uint64_t> section(std::string_view name) const;

 private:
  std::optional<std::uint64_t> find(Elf_Scn* section, const GElf_Shdr& header, std::string_view name) const;
  // Adds what the loader added to the addresses in the file.
  std::uint64_t moved(std::uint64_t address) const { return address + bias_; }

  UniqueFd file_;
  std::unique_ptr<Elf, int (*)(Elf*)> elf_;
  std::uint64_t bias_ = 0;
};

}  // namespace kvtool::snapshot::python
