#include "capi/event_json.h"

#include <nlohmann/json.hpp>
#include <stdexcept>

namespace kvtool::capi {
namespace {

using nlohmann::json;

Value parse_value(const std::string& name, const json& value) {
  if (value.is_null()) return std::monostate{};
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_number_float()) return value.get<double>();
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_unsigned() && value.get<std::uint64_t>() > INT64_MAX)
    return BigInteger{std::to_string(value.get<std::uint64_t>())};
  if (value.is_number_integer()) return value.get<std::int64_t>();
  if (value.is_object() && value.size() == 1) {
    if (value.contains("$integer")) return BigInteger{value.at("$integer").get<std::string>()};
    if (value.contains("$nested")) return Nested{value.at("$nested").get<std::string>()};
  }
  throw std::runtime_error("metadata value of '" + name + "' is neither plain nor tagged");
}

struct ToJson {
  json operator()(std::monostate) const { return nullptr; }
  json operator()(bool value) const { return value; }
  json operator()(std::int64_t value) const { return value; }
  json operator()(double value) const { return value; }
  json operator()(const std::string& value) const { return value; }
  json operator()(const BigInteger& value) const { return {{"$integer", value.decimal}}; }
  json operator()(const Nested& value) const { return {{"$nested", value.json}}; }
};

}  // namespace

Metadata parse_metadata(const char* text) {
  const json object = json::parse(text);
  if (!object.is_object()) throw std::runtime_error("metadata must be a JSON object");
  Metadata metadata;
  metadata.reserve(object.size());
  for (const auto& [name, value] : object.items()) metadata.emplace_back(name, parse_value(name, value));
  return metadata;
}

std::string to_json(const Event& event) {
  json metadata = json::object();
  for (const auto& [name, value] : event.metadata) metadata[name] = std::visit(ToJson{}, value);
  const json object{{"type", event.type},
                    {"session", event.session},
                    {"timestampNs", event.timestamp_ns},
                    {"monotonicNs", event.monotonic_ns},
                    {"errorNs", event.error_ns},
                    {"metadata", std::move(metadata)}};
  return object.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace kvtool::capi
