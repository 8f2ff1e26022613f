#include "tools/explore/progress.h"

#include <cstdlib>

namespace kvtool::explore {

namespace {
constexpr std::chrono::milliseconds kPeriod{250};
constexpr std::chrono::seconds kPatience{5};
}  // namespace

ProgressLines::ProgressLines(const Json& subject)
    : subject_(subject), begin_(std::chrono::steady_clock::now()), last_(begin_) {}

void ProgressLines::show(const std::string& phase, std::uint64_t executions) {
  const auto now = std::chrono::steady_clock::now();
  if (now - last_ < kPeriod) return;
  last_ = now;
  print_line({{"kind", "progress"},
              {"scenario", subject_["scenario"]},
              {"variant", subject_["variant"]},
              {"phase", phase},
              {"executions", executions},
              {"seconds", std::chrono::duration<double>(now - begin_).count()}});
}

StuckReport::StuckReport(const Json& subject)
    : subject_(subject), watchdog_(kPatience, [this](const std::string& who) {
        Json line = subject_;
        line["conclusion"] = "stuck";
        line["explanation"] =
            who + " ran for " + std::to_string(kPatience.count()) +
            " s without any operation: it computes for ever, or waits for something that is "
            "not of the runtime Rt";
        print_line(line);
        // Not exit(): the thread that explores will never let go of anything.
        std::_Exit(0);
      }) {}

}  // namespace kvtool::explore
