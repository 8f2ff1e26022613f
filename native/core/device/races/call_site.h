// CallSite: file and line of a call, taken by a default argument. As std::source_location, which clang before
// 16 does not have with GCC's library.
#pragma once

#include <string_view>

namespace kvtool::races {

struct CallSite {
  const char* file = "";
  unsigned line = 0;  // 0: not known

  bool operator==(const CallSite& other) const {
    return line == other.line && std::string_view(file) == other.file;
  }
  bool is_known() const { return line != 0; }
  static constexpr CallSite current(const char* file = __builtin_FILE(), unsigned line = __builtin_LINE()) {
    return {file, line};
  }
};

}  // namespace kvtool::races
