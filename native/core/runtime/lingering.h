// Lingering: objects whose owner is gone while somebody who must not free memory may still touch them, such
// as a host function that the driver has not run yet. They are kept until they are finished, and then freed
// by an ordinary thread.
#pragma once

#include <cstddef>
#include <memory>

namespace kvtool {

class Lingering {
 public:
  Lingering() = default;
  Lingering(const Lingering&) = delete;
  Lingering& operator=(const Lingering&) = delete;
  virtual ~Lingering() = default;
  // True once nothing will touch the object any more; stays true. Called under the list's lock: must not
  // block.
  virtual bool finished() const = 0;
};

// Takes `object` and frees it in the first sweep that finds it finished. Sweeps first.
void linger(std::unique_ptr<Lingering> object);

// Frees what is finished, on the calling thread; returns how many objects are left. What never finishes (a
// host function of a dead context never runs) stays reachable until the process ends.
std::size_t sweep_lingering();

}  // namespace kvtool
