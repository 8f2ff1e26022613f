// tmp-buffer: requests go through one staging buffer on one stream, each by a kernel and a copy. Stream order
// keeps no other request's kernel from coming between the two.
#pragma once

#include <array>
#include <mutex>
#include <string>

#include "apc-overlap/rows.h"
#include "apc-overlap/streams.h"

namespace kvtool::tmp_buffer {

struct Setup {
  unsigned requests = 2, chunks = 1, buffers = 1;
  bool locked = false;
  bool retrieves = false;  // copy to the buffer, kernel to the pages; otherwise kernel, then copy to the host
};

template <class Rt>
class TmpBuffer {
 public:
  static constexpr bool kMayBeAbandoned = true;
  // One stream orders all that touches the rows, so there is no race to look for: what they hold is the
  // point.
  static constexpr bool kRacesAreAllowed = true;
  static constexpr unsigned kMost = 4;

  explicit TmpBuffer(const Setup& setup) : setup_(setup), device_(kv_streams::rules(), 1, kQueue) {}

  // The servers come first: their number does not depend on that of the requests.
  static unsigned actor_count(const Setup& setup) { return ModelDevice::servers(1) + setup.requests; }
  static std::string actor_name(unsigned actor) {
    constexpr unsigned kServers = ModelDevice::servers(1);
    return actor < kServers ? std::string(ModelDevice::server_name(actor))
                            : explore::numbered("request ", actor - kServers + 1);
  }

  void run(unsigned actor) {
    constexpr unsigned kServers = ModelDevice::servers(1);
    if (actor < kServers) return device_.serve(actor);
    const unsigned request = actor - kServers;
    for (unsigned chunk = 0; chunk < setup_.chunks; ++chunk) {
      Rt::local_state(chunk);
      if (setup_.locked) lock_.lock();  // never held while its thread waits for the runtime's lock
      enqueue(request);
      if (setup_.locked) lock_.unlock();
    }
  }

  void finish() {
    for (unsigned i = 0; i < setup_.requests; ++i)
      Rt::check(target_[i].is(label(i)), "E6: a request's copy ships its own rows");
  }

 private:
  static constexpr unsigned kQueue = 8;
  static kv_rows::Label label(unsigned request) { return static_cast<kv_rows::Label>('1' + request); }
  using Rows = kv_rows::Rows<Rt>;

  void enqueue(unsigned request) {
    const StreamId stream = ModelDevice::stream(1);
    Rows& buffer = buffer_[request % setup_.buffers];
    const auto fill = [&buffer, request] { buffer.fill(label(request)); };
    const auto ship = [this, &buffer, request] { target_[request].copy_from(buffer); };
    if (setup_.retrieves) {
      device_.copy_async(stream, MemoryKind::pinned, fill);
      device_.launch_kernel(stream, ModelDevice::loaded_module(), ship);
    } else {
      device_.launch_kernel(stream, ModelDevice::loaded_module(), fill);
      device_.copy_async(stream, MemoryKind::pinned, ship);
    }
  }

  static Rows blank(std::string_view first, std::string_view second) { return Rows('-', first, second); }

  const Setup setup_;
  typename Rt::mutex lock_{"transfer lock"};
  std::array<Rows, kMost> buffer_{blank("buffer 1, first half", "buffer 1, second half"),
                                  blank("buffer 2, first half", "buffer 2, second half"),
                                  blank("buffer 3, first half", "buffer 3, second half"),
                                  blank("buffer 4, first half", "buffer 4, second half")};
  std::array<Rows, kMost> target_{blank("target 1, first half", "target 1, second half"),
                                  blank("target 2, first half", "target 2, second half"),
                                  blank("target 3, first half", "target 3, second half"),
                                  blank("target 4, first half", "target 4, second half")};
  ModelDevice device_;
};

}  // namespace kvtool::tmp_buffer
