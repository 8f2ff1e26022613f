#include "core/runtime/named_mutex.h"

#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstring>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "../../support/flight_reader.h"
#include "../../support/temporary_path.h"
#include "core/runtime/flight.h"

namespace kvtool {
namespace {

// What a snapshot of another process reads.
std::int32_t owner_in_memory(NamedMutex& mutex) {
  std::int32_t owner = 0;
  std::memcpy(&owner, reinterpret_cast<const char*>(mutex.native_handle()) + 8, sizeof owner);
  return owner;
}

TEST(NamedMutex, HasItsOwnersTidInMemory) {
  NamedMutex mutex("transfer_lock");
  EXPECT_EQ(owner_in_memory(mutex), 0);
  {
    const std::lock_guard guard(mutex);
    EXPECT_EQ(owner_in_memory(mutex), static_cast<std::int32_t>(syscall(SYS_gettid)));
  }
  EXPECT_EQ(owner_in_memory(mutex), 0);
  EXPECT_EQ(static_cast<void*>(&mutex), static_cast<void*>(mutex.native_handle()));
}

TEST(NamedMutex, AnnouncesWhoHoldsItAndWhoWaitsWhere) {
  const TemporaryPath file("named-mutex");
  const auto flight = Flight::map(file.path());
  const FlightReader reader(file.path());
  NamedMutex mutex("transfer_lock");

  const Flight::Thread me(*flight, "holder");
  mutex.lock();
  EXPECT_EQ(holds_of(reader.line_of("holder")), std::vector<std::string>{"mutex:transfer_lock"});

  std::vector<std::string> held_by_waiter;
  std::thread waiter([&] {
    const Flight::Thread it(*flight, "waiter");
    mutex.lock("finish_write");
    held_by_waiter = holds_of(reader.line_of("waiter"));
    mutex.unlock();
  });
  EXPECT_TRUE(reader.await_want("waiter", "mutex:transfer_lock"));
  EXPECT_STREQ(reader.line_of("waiter").where, "finish_write");
  EXPECT_TRUE(holds_of(reader.line_of("waiter")).empty());

  mutex.unlock();
  EXPECT_TRUE(holds_of(reader.line_of("holder")).empty());
  waiter.join();
  EXPECT_EQ(held_by_waiter, std::vector<std::string>{"mutex:transfer_lock"});
}

TEST(NamedMutex, AnnouncesNothingWhenATryFails) {
  const TemporaryPath file("named-mutex-try");
  const auto flight = Flight::map(file.path());
  const FlightReader reader(file.path());
  NamedMutex mutex("m");
  mutex.lock();
  std::thread([&] {
    const Flight::Thread it(*flight, "trier");
    EXPECT_FALSE(mutex.try_lock());
    EXPECT_TRUE(holds_of(reader.line_of("trier")).empty());
    EXPECT_STREQ(reader.line_of("trier").wants, "");
  }).join();
  mutex.unlock();
}

TEST(NamedMutex, ExcludesAndWorksWithoutAnyLine) {
  NamedMutex mutex("m");
  int value = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 500; ++n) {
        const std::lock_guard guard(mutex);
        value++;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(value, 2'000);
}

}  // namespace
}  // namespace kvtool
