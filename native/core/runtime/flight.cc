#include "core/runtime/flight.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <span>
#include <stdexcept>
#include <system_error>

namespace kvtool {
namespace {

thread_local LockLine* current_line = nullptr;

void put(std::span<char> field, std::string_view text) {
  const std::size_t length = std::min(text.size(), field.size() - 1);
  std::memcpy(field.data(), text.data(), length);
  field[length] = '\0';
}

// Makes a change to a line visible as a whole: odd sequence, stores, even sequence. Acquire on the exchange
// keeps the stores behind the odd value, release keeps them before the even one. There is one writer, so only
// the first needs a read-modify-write (a store cannot hold later stores back, and ThreadSanitizer does not
// know fences).
class LineEdit {
 public:
  explicit LineEdit(FlightLine* line) : sequence_(line->sequence) {
    sequence_.exchange(sequence_.load(std::memory_order_relaxed) + 1, std::memory_order_acquire);
  }
  ~LineEdit() { sequence_.store(sequence_.load(std::memory_order_relaxed) + 1, std::memory_order_release); }
  LineEdit(const LineEdit&) = delete;
  LineEdit& operator=(const LineEdit&) = delete;

 private:
  std::atomic_ref<std::uint32_t> sequence_;
};

void add_hold(FlightLine* line, std::string_view resource) {
  if (line->held_count < kLineHolds) put(line->holds[line->held_count++], resource);
}

}  // namespace

std::uint64_t monotonic_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000u + static_cast<std::uint64_t>(now.tv_nsec);
}

void Counter::raise_to(std::uint64_t value) {
  std::atomic_ref<std::uint64_t> slot(slot_->value);
  std::uint64_t seen = slot.load(std::memory_order_relaxed);
  while (seen < value && !slot.compare_exchange_weak(seen, value, std::memory_order_relaxed)) {
  }
}

LockLine* LockLine::current() { return current_line; }

void LockLine::want(std::string_view resource, std::string_view where) {
  const LineEdit edit(line_);
  put(line_->wants, resource);
  put(line_->where, where);
  line_->since_ns = monotonic_ns();
}

void LockLine::speak_by_model() {
  if (line_->by_model != 0) return;
  const LineEdit edit(line_);
  line_->by_model = 1;
}

void LockLine::got() {
  const LineEdit edit(line_);
  add_hold(line_, line_->wants);
  line_->wants[0] = '\0';
  line_->where[0] = '\0';
}

void LockLine::end_wait() {
  const LineEdit edit(line_);
  line_->wants[0] = '\0';
  line_->where[0] = '\0';
}

void LockLine::hold(std::string_view resource) {
  const LineEdit edit(line_);
  add_hold(line_, resource);
}

void LockLine::drop(std::string_view resource) {
  const LineEdit edit(line_);
  const std::string_view wanted = resource.substr(0, sizeof(line_->holds[0]) - 1);
  for (std::uint32_t i = line_->held_count; i-- > 0;) {
    if (wanted != line_->holds[i]) continue;
    for (std::uint32_t j = i + 1; j < line_->held_count; ++j)
      std::memcpy(line_->holds[j - 1], line_->holds[j], sizeof(line_->holds[0]));
    line_->held_count--;
    return;
  }
}

Flight::Flight(void* base, std::size_t bytes) : base_(base), bytes_(bytes) {
  auto* bytes_at = static_cast<char*>(base);
  header_ = reinterpret_cast<FlightHeader*>(bytes_at);
  counters_ = reinterpret_cast<FlightCounter*>(bytes_at + sizeof(FlightHeader));
  lines_ = reinterpret_cast<FlightLine*>(bytes_at + sizeof(FlightHeader) +
                                         kFlightCounters * sizeof(FlightCounter));
  std::memset(base, 0, bytes);
  header_->version = kFlightVersion;
  header_->header_bytes = sizeof(FlightHeader);
  header_->counter_capacity = kFlightCounters;
  header_->counter_bytes = sizeof(FlightCounter);
  header_->line_capacity = kFlightLines;
  header_->line_bytes = sizeof(FlightLine);
  header_->file_bytes = bytes;
  header_->pid = getpid();
  header_->last_progress_ns = monotonic_ns();
  // The magic says that the rest is there: both sides of this exchange stay where they are.
  std::atomic_ref<std::uint32_t>(header_->state)
      .exchange(static_cast<std::uint32_t>(FlightState::starting), std::memory_order_acq_rel);
  std::memcpy(header_->magic, kFlightMagic, sizeof kFlightMagic);
}

Flight::~Flight() { munmap(base_, bytes_); }

std::unique_ptr<Flight> Flight::map(const std::string& path) {
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) throw std::system_error(errno, std::generic_category(), "cannot open the flight file " + path);
  // fallocate, not ftruncate: a full disk must be an error here and not a SIGBUS at the first store.
  int error = posix_fallocate(fd, 0, kFlightBytes);
  void* base = MAP_FAILED;
  if (error == 0) {
    base = mmap(nullptr, kFlightBytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
    if (base == MAP_FAILED) error = errno;
  }
  close(fd);
  if (error != 0)
    throw std::system_error(error, std::generic_category(), "cannot map the flight file " + path);
  return std::unique_ptr<Flight>(new Flight(base, kFlightBytes));
}

std::unique_ptr<Flight> Flight::in_memory() {
  void* base = mmap(nullptr, kFlightBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (base == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "cannot map memory");
  return std::unique_ptr<Flight>(new Flight(base, kFlightBytes));
}

Counter Flight::counter(std::string_view name, CounterKind kind) {
  const std::lock_guard guard(slots_);
  const std::string_view wanted = name.substr(0, sizeof(FlightCounter::name) - 1);
  for (std::size_t i = 0; i < kFlightCounters; ++i) {
    FlightCounter& slot = counters_[i];
    if (slot.name[0] != '\0' && wanted != slot.name) continue;
    if (slot.name[0] == '\0') {
      slot.kind = static_cast<std::uint32_t>(kind);
      put(slot.name, wanted);
    }
    return Counter(header_, &slot);
  }
  throw std::length_error("all " + std::to_string(kFlightCounters) + " flight counters are taken");
}

void Flight::set_state(FlightState state) {
  const std::uint64_t now = monotonic_ns();
  if (state == FlightState::running) {
    header_->started_ns = now;
    std::atomic_ref<std::uint64_t>(header_->last_progress_ns).store(now, std::memory_order_relaxed);
  } else if (state == FlightState::finished || state == FlightState::failed) {
    header_->finished_ns = now;
  }
  std::atomic_ref<std::uint32_t>(header_->state)
      .store(static_cast<std::uint32_t>(state), std::memory_order_release);
}

void Flight::fail(std::string_view message) {
  put(header_->message, message);
  set_state(FlightState::failed);
}

void Flight::window_opened() {
  std::atomic_ref<std::uint64_t> opens(header_->window_opens);
  if (opens.fetch_add(1, std::memory_order_relaxed) == 0)
    std::atomic_ref<std::uint64_t>(header_->window_first_ns).store(monotonic_ns(), std::memory_order_relaxed);
}

FlightLine* Flight::claim_line(std::string_view name) {
  const std::lock_guard guard(slots_);
  for (std::size_t i = 0; i < kFlightLines; ++i) {
    FlightLine& line = lines_[i];
    if (line.tid != 0) continue;
    const LineEdit edit(&line);
    put(line.name, name);
    line.wants[0] = '\0';
    line.where[0] = '\0';
    line.held_count = 0;
    line.by_model = 0;
    line.tid = static_cast<std::int32_t>(syscall(SYS_gettid));
    return &line;
  }
  return nullptr;
}

void Flight::release_line(FlightLine* line) {
  if (line == nullptr) return;
  const std::lock_guard guard(slots_);
  const LineEdit edit(line);
  line->tid = 0;
}

Flight::Line::Line(Flight& flight, std::string_view name)
    : flight_(flight), slot_(flight.claim_line(name)), line_(slot_) {}

Flight::Line::~Line() { flight_.release_line(slot_); }

Flight::Thread::Thread(Flight& flight, std::string_view name) : line_(flight, name), previous_(current_line) {
  current_line = line_.get();
}

Flight::Thread::~Thread() { current_line = previous_; }

}  // namespace kvtool
