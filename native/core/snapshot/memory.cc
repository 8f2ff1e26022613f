#include "core/snapshot/memory.h"

#include <fcntl.h>
#include <sys/uio.h>

#include <cerrno>
#include <string>

namespace kvtool::snapshot {

std::size_t ProcessMemory::read(std::uint64_t address, std::span<std::byte> out) const {
  if (denied_) return read_file(address, out);
  const iovec local{out.data(), out.size()};
  const iovec remote{reinterpret_cast<void*>(address), out.size()};
  const ssize_t bytes = process_vm_readv(tid_, &local, 1, &remote, 1, 0);
  if (bytes >= 0) return static_cast<std::size_t>(bytes);
  if (errno != EPERM && errno != ENOSYS) return 0;
  denied_ = true;
  const std::string path = "/proc/" + std::to_string(tid_) + "/mem";
  file_ = UniqueFd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  return read_file(address, out);
}

std::size_t ProcessMemory::read_file(std::uint64_t address, std::span<std::byte> out) const {
  // One pread stops at the first unreadable page, as process_vm_readv does.
  const ssize_t bytes = pread(file_.get(), out.data(), out.size(), static_cast<off_t>(address));
  return bytes > 0 ? static_cast<std::size_t>(bytes) : 0;
}

}  // namespace kvtool::snapshot
