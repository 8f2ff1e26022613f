#include "core/transfer/staged_copy.h"

#include <algorithm>

namespace kvtool::transfer {
namespace {

std::size_t row_bytes(const Plan& plan) { return std::size_t{plan.pieces} * plan.piece_bytes; }

}  // namespace

Status StagedCopy::create(Device& device, const Options& options, std::unique_ptr<StagedCopy>* out) {
  if (options.buffers < 2 || options.growth < 1 || options.first_piece == 0 ||
      options.most < options.first_piece)
    return Status::invalid_value;
  std::unique_ptr<StagedCopy> made(new StagedCopy(device, options));
  const Status status = made->prepare();
  if (status == Status::ok) *out = std::move(made);
  return status;
}

Status StagedCopy::prepare() {
  Status status = device_.create_stream(&inner_);
  if (status == Status::ok) status = device_.create_event(&begun_);
  for (unsigned i = 0; status == Status::ok && i < options_.buffers; ++i) {
    Stage& stage = stages_.emplace_back();
    void* memory = nullptr;
    status = device_.allocate(options_.most, MemoryKind::device, &memory);
    stage.memory = static_cast<unsigned char*>(memory);
    if (status == Status::ok) status = device_.create_event(&stage.filled);
    if (status == Status::ok) status = device_.create_event(&stage.emptied);
  }
  return status;
}

StagedCopy::~StagedCopy() {
  // What was not made has the number 0, which no device gives out.
  for (const Stage& stage : stages_) {
    if (stage.filled != EventId{}) (void)device_.destroy_event(stage.filled);
    if (stage.emptied != EventId{}) (void)device_.destroy_event(stage.emptied);
    (void)device_.free(stage.memory);
  }
  if (begun_ != EventId{}) (void)device_.destroy_event(begun_);
  if (inner_ != StreamId{}) (void)device_.destroy_stream(inner_);
}

Status StagedCopy::run(const Plan& plan, std::span<const std::int64_t> slots, StreamId stream) {
  const std::size_t row = row_bytes(plan);
  if (row > options_.most) return Status::invalid_value;
  const std::int64_t end = plan.first_token + plan.tokens;
  // Rows that the kernel leaves alone hold nothing in the ring: they must not reach the host.
  std::vector<Run> runs;
  for (std::int64_t token = plan.first_token; token < end; ++token) {
    if (plan.direction == Direction::to_buffer && slots[static_cast<std::size_t>(token)] < 0) continue;
    if (!runs.empty() && runs.back().end == token)
      ++runs.back().end;
    else
      runs.push_back({token, token + 1});
  }

  Status status = device_.record_event(begun_, stream);
  if (status == Status::ok) status = device_.wait_event(inner_, begun_);
  std::size_t size = options_.first_piece;
  const std::size_t matrix = row * plan.tokens;  // of a layer, K or V
  for (std::uint32_t kv = 0; kv < plan.kvs; ++kv)
    for (std::uint32_t layer = 0; layer < plan.layers;) {
      const auto layers = std::clamp<std::size_t>(size / matrix, 1, plan.layers - layer);
      // A layer that is longer than a buffer goes by tokens.
      const auto most =
          std::max<std::int64_t>(1, static_cast<std::int64_t>(std::min(size, options_.most) / row));
      for (std::int64_t token = plan.first_token; status == Status::ok && token < end;) {
        const std::int64_t tokens = layers > 1 ? end - token : std::min(most, end - token);
        status = move(plan, {kv, layer, static_cast<std::uint32_t>(layers), token, tokens}, runs, stream);
        token += tokens;
      }
      layer += static_cast<std::uint32_t>(layers);
      size = std::min(options_.most, size * options_.growth);
    }
  return status;
}

Status StagedCopy::move(const Plan& plan, const Piece& piece, const std::vector<Run>& runs, StreamId stream) {
  const Stage& stage = stages_[next_++ % stages_.size()];
  Plan part = plan;
  part.first_kv = plan.first_kv + piece.kv;
  part.kvs = 1;
  part.first_layer = plan.first_layer + piece.layer;
  part.layers = piece.layers;
  part.first_token = piece.token;
  part.tokens = static_cast<std::uint32_t>(piece.tokens);
  const auto row = static_cast<std::int64_t>(row_bytes(plan));
  part.buffer_strides = {.kv = 0, .layer = piece.tokens * row, .token = row};
  part.buffer =
      stage.memory - piece.token * row;  // rows are counted from token 0, the ring's from the piece's

  const bool to_buffer = plan.direction == Direction::to_buffer;
  // An event that was never recorded holds up nobody: the first round fills at once.
  Status status = device_.wait_event(inner_, stage.emptied);
  if (status == Status::ok)
    status = to_buffer ? device_.launch_transfer(inner_, part) : copy_rows(plan, piece, runs, stage, inner_);
  if (status == Status::ok) status = device_.record_event(stage.filled, inner_);
  if (status == Status::ok) status = device_.wait_event(stream, stage.filled);
  if (status == Status::ok)
    status = to_buffer ? copy_rows(plan, piece, runs, stage, stream) : device_.launch_transfer(stream, part);
  if (status == Status::ok) status = device_.record_event(stage.emptied, stream);
  return status;
}

Status StagedCopy::copy_rows(const Plan& plan, const Piece& piece, const std::vector<Run>& runs,
                             const Stage& stage, StreamId stream) {
  const auto row = static_cast<std::int64_t>(row_bytes(plan));
  const auto copy = [&](std::uint32_t layer, std::int64_t begin, std::int64_t end, std::uint32_t layers) {
    unsigned char* const host =
        plan.buffer + buffer_offset(plan.buffer_strides, piece.kv, piece.layer + layer, begin);
    unsigned char* const staged = stage.memory + (layer * piece.tokens + begin - piece.token) * row;
    const auto bytes = static_cast<std::size_t>((end - begin) * row * layers);
    return plan.direction == Direction::to_buffer
               ? device_.copy_async(host, staged, bytes, MemoryKind::pinned, stream)
               : device_.copy_async(staged, host, bytes, MemoryKind::pinned, stream);
  };
  // All rows of these layers move, and nothing lies between them on the host: one copy.
  if (runs.size() == 1 && runs[0].begin == piece.token && runs[0].end == piece.token + piece.tokens &&
      piece.tokens * row == plan.buffer_strides.layer)
    return copy(0, piece.token, piece.token + piece.tokens, piece.layers);
  Status status = Status::ok;
  for (std::uint32_t layer = 0; layer < piece.layers; ++layer)
    for (const Run& run : runs) {
      const std::int64_t begin = std::max(run.begin, piece.token),
                         end = std::min(run.end, piece.token + piece.tokens);
      if (begin < end && status == Status::ok) status = copy(layer, begin, end, 1);
    }
  return status;
}

}  // namespace kvtool::transfer
