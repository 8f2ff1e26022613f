#include "core/snapshot/syscall_table.h"

#include <sys/syscall.h>

#include <array>

namespace kvtool::snapshot {
namespace {

struct Entry {
  long number;
  std::string_view name;
  WaitKind wait;
};

#define KVTOOL_CALL(name, wait) \
  Entry { SYS_##name, #name, WaitKind::wait }

// Numbers come from the headers of the machine that builds this, so the table is right on every architecture;
// the calls that only old architectures have stand behind #ifdef.
constexpr std::array kTable{
    KVTOOL_CALL(futex, futex),
#ifdef SYS_futex_waitv
    KVTOOL_CALL(futex_waitv, futex),
#endif
    KVTOOL_CALL(nanosleep, sleep),
    KVTOOL_CALL(clock_nanosleep, sleep),
#ifdef SYS_poll
    KVTOOL_CALL(poll, poll),
    KVTOOL_CALL(select, poll),
    KVTOOL_CALL(epoll_wait, poll),
    KVTOOL_CALL(pause, other),
#endif
    KVTOOL_CALL(ppoll, poll),
    KVTOOL_CALL(pselect6, poll),
    KVTOOL_CALL(epoll_pwait, poll),
#ifdef SYS_epoll_pwait2
    KVTOOL_CALL(epoll_pwait2, poll),
#endif
    KVTOOL_CALL(io_getevents, poll),
    KVTOOL_CALL(io_uring_enter, poll),
    KVTOOL_CALL(read, read),
    KVTOOL_CALL(readv, read),
    KVTOOL_CALL(pread64, read),
    KVTOOL_CALL(preadv, read),
    KVTOOL_CALL(recvfrom, read),
    KVTOOL_CALL(recvmsg, read),
    KVTOOL_CALL(recvmmsg, read),
    KVTOOL_CALL(accept, read),
    KVTOOL_CALL(accept4, read),
    KVTOOL_CALL(wait4, child),
    KVTOOL_CALL(waitid, child),
    KVTOOL_CALL(semop, semaphore),
    KVTOOL_CALL(semtimedop, semaphore),
    KVTOOL_CALL(write, other),
    KVTOOL_CALL(writev, other),
    KVTOOL_CALL(pwrite64, other),
    KVTOOL_CALL(sendto, other),
    KVTOOL_CALL(sendmsg, other),
    KVTOOL_CALL(sendmmsg, other),
    KVTOOL_CALL(connect, other),
    KVTOOL_CALL(ioctl, other),
    KVTOOL_CALL(flock, other),
    KVTOOL_CALL(fcntl, other),
    KVTOOL_CALL(fsync, other),
    KVTOOL_CALL(fdatasync, other),
    KVTOOL_CALL(openat, other),
    KVTOOL_CALL(close, other),
    KVTOOL_CALL(mmap, other),
    KVTOOL_CALL(munmap, other),
    KVTOOL_CALL(mprotect, other),
    KVTOOL_CALL(madvise, other),
    KVTOOL_CALL(execve, other),
    KVTOOL_CALL(clone, other),
    KVTOOL_CALL(clone3, other),
#ifdef SYS_vfork
    KVTOOL_CALL(vfork, other),
#endif
    KVTOOL_CALL(rt_sigtimedwait, other),
    KVTOOL_CALL(rt_sigsuspend, other),
    KVTOOL_CALL(restart_syscall, other),
    KVTOOL_CALL(msgrcv, other),
    KVTOOL_CALL(msgsnd, other),
    KVTOOL_CALL(mq_timedreceive, other),
    KVTOOL_CALL(mq_timedsend, other),
    KVTOOL_CALL(sched_yield, other),
    KVTOOL_CALL(exit, other),
    KVTOOL_CALL(exit_group, other),
};

#undef KVTOOL_CALL

const Entry* find(long number) {
  for (const Entry& entry : kTable)
    if (entry.number == number) return &entry;
  return nullptr;
}

}  // namespace

std::string_view syscall_name(long number) {
  const Entry* entry = find(number);
  return entry == nullptr ? std::string_view{} : entry->name;
}

std::optional<WaitKind> syscall_wait(long number) {
  const Entry* entry = find(number);
  if (entry == nullptr) return WaitKind::other;
  if (entry->number == SYS_futex) return std::nullopt;
  return entry->wait;
}

}  // namespace kvtool::snapshot
