// Debug files: what a distribution strips from a program and ships apart, the full symbol table and DWARF. It
// is below /usr/lib/debug by build ID, where .gnu_debuglink says, or in the cache of debuginfod. Nothing is
// fetched.
#pragma once

#include <libelf.h>

#include <string>
#include <vector>

#include "core/snapshot/unique_fd.h"

namespace kvtool::snapshot {

// Where the debug file of a file with that build ID may be, likeliest first; `path` is the file's own and
// `link` the name in its .gnu_debuglink, or empty.
std::vector<std::string> debug_file_candidates(const std::string& build_id, const std::string& path,
                                               const std::string& link);

// The debug file that belongs to `elf`, which the process maps as `path`: of the same build by its build ID,
// or by the checksum of .gnu_debuglink where it has no build ID. Closed when there is none.
UniqueFd open_debug_file(Elf* elf, const std::string& path);

}  // namespace kvtool::snapshot
