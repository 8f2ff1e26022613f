// ShmRing: messages from one writer to every one of R readers through memory that several processes map.
//
//   void* memory = mmap(nullptr, ShmRing<RealRuntime>::bytes(shape), ..., MAP_SHARED, fd, 0);
//   auto ring = ShmRing<RealRuntime>::create(memory, shape);            // once, before anybody attaches
//   ShmRing<RealRuntime>::Writer writer(ring);                          // one thread of one process
//   writer.await(); writer.write(message);
//
//   auto ring = ShmRing<RealRuntime>::attach(memory, size);             // in a reader's process
//   ShmRing<RealRuntime>::Reader reader(ring, r);                       // one thread for each r
//   reader.await(); reader.read(message);
//
// The protocol is that of vLLM's shm_broadcast.py: N slots, each with a `written` byte and one `read` byte
// for each reader. The writer may fill a slot that is empty or that everybody has read; a reader may read a
// slot that is written and that it has not read yet. Nothing but plain loads and stores: on x86-64 not one
// locked instruction. Which fences it needs is a question of the processor; see fences.h and docs/ring.md.
//
// The memory holds only lock-free atomics and three numbers, no pointer: it may be mapped anywhere. Payload
// words are relaxed atomics, so that a reader that reads too early reads old or mixed words, which a test can
// see, and not undefined behaviour.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>

#include "core/ring/cell_names.h"
#include "core/ring/fences.h"

namespace kvtool {

struct RingShape {
  std::uint32_t slots = 1, readers = 1;
  std::uint32_t words = 2;  // of 8 bytes, in a message
  bool operator==(const RingShape&) const = default;
};

// How a reader looks at a payload before it says that it has.
enum class PayloadUse : std::uint8_t {
  parsed,  // decides by every word: no processor stores the ack before it knows them
  copied,  // moves the words elsewhere: a processor may store the ack before a load is done
};

template <class Rt, class Fences = MinimalFences>
class ShmRing {
  using Flag = typename Rt::template atomic<std::uint8_t>;
  using Word = typename Rt::template atomic<std::uint64_t>;
  static_assert(Rt::kIsModel || (std::atomic<std::uint8_t>::is_always_lock_free &&
                                 std::atomic<std::uint64_t>::is_always_lock_free));

 public:
  static constexpr RingShape kLargest{.slots = 1U << 16U, .readers = 1U << 10U, .words = 1U << 24U};

  // The size of a ring's memory. The memory must be aligned to kAlignment, as every mapping is.
  static constexpr std::size_t kAlignment = 64;
  static constexpr std::size_t bytes(const RingShape& shape) {
    return kAlignment + shape.slots * slot_bytes(shape);
  }

  // Makes an empty ring in `memory`. Nobody may attach before it returns. Throws std::invalid_argument when
  // the shape has nothing in it or is larger than kLargest.
  static ShmRing create(void* memory, const RingShape& shape, Fences fences = {}) {
    if (shape.slots == 0 || shape.readers == 0 || shape.words == 0 || shape.slots > kLargest.slots ||
        shape.readers > kLargest.readers || shape.words > kLargest.words)
      throw std::invalid_argument("a ring of " + text(shape) + ": each must be at least 1, and at most " +
                                  text(kLargest));
    new (memory) Header{kMagic, kVersion, shape};
    ShmRing ring(static_cast<std::byte*>(memory), shape, fences);
    for (unsigned slot = 0; slot < shape.slots; ++slot) {
      new (ring.flags(slot)) Flag(0, ring::written_name(slot));
      for (unsigned reader = 0; reader < shape.readers; ++reader)
        new (ring.flags(slot) + 1 + reader) Flag(0, ring::read_name(slot, reader));
      for (unsigned word = 0; word < shape.words; ++word)
        new (ring.words(slot) + word) Word(0, ring::payload_name(slot, word));
    }
    return ring;
  }

  // The ring that somebody made in `memory`, of which `size` bytes are mapped. Throws std::runtime_error when
  // there is none, one of another version, or one that is larger than the mapping.
  static ShmRing attach(void* memory, std::size_t size, Fences fences = {}) {
    if (size < sizeof(Header))
      throw std::runtime_error("a mapping of " + std::to_string(size) + " bytes is too small for a ring");
    const Header header = *static_cast<const Header*>(memory);
    if (header.magic != kMagic) throw std::runtime_error("there is no ring in this memory");
    if (header.version != kVersion)
      throw std::runtime_error("the ring in this memory is of version " + std::to_string(header.version) +
                               ", expected " + std::to_string(kVersion));
    if (bytes(header.shape) > size)
      throw std::runtime_error("a ring of " + text(header.shape) + " takes " +
                               std::to_string(bytes(header.shape)) + " bytes; only " + std::to_string(size) +
                               " are mapped");
    return ShmRing(static_cast<std::byte*>(memory), header.shape, fences);
  }

  const RingShape& shape() const { return shape_; }
  // Whether `slot` holds a message, and whether `reader` has read it, as memory shows it now.
  bool is_written(unsigned slot) const { return written(slot).load(std::memory_order_relaxed) != 0; }
  bool is_read(unsigned slot, unsigned reader) const {
    return read(slot, reader).load(std::memory_order_relaxed) != 0;
  }

  // The writing end. One thread at a time.
  class Writer {
   public:
    explicit Writer(const ShmRing& ring, unsigned slot = 0) : ring_(ring), slot_(slot) {}

    // Whether the current slot may be filled.
    bool may_write() {
      ring_.fence(FenceSite::before_write_check);
      for (unsigned reader = 0; reader < ring_.shape_.readers; ++reader)
        if (!ring_.is_read(slot_, reader)) {
          awaited_ = reader;
          return !ring_.is_written(slot_);
        }
      return true;
    }
    // Who had not read the current slot when may_write() was false.
    unsigned awaited_reader() const { return awaited_; }
    unsigned slot() const { return slot_; }

    // Until may_write(). Spins: a reader that never acknowledges keeps the writer here for ever.
    void await() {
      for (typename Rt::spin spin; !may_write();) spin.wait();
    }
    // The same, but gives up when `stop()` says so; false then. `stop` only reads.
    template <class Stop>
    bool await(Stop stop) {
      for (typename Rt::spin spin; !may_write();) {
        if (stop()) return false;
        spin.wait();
      }
      return true;
    }

    // REQUIRES: may_write() was true; message has shape().words words.
    void write(std::span<const std::uint64_t> message) {
      ring_.written(slot_).store(0, std::memory_order_relaxed);
      ring_.fence(FenceSite::after_unpublish);
      Word* const words = ring_.words(slot_);
      for (unsigned i = 0; i < ring_.shape_.words; ++i) words[i].store(message[i], std::memory_order_relaxed);
      Rt::perturb("ring:before-clear");
      ring_.fence(FenceSite::before_clear);
      for (unsigned reader = 0; reader < ring_.shape_.readers; ++reader)
        ring_.read(slot_, reader).store(0, std::memory_order_relaxed);
      ring_.fence(FenceSite::before_publish);
      ring_.written(slot_).store(1, std::memory_order_relaxed);
      ring_.fence(FenceSite::after_publish);
      slot_ = (slot_ + 1) % ring_.shape_.slots;
    }

   private:
    ShmRing ring_;
    unsigned slot_;
    unsigned awaited_ = 0;
  };

  // The reading end number `reader`. One thread at a time.
  class Reader {
   public:
    Reader(const ShmRing& ring, unsigned reader, unsigned slot = 0)
        : ring_(ring), reader_(reader), slot_(slot) {}

    // Whether there is a message that this reader has not read.
    bool may_read() const {
      ring_.fence(FenceSite::before_read_check);
      if (ring_.is_read(slot_, reader_)) return false;
      return ring_.is_written(slot_);
    }
    unsigned slot() const { return slot_; }

    void await() {
      for (typename Rt::spin spin; !may_read();) spin.wait();
    }
    template <class Stop>
    bool await(Stop stop) {
      for (typename Rt::spin spin; !may_read();) {
        if (stop()) return false;
        spin.wait();
      }
      return true;
    }

    // Copies the message and gives the slot back. REQUIRES: may_read() was true; message has shape().words
    // words.
    template <PayloadUse use = PayloadUse::copied>
    void read(std::span<std::uint64_t> message) {
      ring_.fence(FenceSite::before_payload);
      const Word* const words = ring_.words(slot_);
      if constexpr (use == PayloadUse::copied) {
        for (unsigned i = 0; i < ring_.shape_.words; ++i) message[i] = words[i].load_late();
        acknowledge();
        for (unsigned i = 0; i < ring_.shape_.words; ++i)
          message[i] = words[i].late_value(static_cast<Token>(message[i]));
      } else {
        for (unsigned i = 0; i < ring_.shape_.words; ++i)
          message[i] = words[i].load(std::memory_order_relaxed);
        acknowledge();
      }
    }

    // Looks at the message where it lies: visit(word_of), where word_of(i) is a word of the payload. The slot
    // is given back also when `visit` throws: otherwise the writer would wait for this reader for ever.
    template <class Visit>
    void visit(Visit visit) {
      struct GiveBack {
        Reader& reader;
        ~GiveBack() { reader.acknowledge(); }
      } const give_back{*this};
      look(visit);
    }
    // The same without giving the slot back; then acknowledge() must follow, whatever happens.
    template <class Visit>
    void look(Visit visit) {
      ring_.fence(FenceSite::before_payload);
      const Word* const words = ring_.words(slot_);
      visit([words](unsigned i) { return words[i].load(std::memory_order_relaxed); });
    }

    // Gives the current slot back and goes on to the next.
    void acknowledge() {
      ring_.fence(FenceSite::before_ack);
      ring_.read(slot_, reader_).store(1, std::memory_order_relaxed);
      ring_.fence(FenceSite::after_ack);
      slot_ = (slot_ + 1) % ring_.shape_.slots;
    }

   private:
    using Token = decltype(std::declval<const Word&>().load_late());
    ShmRing ring_;
    unsigned reader_, slot_;
  };

 private:
  struct Header {
    std::uint64_t magic;
    std::uint32_t version;
    RingShape shape;
  };
  static_assert(sizeof(Header) <= kAlignment);
  static constexpr std::uint64_t kMagic = 0x676e6972746b766bULL;
  static constexpr std::uint32_t kVersion = 1;

  static constexpr std::size_t round_up(std::size_t size, std::size_t to) {
    return (size + to - 1) / to * to;
  }
  static constexpr std::size_t flag_bytes(const RingShape& shape) {
    return round_up((1 + std::size_t{shape.readers}) * sizeof(Flag), alignof(Word));
  }
  // Slots do not share cache lines: the writer fills one while readers acknowledge another.
  static constexpr std::size_t slot_bytes(const RingShape& shape) {
    return round_up(flag_bytes(shape) + shape.words * sizeof(Word), kAlignment);
  }
  static std::string text(const RingShape& shape) {
    return std::to_string(shape.slots) + " slots, " + std::to_string(shape.readers) + " readers and " +
           std::to_string(shape.words) + " words";
  }

  ShmRing(std::byte* memory, const RingShape& shape, Fences fences)
      : memory_(memory), shape_(shape), fences_(fences) {}

  std::byte* slot_memory(unsigned slot) const { return memory_ + kAlignment + slot * slot_bytes(shape_); }
  Flag* flags(unsigned slot) const { return reinterpret_cast<Flag*>(slot_memory(slot)); }
  Word* words(unsigned slot) const { return reinterpret_cast<Word*>(slot_memory(slot) + flag_bytes(shape_)); }
  Flag& written(unsigned slot) const { return flags(slot)[0]; }
  Flag& read(unsigned slot, unsigned reader) const { return flags(slot)[1 + reader]; }

  void fence(FenceSite site) const {
    if (!fences_.has(site)) return;
    if (fences_.full())
      Rt::fence(std::memory_order_seq_cst);
    else
      Rt::fence(order_of(site));
  }
  // The weakest fence that keeps what its site is there for.
  static constexpr std::memory_order order_of(FenceSite site) {
    switch (site) {
      case FenceSite::before_payload:  // the flags were loaded before the payload is
        return std::memory_order_acquire;
      case FenceSite::after_unpublish:  // stores stay in front of stores,
      case FenceSite::before_clear:
      case FenceSite::before_publish:
      case FenceSite::before_ack:  // and the payload's loads in front of the ack's store
        return std::memory_order_release;
      default:
        return std::memory_order_seq_cst;
    }
  }

  std::byte* memory_;
  RingShape shape_;
  [[no_unique_address]] Fences fences_;
};

}  // namespace kvtool
