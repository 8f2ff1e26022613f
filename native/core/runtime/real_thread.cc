#include "core/runtime/real_thread.h"

#include <pthread.h>

#include "core/runtime/perturbation.h"

namespace kvtool {

void RealThread::begin(const std::string& name) {
  pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());
  Perturbation::name_this_thread(name);
}

}  // namespace kvtool
