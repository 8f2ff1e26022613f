// The CPythons that are tested, and programs that run in them and say what a snapshot must find.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "core/snapshot/json.h"
#include "core/snapshot/python/layouts.h"
#include "core/snapshot/python/runtime_finder.h"
#include "core/snapshot/snapshot.h"
#include "tools/child_process.h"

namespace kvtool::snapshot::python {

inline std::vector<std::string> installed_pythons() {
  namespace fs = std::filesystem;
  std::vector<std::string> found;
  const char* home = std::getenv("HOME");
  std::error_code error;
  if (home != nullptr)
    for (const auto& version : fs::directory_iterator(fs::path(home) / ".pyenv/versions", error))
      for (const char* name : {"bin/python3", "bin/python2"}) found.push_back(version.path() / name);
  for (const char* path : {"/usr/bin/python3", "/usr/local/bin/python3"}) found.emplace_back(path);
  std::erase_if(found, [](const std::string& path) { return !fs::exists(path); });
  std::ranges::sort(found);
  return found;
}

// `3.11` for .../python3 -> python3.11; empty when the names do not tell.
inline std::string version_of_path(const std::string& path) {
  std::error_code error;
  return version_of_name(std::filesystem::canonical(path, error).filename().string());
}

inline bool is_supported(const std::string& version) {
  if (version.empty()) return true;
  const std::size_t dot = version.find('.');
  const int minor = std::stoi(version.substr(dot + 1));
  return version.starts_with("3.") && minor >= kFirstMinor && minor <= kLastMinor;
}

// The CPythons to test: `$KVTOOL_TEST_PYTHONS` when it is set (paths with colons between, or `all` for those
// of pyenv and of the system), else one, for a test with each of seven takes minutes.
inline std::vector<std::string> tested_pythons() {
  const char* given = std::getenv("KVTOOL_TEST_PYTHONS");
  if (given != nullptr && given != std::string("all")) {
    std::vector<std::string> named;
    std::istringstream paths(given);
    for (std::string path; std::getline(paths, path, ':');)
      if (!path.empty()) named.push_back(path);
    return named;
  }
  std::vector<std::string> found = installed_pythons();
  if (given != nullptr) return found;
  std::erase_if(found, [](const std::string& path) { return !is_supported(version_of_path(path)); });
  // The newest: what the system and pyenv have side by side differs in the last part of the version only.
  const auto newest = std::ranges::max_element(found, {}, [](const std::string& path) {
    const std::string version = version_of_path(path);
    return version.empty() ? 0 : std::stoi(version.substr(version.find('.') + 1));
  });
  return newest == found.end() ? std::vector<std::string>() : std::vector{*newest};
}

inline std::vector<std::string> supported_pythons() {
  std::vector<std::string> found = tested_pythons();
  std::erase_if(found, [](const std::string& path) { return !is_supported(version_of_path(path)); });
  return found;
}

// A path as the name of a test.
inline std::string test_name(const testing::TestParamInfo<std::string>& info) {
  std::string name = info.param;
  std::ranges::replace_if(
      name, [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return name;
}

inline std::string show(const std::string& function, const std::string& file, int line) {
  return function + " (" + file + ":" + std::to_string(line) + ")";
}

inline std::vector<std::string> python_frames(const ThreadDump& thread) {
  std::vector<std::string> shown;
  for (const Frame& frame : thread.frames)
    if (frame.runtime == Runtime::python)
      shown.push_back(show(frame.function, frame.file, frame.line.value_or(0)));
  return shown;
}

inline const ThreadDump* find(const ProcessDump& dump, pid_t tid) {
  const auto thread = std::ranges::find(dump.threads, tid, &ThreadDump::tid);
  return thread == dump.threads.end() ? nullptr : &*thread;
}

inline bool lacks(const ProcessDump& dump, const std::string& text) {
  return std::ranges::any_of(dump.lacks,
                             [&](const std::string& s) { return s.find(text) != std::string::npos; });
}

class PythonProgram {
 public:
  using Words = ChildProcess::Words;

  PythonProgram(const std::string& python, const std::string& fixture, Words arguments = {})
      : child_(command(python, fixture, std::move(arguments))), pid_(child_.pid()) {
    for (Words& words : child_.facts()) {
      if (words.at(0) == "frames")
        accounts_[std::stoi(words.at(1))].emplace_back();
      else if (words.at(0) == "frame")
        accounts_[std::stoi(words.at(1))].back().push_back(
            show(words.at(3), rest(words, 4), std::stoi(words.at(2))));
      else
        facts_.push_back(std::move(words));
    }
  }

  const ChildProcess& child() const { return child_; }
  void set_pid(pid_t pid) { pid_ = pid; }

  // Facts that begin with a word, without it.
  std::vector<Words> facts(const std::string& about) const {
    std::vector<Words> found;
    for (const Words& words : facts_)
      if (words.at(0) == about) found.emplace_back(words.begin() + 1, words.end());
    return found;
  }
  Words fact(const std::string& about) const {
    const auto found = facts(about);
    EXPECT_EQ(found.size(), 1u) << about;
    return found.empty() ? Words(4) : found.front();
  }
  pid_t tid(const std::string& about) const { return std::stoi(fact(about).at(0)); }

  // Threads that told their frames.
  std::vector<pid_t> tellers() const {
    std::vector<pid_t> tids;
    for (const auto& [tid, accounts] : accounts_) tids.push_back(tid);
    return tids;
  }
  // Innermost first.
  std::vector<std::string> told(pid_t tid) const {
    std::vector<std::string> frames;
    const auto known = accounts_.find(tid);
    if (known == accounts_.end()) return frames;
    for (auto account = known->second.rbegin(); account != known->second.rend(); ++account)
      frames.insert(frames.end(), account->begin(), account->end());
    return frames;
  }

  // Looks until what is looked for is there: a thread needs a moment from its account to its wait.
  ProcessDump await(const std::function<bool(const ProcessDump&)>& there,
                    SnapshotOptions options = {}) const {
    options.pid = pid_;
    ProcessDump dump;
    const bool came = await_until([&] {
      dump = take_snapshot(options);
      return there(dump);
    });
    EXPECT_TRUE(came) << to_json(dump);
    return dump;
  }
  // Until every thread stands where it said.
  ProcessDump await_frames() const {
    ProcessDump dump;
    const bool came = await_until([&] {
      dump = take_snapshot({.pid = pid_});
      return std::ranges::all_of(tellers(), [&](pid_t tid) {
        const ThreadDump* thread = find(dump, tid);
        return thread != nullptr && python_frames(*thread) == told(tid);
      });
    });
    EXPECT_TRUE(came);
    for (const pid_t tid : tellers()) {
      const ThreadDump* thread = find(dump, tid);
      EXPECT_EQ(thread == nullptr ? std::vector<std::string>() : python_frames(*thread), told(tid));
    }
    return dump;
  }

 private:
  static Words command(const std::string& python, const std::string& fixture, Words arguments) {
    // -B: no folder __pycache__ between the fixtures.
    Words words{python, "-B", std::string(KVTOOL_FIXTURES) + "/python/" + fixture};
    words.insert(words.end(), arguments.begin(), arguments.end());
    return words;
  }
  static std::string rest(const Words& words, std::size_t from) {
    std::string text;
    for (std::size_t i = from; i < words.size(); ++i) text += (i == from ? "" : " ") + words[i];
    return text;
  }

  ChildProcess child_;
  pid_t pid_;
  std::vector<Words> facts_;
  std::map<pid_t, std::vector<std::vector<std::string>>> accounts_;
};

inline std::uint64_t address(const std::string& text) { return std::stoull(text, nullptr, 16); }

// Tests that run once for every CPython that is tested.
class EveryPython : public testing::TestWithParam<std::string> {};

}  // namespace kvtool::snapshot::python
