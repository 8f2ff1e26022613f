#include "core/snapshot/debug_files.h"

#include <elfutils/libdwelf.h>
#include <gelf.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <span>

#include "core/snapshot/open_file.h"

namespace kvtool::snapshot {
namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::string hexadecimal(std::span<const std::uint8_t> bytes) {
  std::string text;
  for (const std::uint8_t byte : bytes) {
    std::array<char, 3> digits;
    std::snprintf(digits.data(), digits.size(), "%02x", byte);
    text += digits.data();
  }
  return text;
}

std::string build_id_of(Elf* elf) {
  const void* bytes = nullptr;
  const ssize_t count = dwelf_elf_gnu_build_id(elf, &bytes);
  return count > 0 ? hexadecimal({static_cast<const std::uint8_t*>(bytes), static_cast<std::size_t>(count)})
                   : "";
}

// CRC-32 as of zlib, which .gnu_debuglink has of the whole debug file.
std::optional<std::uint32_t> checksum_of(const UniqueFd& file) {
  constexpr std::uint32_t kPolynomial = 0xEDB88320;
  constexpr int kBits = 8;
  std::array<std::uint32_t, 256> table;
  for (std::uint32_t byte = 0; byte < table.size(); ++byte) {
    std::uint32_t value = byte;
    for (int bit = 0; bit < kBits; ++bit) value = (value >> 1) ^ ((value & 1) != 0 ? kPolynomial : 0);
    table[byte] = value;
  }
  std::uint32_t sum = ~0u;
  std::array<std::uint8_t, 65536> buffer;
  for (off_t at = 0;;) {
    const ssize_t bytes = pread(file.get(), buffer.data(), buffer.size(), at);
    if (bytes < 0) return std::nullopt;
    if (bytes == 0) return ~sum;
    for (const std::uint8_t byte : std::span(buffer).first(static_cast<std::size_t>(bytes)))
      sum = table[(sum ^ byte) & 0xFF] ^ (sum >> kBits);
    at += bytes;
  }
}

std::string build_id_of(const UniqueFd& file) {
  const std::unique_ptr<Elf, int (*)(Elf*)> elf(elf_begin(file.get(), ELF_C_READ_MMAP, nullptr), elf_end);
  return elf == nullptr ? "" : build_id_of(elf.get());
}

}  // namespace

std::vector<std::string> debug_file_candidates(const std::string& build_id, const std::string& path,
                                               const std::string& link) {
  std::vector<std::string> found;
  if (build_id.size() > 2) {
    found.push_back("/usr/lib/debug/.build-id/" + build_id.substr(0, 2) + "/" + build_id.substr(2) +
                    ".debug");
    std::string cache = environment("DEBUGINFOD_CACHE_PATH");
    if (cache.empty() && !environment("XDG_CACHE_HOME").empty())
      cache = environment("XDG_CACHE_HOME") + "/debuginfod_client";
    if (cache.empty() && !environment("HOME").empty())
      cache = environment("HOME") + "/.cache/debuginfod_client";
    if (!cache.empty()) found.push_back(cache + "/" + build_id + "/debuginfo");
  }
  if (!link.empty() && link.find('/') == std::string::npos) {
    const std::string folder = path.substr(0, path.rfind('/') + 1);
    found.push_back(folder + link);
    found.push_back(folder + ".debug/" + link);
    found.push_back("/usr/lib/debug" + folder + link);
  }
  return found;
}

UniqueFd open_debug_file(Elf* elf, const std::string& path) {
  GElf_Word checksum = 0;
  const char* link = dwelf_elf_gnu_debuglink(elf, &checksum);
  const std::string build_id = build_id_of(elf);
  for (const std::string& candidate : debug_file_candidates(build_id, path, link == nullptr ? "" : link)) {
    UniqueFd file = open_regular(candidate);
    if (!file) continue;
    // What another build has in it would lie.
    const bool belongs = build_id.empty() ? checksum_of(file) == checksum : build_id_of(file) == build_id;
    if (belongs) return file;
  }
  return {};
}

}  // namespace kvtool::snapshot
