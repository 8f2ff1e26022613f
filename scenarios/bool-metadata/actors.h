// bool-metadata: one value goes through a recorder as an event's metadata. Which value is the schedule's
// choice.
//
// B3: type(out) == type(in), and the value is equal.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/recorder/event_recorder.h"
#include "launch-unchecked/host_functions.h"

namespace kvtool::bool_metadata {

enum class Codec : std::uint8_t {
  two_maps,   // as reported: integers of 64 bits to one map, the str() of all else to another
  int_first,  // a tag for each type; is it an int? is asked before is it a bool?
  tagged,     // Value as it is
};

// A bool is an int as well, as isinstance() has it.
inline bool is_int(const Value& value) {
  const ValueType type = type_of(value);
  return type == ValueType::boolean || type == ValueType::integer || type == ValueType::big_integer;
}
inline Value as_integer(const Value& value) {
  if (const bool* boolean = std::get_if<bool>(&value)) return std::int64_t{*boolean ? 1 : 0};
  return value;
}
// str(value), of those that are no int.
inline std::string as_text(const Value& value) {
  if (const auto* real = std::get_if<double>(&value)) return std::to_string(*real);
  if (const auto* nested = std::get_if<Nested>(&value)) return nested->json;
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  return "None";
}

// What the recorder is given. False: the conversion raises in the caller.
inline bool encode(Codec codec, const Value& in, Value* out) {
  *out = in;
  if (codec == Codec::tagged) return true;
  if (is_int(in)) {
    *out = as_integer(in);
    return codec == Codec::int_first || type_of(in) != ValueType::big_integer;
  }
  if (codec == Codec::two_maps) *out = as_text(in);
  return true;
}

// Which values the schedule chooses from.
enum class Values : std::uint8_t { bools, no_ints, beyond_63_bits, all };

inline std::vector<Value> values(Values which) {
  std::vector<Value> bools = {true, false};
  std::vector<Value> no_ints = {Value{}, 0.5, 1.0, Nested{R"([1,"a",null])"}};
  std::vector<Value> large = {BigInteger{"18446744073709551616"}, BigInteger{"-9223372036854775809"}};
  if (which == Values::bools) return bools;
  if (which == Values::no_ints) return no_ints;
  if (which == Values::beyond_63_bits) return large;
  std::vector<Value> all = {0, 1, std::int64_t{INT64_MIN}, std::int64_t{INT64_MAX}, "text", "1", "None"};
  for (const auto& some : {bools, no_ints, large}) all.insert(all.end(), some.begin(), some.end());
  return all;
}

template <class Rt>
class BoolMetadata {
 public:
  static constexpr unsigned kActors = 2;
  static std::string actor_name(unsigned actor) { return actor == 0 ? "P" : "CB"; }

  BoolMetadata(Codec codec, Values which)
      : codec_(codec), values_(values(which)), recorder_(device_, {.capacity = 1}) {}

  void run(unsigned actor) {
    if (actor == 1) return device_.serve();
    publish();
    device_.no_more();
  }

  void finish() {
    std::vector<Event> events;
    recorder_.drain(events);
    Rt::check(events.size() == 1, "B3: the event comes out");
    if (events.size() != 1) return;
    const Value& in = values_[chosen_.read()];
    const Value& out = events[0].metadata.at(0).second;
    Rt::check(type_of(in) == type_of(out), type_of(in) == ValueType::boolean
                                               ? "B3: type(out) == type(in): a bool comes out as an integer"
                                               : "B3: type(out) == type(in): a value comes out as its text");
    Rt::check(in == out, "B3: the value that comes out is equal");
  }

 private:
  void publish() {
    chosen_.write() = Rt::choose(static_cast<unsigned>(values_.size()));
    Value out;
    const bool encoded = encode(codec_, values_[chosen_.read()], &out);
    Rt::check(encoded, "B3: every value is taken: an integer beyond 63 bits raises in the caller");
    if (!encoded) return;
    const Status status =
        recorder_.record_on_stream(StreamId{1}, {.type = "E", .metadata = {{"value", std::move(out)}}});
    Rt::check(status == Status::ok, "B3: the event is recorded");
  }

  const Codec codec_;
  const std::vector<Value> values_;
  recorder_family::HostFunctions<Rt> device_;
  EventRecorder<Rt> recorder_;
  typename Rt::template plain<unsigned> chosen_;
};

}  // namespace kvtool::bool_metadata
