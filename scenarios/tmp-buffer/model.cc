#include <tuple>

#include "core/explorer/catalog.h"
#include "core/runtime/model_runtime.h"
#include "tmp-buffer/actors.h"

namespace kvtool::tmp_buffer {
namespace {

using namespace explore;

ProgramFactory with(const Setup& setup, bool buffer_each = false) {
  return factory<TmpBuffer<ModelRuntime>>([setup, buffer_each](const Parameters& p) {
    Setup own = setup;
    own.requests = static_cast<unsigned>(p.at("requests"));
    own.chunks = static_cast<unsigned>(p.at("chunks"));
    if (buffer_each) own.buffers = own.requests;
    return std::tuple(own);
  });
}

const ScenarioRegistration registration({
    .id = "tmp-buffer",
    .family = "E6",
    .title = "requests share a staging buffer: stream order does not keep a kernel and its copy together",
    .source = "https://github.com/LMCache/LMCache/pull/2823",
    .parameters =
        {{.name = "requests", .standard = 2, .least = 2, .most = 4, .what = "requests at a time"},
         {.name = "chunks", .standard = 1, .least = 1, .most = 3, .what = "chunks of each request"}},
    .variants = {{.name = "buggy",
                  .what = "store: kernel to the buffer, copy to the host, and no lock round the two",
                  .expect = {Outcome::violation, "E6"},
                  .model = with({})},
                 {.name = "retrieve",
                  .what = "the same the other way: copy to the buffer, kernel to the pages",
                  .expect = {Outcome::violation, "E6"},
                  .model = with({.retrieves = true})},
                 {.name = "buffer-each",
                  .what = "a buffer for each request, no lock",
                  .model = with({}, true)},
                 {.name = "retrieve-fixed",
                  .what = "retrieve with one lock round the two",
                  .model = with({.locked = true, .retrieves = true})},
                 {.name = "fixed", .what = "one lock round the two", .model = with({.locked = true})}},
    .golden =
        "enqueue order K1 K2 C1 C2: C1 ships request 2's rows; a lock round the pair or a buffer each: ok",
});

}  // namespace
}  // namespace kvtool::tmp_buffer
