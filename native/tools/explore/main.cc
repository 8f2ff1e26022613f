// kvtool-explore: runs scenarios of the catalogue, for `kvtool explore`, `replay` and `stress`. A process of
// its own: a program under test may compute for ever, or take all memory.
#include <cstdio>
#include <exception>
#include <new>
#include <stdexcept>

#include "tools/explore/arguments.h"
#include "tools/explore/jobs.h"
#include "tools/explore/output.h"
#include "tools/explore/process_limits.h"

namespace {

using namespace kvtool::explore;

constexpr int kBug = 1;
constexpr int kUsage = 2;
constexpr int kRetry = 75;

int complain(int code, const char* text) {
  std::fprintf(stderr, "kvtool-explore: %s\n", text);
  return code;
}

int run(const Arguments& arguments) {
  switch (arguments.job) {
    case Arguments::Job::help:
      std::fputs(kHelp, stdout);
      return 0;
    case Arguments::Job::list:
      print_line(catalogue_json());
      return 0;
    case Arguments::Job::explore:
      return explore_job(arguments);
    case Arguments::Job::replay:
      return replay_job(arguments);
    case Arguments::Job::random:
      return random_job(arguments);
    case Arguments::Job::threads:
      return threads_job(arguments);
  }
  return kBug;
}

}  // namespace

int main(int count, char** words) {
  die_with_parent();
  try {
    const Arguments arguments = parse_arguments(count, words);
    limit_memory(arguments.memory_megabytes);
    return run(arguments);
  } catch (const std::invalid_argument& error) {
    return complain(kUsage, error.what());
  } catch (const ModelLimit& error) {
    return complain(kUsage, error.what());
  } catch (const std::bad_alloc&) {
    return complain(kRetry,
                    "out of memory: the program needs more than this process may have; raise --memory-mb");
  } catch (const std::exception& error) {
    return complain(kBug, error.what());
  }
}
