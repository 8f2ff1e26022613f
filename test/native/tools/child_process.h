// ChildProcess: a program that a test runs and talks to over pipes. It is killed and reaped when the test is
// done with it, and dies with the test.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/snapshot/unique_fd.h"

namespace kvtool {

// Ends only tests that have failed.
inline constexpr std::chrono::seconds kChildLimit{20};

// Looks again and again until `done` says so. False when it never does.
template <typename Done>
[[nodiscard]] bool await_until(Done done) {
  const auto limit = std::chrono::steady_clock::now() + kChildLimit;
  while (!done()) {
    if (std::chrono::steady_clock::now() > limit) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

// No process, or one that only waits to be reaped by somebody else.
inline bool is_gone(pid_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("State:"))
      return line.find('Z') != std::string::npos || line.find('X') != std::string::npos;
  return true;
}

// A pipe whose ends are not inherited unless a ChildProcess is told to.
struct Pipe {
  Pipe() {
    std::array<int, 2> ends{-1, -1};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) ADD_FAILURE() << "no pipe";
    read_end = snapshot::UniqueFd(ends[0]);
    write_end = snapshot::UniqueFd(ends[1]);
  }
  snapshot::UniqueFd read_end;
  snapshot::UniqueFd write_end;
};

// Takes lines from a descriptor.
class LineReader {
 public:
  explicit LineReader(snapshot::UniqueFd fd) : fd_(std::move(fd)) {}

  // nullopt at the end of the file, and when nothing comes.
  std::optional<std::string> next() {
    for (;;) {
      const std::size_t end = rest_.find('\n');
      if (end != std::string::npos) {
        std::string line = rest_.substr(0, end);
        rest_.erase(0, end + 1);
        return line;
      }
      pollfd ready{.fd = fd_.get(), .events = POLLIN, .revents = 0};
      const int limit_ms = static_cast<int>(std::chrono::milliseconds(kChildLimit).count());
      if (poll(&ready, 1, limit_ms) != 1) return std::nullopt;
      std::array<char, 4096> bytes;
      const ssize_t count = read(fd_.get(), bytes.data(), bytes.size());
      if (count <= 0) return std::nullopt;
      rest_.append(bytes.data(), static_cast<std::size_t>(count));
    }
  }

  // Everything up to the end of the file.
  std::string all() {
    std::string text;
    while (const auto line = next()) text += *line + "\n";
    return text + std::exchange(rest_, {});
  }

 private:
  snapshot::UniqueFd fd_;
  std::string rest_;
};

class ChildProcess {
 public:
  using Words = std::vector<std::string>;

  // `inherited` stay open in the child under the same numbers.
  explicit ChildProcess(const Words& command, const std::vector<int>& inherited = {})
      : output_({}), errors_({}) {
    Pipe input;
    Pipe output;
    Pipe errors;
    std::vector<char*> words;
    for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));
    words.push_back(nullptr);
    const pid_t parent = getpid();
    pid_ = fork();
    if (pid_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      if (getppid() != parent) _exit(125);
      dup2(input.read_end.get(), STDIN_FILENO);
      dup2(output.write_end.get(), STDOUT_FILENO);
      dup2(errors.write_end.get(), STDERR_FILENO);
      for (const int fd : inherited) fcntl(fd, F_SETFD, 0);
      execvp(words[0], words.data());
      _exit(126);
    }
    if (pid_ < 0) ADD_FAILURE() << "no fork";
    input_ = std::move(input.write_end);
    output_ = LineReader(std::move(output.read_end));
    errors_ = LineReader(std::move(errors.read_end));
  }
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  ~ChildProcess() {
    if (ended_) return;
    send(SIGKILL);
    waitpid(pid_, nullptr, 0);
  }

  pid_t pid() const { return pid_; }
  LineReader& output() { return output_; }
  LineReader& errors() { return errors_; }
  void send(int signal) const { kill(pid_, signal); }
  void tell(const std::string& text) const {
    if (write(input_.get(), text.data(), text.size()) < 0) ADD_FAILURE() << "cannot write to the child";
  }

  // The lines that a fixture says before `ready`, in words.
  std::vector<Words> facts() {
    std::vector<Words> facts;
    for (auto line = output_.next(); line != "ready"; line = output_.next()) {
      if (!line) {
        ADD_FAILURE() << "the fixture never said `ready`; wait status " << wait().value_or(-1)
                      << ", errors: " << errors_.all();
        break;
      }
      std::istringstream text(*line);
      Words words;
      for (std::string word; text >> word;) words.push_back(word);
      facts.push_back(std::move(words));
    }
    return facts;
  }

  // Its wait status, as waitpid gives it; nullopt when it does not end.
  std::optional<int> wait() {
    int status = 0;
    if (!ended_ && !await_until([&] { return waitpid(pid_, &status, WNOHANG) == pid_; })) return std::nullopt;
    if (!ended_) ended_ = status;
    return ended_;
  }
  // Its exit code, or -1 when it ended otherwise.
  int exit_code() {
    const auto status = wait();
    return status && WIFEXITED(*status) ? WEXITSTATUS(*status) : -1;
  }

 private:
  pid_t pid_ = -1;
  snapshot::UniqueFd input_;
  LineReader output_;
  LineReader errors_;
  std::optional<int> ended_;
};

// Paths of what CMake built.
inline std::string fixture_program(const std::string& name) {
  return std::string(KVTOOL_PROGRAMS) + "/" + name;
}
inline std::string tool(const std::string& name) { return std::string(KVTOOL_TOOLS) + "/" + name; }

}  // namespace kvtool
