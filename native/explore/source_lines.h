// Lines of the source for code addresses of this process, by addr2line, as the sanitizers' reports have them:
// a library that others link should not ask them for a reader of debug information.
#pragma once

#include <map>
#include <set>
#include <string>

namespace kvtool::explore {

struct SourceLine {
  std::string file;  // as the compiler was given it
  unsigned line = 0;
};

// For each address the line that is of the program under test: not of the standard library nor of kvtool,
// where something else was inlined there. Addresses of which nothing is known are left out; all of them are
// where there is no addr2line, no debug information, or no answer within ten seconds. Starts a process.
std::map<const void*, SourceLine> source_lines(const std::set<const void*>& addresses);

}  // namespace kvtool::explore
