#include "addon/value_conversion.h"

#include <cmath>

namespace kvtool::addon {
namespace {

constexpr double kSafeInteger = 9007199254740991.0;  // Number.MAX_SAFE_INTEGER

Napi::Object json(Napi::Env env) { return env.Global().Get("JSON").As<Napi::Object>(); }

Value to_value(const Napi::Value& value) {
  const Napi::Env env = value.Env();
  if (value.IsNull() || value.IsUndefined()) return std::monostate{};
  if (value.IsBoolean()) return value.As<Napi::Boolean>().Value();
  if (value.IsString()) return value.As<Napi::String>().Utf8Value();
  if (value.IsNumber()) {
    const double number = value.As<Napi::Number>().DoubleValue();
    const bool whole = std::trunc(number) == number && std::fabs(number) <= kSafeInteger;
    if (whole && !(number == 0 && std::signbit(number))) return static_cast<std::int64_t>(number);
    return number;
  }
  if (value.IsBigInt()) return BigInteger{value.ToString().Utf8Value()};
  const Napi::Object converter = json(env);
  const Napi::Value text = converter.Get("stringify").As<Napi::Function>().Call(converter, {value});
  if (!text.IsString())
    throw Napi::TypeError::New(env, "metadata values must be plain data, not functions or symbols");
  return Nested{text.As<Napi::String>().Utf8Value()};
}

struct FromValue {
  Napi::Env env;

  Napi::Value operator()(std::monostate) const { return env.Null(); }
  Napi::Value operator()(bool value) const { return Napi::Boolean::New(env, value); }
  Napi::Value operator()(double value) const { return Napi::Number::New(env, value); }
  Napi::Value operator()(const std::string& value) const { return Napi::String::New(env, value); }
  Napi::Value operator()(std::int64_t value) const {
    const auto number = static_cast<double>(value);
    if (std::fabs(number) <= kSafeInteger) return Napi::Number::New(env, number);
    return Napi::BigInt::New(env, value);
  }
  Napi::Value operator()(const BigInteger& value) const {
    return env.Global().Get("BigInt").As<Napi::Function>().Call({Napi::String::New(env, value.decimal)});
  }
  Napi::Value operator()(const Nested& value) const {
    const Napi::Object converter = json(env);
    return converter.Get("parse").As<Napi::Function>().Call(converter, {Napi::String::New(env, value.json)});
  }
};

}  // namespace

Metadata to_metadata(const Napi::Object& object) {
  Metadata metadata;
  const Napi::Array names = object.GetPropertyNames();
  metadata.reserve(names.Length());
  for (std::uint32_t i = 0; i < names.Length(); ++i) {
    const std::string name = names.Get(i).As<Napi::String>();
    metadata.emplace_back(name, to_value(object.Get(name)));
  }
  return metadata;
}

Napi::Object from_event(Napi::Env env, const Event& event) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("type", event.type);
  object.Set("session", event.session);
  object.Set("timestampNs", Napi::BigInt::New(env, event.timestamp_ns));
  object.Set("monotonicNs", Napi::BigInt::New(env, event.monotonic_ns));
  object.Set("errorNs", static_cast<double>(event.error_ns));
  Napi::Object metadata = Napi::Object::New(env);
  for (const auto& [name, value] : event.metadata) metadata.Set(name, std::visit(FromValue{env}, value));
  object.Set("metadata", metadata);
  return object;
}

}  // namespace kvtool::addon
