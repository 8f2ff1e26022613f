#include "addon/bus_binding.h"

#include <chrono>
#include <thread>

#include "addon/async.h"
#include "addon/device_binding.h"
#include "addon/value_conversion.h"

namespace kvtool::addon {
namespace {

Event to_event(const Napi::CallbackInfo& info, std::size_t first) {
  Event event;
  event.type = info[first].As<Napi::String>().Utf8Value();
  event.session = info[first + 1].As<Napi::String>().Utf8Value();
  event.metadata = to_metadata(info[first + 2].As<Napi::Object>());
  return event;
}

}  // namespace

Napi::Function BusBinding::define(Napi::Env env) {
  return DefineClass(
      env, "EventBus",
      {InstanceMethod("declare", &BusBinding::declare), InstanceMethod("subscribe", &BusBinding::subscribe),
       InstanceMethod("start", &BusBinding::start), InstanceMethod("publish", &BusBinding::publish),
       InstanceMethod("publishOnStream", &BusBinding::publish_on_stream),
       InstanceMethod("useStamps", &BusBinding::use_stamps),
       InstanceMethod("publishStamped", &BusBinding::publish_stamped),
       InstanceMethod("stop", &BusBinding::stop), InstanceMethod("stats", &BusBinding::stats)});
}

BusBinding::BusBinding(const Napi::CallbackInfo& info)
    : Napi::ObjectWrap<BusBinding>(info), queue_(std::make_shared<JsQueue>(info.Env())) {
  if (info[0].IsExternal()) {
    bus_ = *info[0].As<Napi::External<std::shared_ptr<Bus>>>().Data();
    return;
  }
  guarded(info.Env(), [&] {
    device_ = DeviceBinding::Unwrap(info[0].As<Napi::Object>())->device();
    BusOptions options;
    if (const std::uint32_t capacity = info[1].As<Napi::Number>().Uint32Value(); capacity != 0)
      options.recorder.capacity = capacity;
    bus_ = std::make_shared<Bus>(*device_, options);
  });
}

Napi::Object BusBinding::from(Napi::Env env, std::shared_ptr<Bus> bus) {
  const auto external = Napi::External<std::shared_ptr<Bus>>::New(env, &bus);
  return env.GetInstanceData<Classes>()->bus.New({external});
}

void BusBinding::declare(const Napi::CallbackInfo& info) {
  guarded(info.Env(), [&] { bus_->declare(info[0].As<Napi::String>()); });
}

void BusBinding::subscribe(const Napi::CallbackInfo& info) {
  guarded(info.Env(), [&] {
    const std::string type = info[0].As<Napi::String>();
    const std::size_t index = subscribers_.size();
    subscribers_.push_back(Napi::Persistent(info[1].As<Napi::Function>()));
    // `this` stays: start() takes a reference that only the end of stop() gives back.
    const auto id = bus_->subscribe(type, [this, queue = queue_, index](const Event& event) {
      queue->post([this, index, event](Napi::Env) { deliver(index, event); });
    });
    if (id == SubscriptionId::none) throw std::runtime_error("event type not declared: " + type);
  });
}

void BusBinding::deliver(std::size_t subscriber, const Event& event) {
  const Napi::HandleScope scope(Env());
  try {
    subscribers_[subscriber].Call({from_event(Env(), event)});
  } catch (const Napi::Error&) {
    ++threw_;  // a subscriber's failure is its own: counted, and the next event still comes
  }
}

void BusBinding::start(const Napi::CallbackInfo& info) {
  guarded(info.Env(), [&] {
    if (!bus_->start()) throw std::runtime_error("the bus was started or stopped before");
    Ref();
    queue_->hold_loop(info.Env(), true);
  });
}

Napi::Value BusBinding::publish(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    return Napi::Number::New(info.Env(), static_cast<double>(bus_->publish(to_event(info, 0))));
  });
}

Napi::Value BusBinding::publish_on_stream(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    const StreamId stream{info[0].As<Napi::Number>().Uint32Value()};
    return Napi::Number::New(info.Env(),
                             static_cast<double>(bus_->publish_on_stream(stream, to_event(info, 1))));
  });
}

void BusBinding::use_stamps(const Napi::CallbackInfo& info) {
  guarded(info.Env(), [&] { bus_->use_stamps(); });
}

Napi::Value BusBinding::publish_stamped(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    const StreamId stream{info[0].As<Napi::Number>().Uint32Value()};
    return Napi::Number::New(info.Env(),
                             static_cast<double>(bus_->publish_stamped(stream, to_event(info, 1))));
  });
}

Napi::Value BusBinding::stop(const Napi::CallbackInfo& info) {
  const std::chrono::milliseconds timeout(info[0].As<Napi::Number>().Uint32Value());
  auto stopped = Napi::Promise::Deferred::New(info.Env());
  std::thread([this, bus = bus_, queue = queue_, stopped, timeout] {
    bus->stop(timeout);
    queue->post([this, stopped](Napi::Env env) {
      queue_->hold_loop(env, false);
      stopped.Resolve(env.Undefined());
      Unref();
    });
  }).detach();
  return stopped.Promise();
}

Napi::Value BusBinding::stats(const Napi::CallbackInfo& info) {
  const BusStats stats = bus_->stats();
  Napi::Object object = Napi::Object::New(info.Env());
  object.Set("published", static_cast<double>(stats.published));
  object.Set("delivered", static_cast<double>(stats.delivered));
  object.Set("lost", static_cast<double>(stats.lost()));
  object.Set("unknownType", static_cast<double>(stats.unknown_type));
  object.Set("subscriberThrew", static_cast<double>(stats.subscriber_threw + threw_));
  return object;
}

}  // namespace kvtool::addon
