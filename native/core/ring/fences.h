// Where a fence may stand in the ring's protocol, and which set of fences a ring uses.
//
//   writer: [before_write_check] all read? written?   reader: [before_read_check] read? written?
//           written = 0                                       [before_payload]    RF1
//           [after_unpublish]    WF0                          payload
//           payload                                           [before_ack]        RF2
//           [before_clear]       WF1                          read = 1
//           read[*] = 0                                       [after_ack]
//           [before_publish]     WF2
//           written = 1
//           [after_publish]
#pragma once

#include <cstdint>
#include <string_view>

namespace kvtool {

enum class FenceSite : std::uint8_t {
  before_write_check,
  after_unpublish,  // WF0
  before_clear,     // WF1
  before_publish,   // WF2
  after_publish,
  before_read_check,
  before_payload,  // RF1
  before_ack,      // RF2
  after_ack,
};
inline constexpr unsigned kFenceSites = 9;

// A set of sites, one bit each.
using FenceSites = std::uint16_t;
constexpr FenceSites at(FenceSite site) { return static_cast<FenceSites>(1U << static_cast<unsigned>(site)); }

// The sites whose fences order two accesses of the protocol, by the names that docs/ring.md uses.
struct NamedFenceSite {
  FenceSite site;
  std::string_view name;
};
inline constexpr NamedFenceSite kOrderingSites[] = {{FenceSite::after_unpublish, "WF0"},
                                                    {FenceSite::before_clear, "WF1"},
                                                    {FenceSite::before_publish, "WF2"},
                                                    {FenceSite::before_payload, "RF1"},
                                                    {FenceSite::before_ack, "RF2"}};

inline constexpr FenceSites kNoFences = 0;
// What suffices, and of which none can be left out: on TSO (x86-64), on a machine that reorders stores (PSO),
// and on one that reorders loads too (AArch64). Proven by exploring every subset; see docs/ring.md.
inline constexpr FenceSites kTsoFences = kNoFences;
inline constexpr FenceSites kPsoFences = at(FenceSite::before_clear) | at(FenceSite::before_publish);
inline constexpr FenceSites kArmFences =
    kPsoFences | at(FenceSite::before_payload) | at(FenceSite::before_ack);
// What vLLM's shm_broadcast.py got at first, and what was merged later (vllm-project/vllm#30407: one more, in
// front of written = 1).
inline constexpr FenceSites kFirstUpstreamFences =
    at(FenceSite::before_write_check) | at(FenceSite::after_publish) | at(FenceSite::before_read_check) |
    at(FenceSite::after_ack);
inline constexpr FenceSites kUpstreamFences = kFirstUpstreamFences | at(FenceSite::before_publish);

// A ring's fence policy: has(site) and full(). An ordering fence keeps the order that its site is there for
// (release in front of stores, acquire behind loads); a full one orders everything, as upstream's lock does.
template <FenceSites sites, bool is_full = false>
struct FencesAt {
  static constexpr bool full() { return is_full; }
  static constexpr bool has(FenceSite site) { return (sites & at(site)) != 0; }
};
// The product's choice: on x86-64 all four cost no instruction.
using MinimalFences = FencesAt<kArmFences>;
// Chosen at run time, for experiments.
struct ChosenFences {
  FenceSites sites = kNoFences;
  bool all_full = false;
  bool full() const { return all_full; }
  bool has(FenceSite site) const { return (sites & at(site)) != 0; }
};

}  // namespace kvtool
