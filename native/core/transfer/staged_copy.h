// StagedCopy: pages to pinned host memory, or back, through a ring of device buffers. A kernel gathers a
// piece into one buffer while the copy engine takes the piece before out of another, so the link to the host
// is busy all the time and the kernel holds the GPU only for as long as device memory takes.
//
// The first piece is small, as the copy engine waits for it; later ones grow, as each costs the engine a
// pause.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/device/device.h"
#include "core/transfer/plan.h"

namespace kvtool::transfer {

// Not safe from several threads: the ring is one, and a run is many calls that belong together.
class StagedCopy {
 public:
  struct Options {
    std::size_t first_piece = std::size_t{2} << 20;  // bytes
    std::size_t most = std::size_t{32} << 20;        // of a piece: what each buffer of the ring has, bytes
    unsigned growth = 8;                             // a piece is at most so many times the one before
    unsigned buffers = 2;
  };

  // Allocates the ring, a stream and events. `device` must outlive it.
  static Status create(Device& device, const Options& options, std::unique_ptr<StagedCopy>* out);
  StagedCopy(const StagedCopy&) = delete;
  StagedCopy& operator=(const StagedCopy&) = delete;
  // REQUIRES: the streams that run() was given are idle.
  ~StagedCopy();

  // Enqueues the transfer: it begins after the earlier work of `stream`, and the stream's later work comes
  // after it. `plan` is a whole one of make_plan() whose buffer is pinned host memory; `slots` is its mapping
  // as the host reads it. Rows that do not move keep their bytes on the host, for which rows in between are
  // copied run by run.
  Status run(const Plan& plan, std::span<const std::int64_t> slots, StreamId stream);

 private:
  struct Stage {
    unsigned char* memory = nullptr;
    EventId filled{}, emptied{};
  };
  // Tokens [begin, end) that move and whose rows are neighbours in the buffer.
  struct Run {
    std::int64_t begin, end;
  };
  struct Piece {
    std::uint32_t kv, layer, layers;
    std::int64_t token, tokens;  // of each layer
  };

  StagedCopy(Device& device, const Options& options) : device_(device), options_(options) {}
  Status prepare();
  Status move(const Plan& plan, const Piece& piece, const std::vector<Run>& runs, StreamId stream);
  Status copy_rows(const Plan& plan, const Piece& piece, const std::vector<Run>& runs, const Stage& stage,
                   StreamId stream);

  Device& device_;
  const Options options_;
  StreamId
      inner_{};  // of the kernels to the buffer, of the copies to the pages: what runs ahead of the caller's
  EventId begun_{};
  std::vector<Stage> stages_;
  std::size_t next_ = 0;  // the stage to use
};

}  // namespace kvtool::transfer
