#include <chrono>

#include "capi/event_json.h"
#include "capi/handles.h"

using kvtool::Event;
using kvtool::EventBus;
using kvtool::Flight;
using kvtool::RealRuntime;
using kvtool::ScopedWait;
using kvtool::StreamId;
namespace capi = kvtool::capi;

namespace {

Event make_event(const char* type, const char* session, const char* metadata_json) {
  Event event;
  event.type = type;
  event.session = session;
  event.metadata = capi::parse_metadata(metadata_json);
  return event;
}

// The drain thread's lock line, bound on its first event: it takes the runtime lock for every subscriber, so
// it is a party that a dump must be able to name.
void bind_drain_thread(Flight* flight) {
  static thread_local std::unique_ptr<Flight::Thread> line;
  if (line == nullptr && flight != nullptr) line = std::make_unique<Flight::Thread>(*flight, "bus drain");
}

}  // namespace

kvt_bus* kvt_bus_create(kvt_device* device, uint32_t capacity) {
  return capi::guarded_handle([&] {
    kvtool::BusOptions options;
    if (capacity != 0) options.recorder.capacity = capacity;
    auto handle = std::make_unique<kvt_bus>();
    handle->owned = std::make_unique<EventBus<RealRuntime>>(*device->device, options);
    handle->bus = handle->owned.get();
    return handle.release();
  });
}

void kvt_bus_free(kvt_bus* bus) { const std::unique_ptr<kvt_bus> owner(bus); }

int kvt_bus_declare(kvt_bus* bus, const char* type) {
  return capi::guarded([&] {
    bus->bus->declare(type);
    return 0;
  });
}

int kvt_bus_subscribe(kvt_bus* bus, const char* type, kvt_subscriber subscriber, void* context) {
  return capi::guarded([&] {
    const auto id = bus->bus->subscribe(type, [bus, subscriber, context](const Event& event) {
      bind_drain_thread(bus->flight);
      const std::string text = capi::to_json(event);
      const ScopedWait wait(bus->runtime_lock, "event subscriber");  // until it is over: see World::run_call
      if (subscriber(text.c_str(), context) != 0) throw std::runtime_error("subscriber failed");
    });
    if (id == kvtool::SubscriptionId::none)
      throw std::runtime_error(std::string("event type not declared: ") + type);
    return 0;
  });
}

int kvt_bus_start(kvt_bus* bus) {
  return capi::guarded([&] {
    if (!bus->bus->start()) throw std::runtime_error("the bus was started or stopped before");
    return 0;
  });
}

int kvt_bus_publish(kvt_bus* bus, const char* type, const char* session, const char* metadata_json) {
  return capi::guarded(
      [&] { return static_cast<int>(bus->bus->publish(make_event(type, session, metadata_json))); });
}

int kvt_bus_publish_on_stream(kvt_bus* bus, uint32_t stream, const char* type, const char* session,
                              const char* metadata_json) {
  return capi::dropped([&] {
    return static_cast<int>(
        bus->bus->publish_on_stream(StreamId{stream}, make_event(type, session, metadata_json)));
  });
}

int kvt_bus_use_stamps(kvt_bus* bus) {
  return capi::dropped([&] {
    bus->bus->use_stamps();
    return 0;
  });
}

int kvt_bus_publish_stamped(kvt_bus* bus, uint32_t stream, const char* type, const char* session,
                            const char* metadata_json) {
  return capi::dropped([&] {
    return static_cast<int>(
        bus->bus->publish_stamped(StreamId{stream}, make_event(type, session, metadata_json)));
  });
}

int kvt_bus_stop(kvt_bus* bus, uint32_t timeout_ms) {
  return capi::dropped([&] {
    bus->bus->stop(std::chrono::milliseconds(timeout_ms));
    return 0;
  });
}

int kvt_bus_read_stats(kvt_bus* bus, kvt_bus_stats* out) {
  return capi::guarded([&] {
    const kvtool::BusStats stats = bus->bus->stats();
    *out = {.published = stats.published,
            .delivered = stats.delivered,
            .lost = stats.lost(),
            .unknown_type = stats.unknown_type,
            .subscriber_threw = stats.subscriber_threw,
            .publish_count = stats.publish_cost.count + stats.publish_on_stream_cost.count,
            .publish_ns = stats.publish_cost.sum_ns + stats.publish_on_stream_cost.sum_ns,
            .deliver_count = stats.dispatch_latency.count,
            .deliver_ns = stats.dispatch_latency.sum_ns,
            .deliver_max_ns = stats.dispatch_latency.max_ns};
    return 0;
  });
}
