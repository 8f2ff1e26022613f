// The main thread holds a mutex and synchronises a stream behind a host function of native code that wants the
// mutex. Builds against any libcuda.so.1. Truth: keeper TID MUTEX; host-function TID
#include "../fixtures/programs/fixture.h"

extern "C" {
int cuInit(unsigned);
int cuDeviceGet(int*, int);
int cuDevicePrimaryCtxRetain(void**, int);
int cuCtxSetCurrent(void*);
int cuStreamCreate(void**, unsigned);
int cuLaunchHostFunc(void*, void (*)(void*), void*);
int cuStreamSynchronize(void*);
}

namespace {

pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

void want_mutex(void*) {
  fixture::say("host-function %d", fixture::tid());
  fixture::ready();
  pthread_mutex_lock(&mutex);
  pthread_mutex_unlock(&mutex);
}

}  // namespace

int main() {
  fixture::limit_life();
  int device = 0;
  void* context = nullptr;
  void* stream = nullptr;
  if (cuInit(0) != 0 || cuDeviceGet(&device, 0) != 0 || cuDevicePrimaryCtxRetain(&context, device) != 0 ||
      cuCtxSetCurrent(context) != 0 || cuStreamCreate(&stream, 1) != 0)
    return 1;
  pthread_mutex_lock(&mutex);
  fixture::say("keeper %d %p", fixture::tid(), static_cast<void*>(&mutex));
  if (cuLaunchHostFunc(stream, want_mutex, nullptr) != 0) return 1;
  return cuStreamSynchronize(stream);
}
