#include "core/snapshot/snapshot.h"

#include <elf.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>

#include "core/snapshot/json.h"
#include "tools/child_process.h"

namespace kvtool::snapshot {
namespace {

const ThreadDump* find(const ProcessDump& dump, pid_t tid) {
  const auto thread = std::ranges::find(dump.threads, tid, &ThreadDump::tid);
  return thread == dump.threads.end() ? nullptr : &*thread;
}

// A thread that must be there.
const ThreadDump& thread_of(const ProcessDump& dump, pid_t tid) {
  static const ThreadDump none;
  const ThreadDump* thread = find(dump, tid);
  if (thread == nullptr) ADD_FAILURE() << "no thread " << tid << " in " << to_json(dump);
  return thread == nullptr ? none : *thread;
}

// What a thread that must wait waits for.
ThreadWait wait_of(const ThreadDump& thread) {
  if (!thread.wait) ADD_FAILURE() << "thread " << thread.tid << " does not wait";
  return thread.wait.value_or(ThreadWait{});
}

// Where the stack of a thread that must have one begins.
Frame outermost(const ThreadDump& thread) {
  if (thread.frames.empty()) ADD_FAILURE() << "thread " << thread.tid << " has no stack";
  return thread.frames.empty() ? Frame{} : thread.frames.back();
}

// Looks at the process until its threads are where the fixture said they go.
ProcessDump await_dump(pid_t pid, const std::function<bool(const ProcessDump&)>& there) {
  ProcessDump dump;
  const bool came = await_until([&] {
    dump = take_snapshot({.pid = pid});
    return there(dump);
  });
  EXPECT_TRUE(came) << to_json(dump);
  return dump;
}

bool waits_for(const ProcessDump& dump, pid_t tid, WaitKind kind) {
  const ThreadDump* thread = find(dump, tid);
  return thread != nullptr && thread->wait && thread->wait->kind == kind;
}

bool calls(const ThreadDump& thread, const std::string& function) {
  return std::ranges::any_of(thread.frames,
                             [&](const Frame& f) { return f.function.find(function) != std::string::npos; });
}

bool lacks(const ProcessDump& dump, const std::string& text) {
  return std::ranges::any_of(dump.lacks,
                             [&](const std::string& s) { return s.find(text) != std::string::npos; });
}

std::uint64_t address(const std::string& text) {
  return text == "(nil)" ? 0 : std::stoull(text, nullptr, 16);
}

// The two threads of abba, each with the mutex that it holds.
struct Abba {
  explicit Abba(const std::string& program) : child({fixture_program(program)}) {
    for (const auto& words : child.facts()) {
      if (words.size() != 4) continue;
      tids.push_back(std::stoi(words[2]));
      holds.push_back(address(words[3]));
    }
  }
  ProcessDump dump() {
    return await_dump(child.pid(), [&](const ProcessDump& d) {
      return waits_for(d, tids.at(0), WaitKind::mutex) && waits_for(d, tids.at(1), WaitKind::mutex) &&
             waits_for(d, d.pid, WaitKind::other);
    });
  }
  ChildProcess child;
  std::vector<pid_t> tids;
  std::vector<std::uint64_t> holds;
};

TEST(Snapshot, AbbaNamesEachThreadAsTheOthersOwner) {
  Abba abba("abba");
  ASSERT_EQ(abba.tids.size(), 2u);
  const ProcessDump dump = abba.dump();
  EXPECT_EQ(dump.pid, abba.child.pid());
  EXPECT_EQ(dump.command, "abba");
  EXPECT_EQ(dump.threads.size(), 3u);
  EXPECT_EQ(dump.paused_us, 0u);
  tm when{};
  const char* rest = strptime(dump.taken_at.c_str(), "%Y-%m-%dT%H:%M:%S", &when);
  ASSERT_NE(rest, nullptr) << dump.taken_at;
  EXPECT_EQ(std::string_view(rest).size(), std::string_view(".123Z").size()) << dump.taken_at;
  for (const std::size_t i : {0, 1}) {
    const std::size_t other = 1 - i;
    const ThreadDump& thread = thread_of(dump, abba.tids[i]);
    EXPECT_EQ(thread.state, 'S');
    EXPECT_EQ(wait_of(thread).owner, abba.tids[other]);
    EXPECT_EQ(wait_of(thread).address, abba.holds[other]);
    EXPECT_FALSE(wait_of(thread).owner_dead);
    ASSERT_TRUE(thread.syscall);
    ASSERT_FALSE(thread.frames.empty());
    EXPECT_EQ(thread.frames[0].pc, thread.syscall->pc);
  }
}

TEST(Snapshot, AbbaStacksReachTheThreadsStart) {
  Abba abba("abba");
  ASSERT_EQ(abba.tids.size(), 2u);
  const ProcessDump dump = abba.dump();
  for (const ThreadDump& thread : dump.threads) EXPECT_EQ(thread.stack, StackState::complete) << thread.tid;
  const ThreadDump& thread = thread_of(dump, abba.tids[0]);
  const auto names = [&](std::size_t i) { return thread.frames.at(i).function; };
  const auto lock = std::ranges::find(thread.frames, "pthread_mutex_lock", &Frame::function);
  ASSERT_NE(lock, thread.frames.end());
  EXPECT_TRUE(lock->module.starts_with("libc") || lock->module.starts_with("libpthread")) << lock->module;
  const auto at = static_cast<std::size_t>(lock - thread.frames.begin());
  EXPECT_EQ(names(at + 1), "(anonymous namespace)::take_second(std::mutex&)");
  EXPECT_EQ(names(at + 2), "(anonymous namespace)::take_both(char const*, std::mutex&, std::mutex&)");
  EXPECT_EQ(thread.frames.at(at + 1).module, "abba");
  EXPECT_EQ(outermost(thread_of(dump, dump.pid)).function, "_start");
}

TEST(Snapshot, LinesComeFromDebugInformationWithInlinedFunctions) {
  Abba abba("abba");
  ASSERT_EQ(abba.tids.size(), 2u);
  abba.dump();
  const ProcessDump dump = take_snapshot({.pid = abba.child.pid(), .lines = true});
  std::ifstream source(std::string(KVTOOL_FIXTURES) + "/programs/abba.cc");
  std::vector<std::string> text;
  for (std::string line; std::getline(source, line);) text.push_back(line);
  std::size_t checked = 0;
  std::size_t inlined = 0;
  for (const pid_t tid : abba.tids) {
    const ThreadDump& thread = thread_of(dump, tid);
    for (const Frame& frame : thread.frames) {
      inlined += frame.inlined ? 1u : 0u;
      if (!frame.file.ends_with("abba.cc")) continue;
      ASSERT_TRUE(frame.line);
      // Each stands in the line in which it calls the next.
      const std::string& line = text.at(static_cast<std::size_t>(*frame.line) - 1);
      const bool second = frame.function.find("take_second") != std::string::npos;
      const bool both = frame.function.find("take_both") != std::string::npos;
      EXPECT_TRUE(!second || line.find("lock_guard") != std::string::npos) << line;
      EXPECT_TRUE(!both || line.find("take_second") != std::string::npos) << line;
      ++checked;
    }
  }
  EXPECT_GE(checked, 4u) << to_json(dump);
  EXPECT_GE(inlined, 2u) << "std::mutex::lock and the like";
  const ProcessDump plain = take_snapshot({.pid = abba.child.pid()});
  for (const Frame& frame : thread_of(plain, abba.tids[0]).frames) EXPECT_EQ(frame.file, "");
}

TEST(Snapshot, FramePointersThatNobodySavedAreFound) {
  Abba abba("abba-frame-pointers");
  ASSERT_EQ(abba.tids.size(), 2u);
  const ProcessDump dump = abba.dump();
  for (const std::size_t i : {0, 1}) {
    const ThreadDump& thread = thread_of(dump, abba.tids[i]);
    EXPECT_EQ(wait_of(thread).owner, abba.tids[1 - i]);
    EXPECT_EQ(thread.stack, StackState::complete);
    for (const char* function :
         {"pthread_mutex_lock", "std::mutex::lock()", "take_second", "take_both", "_M_run"})
      EXPECT_TRUE(calls(thread, function)) << function;
    EXPECT_EQ(thread.accuracy, Accuracy::exact) << "the code of the functions tells where it was saved";
  }
}

TEST(Snapshot, EveryKindOfLockIsReadWithItsOwner) {
  ChildProcess child({fixture_program("every-lock")});
  const auto facts = child.facts();
  ASSERT_GE(facts.size(), 26u);
  const ProcessDump dump = await_dump(child.pid(), [&](const ProcessDump& d) {
    return std::ranges::all_of(facts, [&](const auto& fact) {
      const ThreadDump* thread = find(d, std::stoi(fact[3]));
      return thread != nullptr && thread->syscall && thread->wait && thread->wait->kind != WaitKind::other;
    });
  });
  const auto json = nlohmann::json::parse(to_json(dump));
  for (const auto& fact : facts) {
    SCOPED_TRACE(fact[1]);
    const ThreadDump& thread = thread_of(dump, std::stoi(fact[3]));
    const auto shown =
        std::ranges::find_if(json["threads"], [&](const auto& t) { return t["tid"] == thread.tid; });
    EXPECT_EQ((*shown)["wait"]["kind"], fact[2]);
    const std::uint64_t said = address(fact[4]);  // 0 when the fixture cannot know it either
    EXPECT_TRUE(said == 0 || wait_of(thread).address == said);
    EXPECT_EQ(wait_of(thread).owner.value_or(0), std::stoi(fact[5]));
    EXPECT_FALSE(wait_of(thread).owner_dead);
    EXPECT_EQ(thread.stack, StackState::complete);
  }
}

TEST(Snapshot, EveryOtherCallSaysWhatItWaitsFor) {
  ChildProcess child({fixture_program("every-call")});
  const auto facts = child.facts();
  ASSERT_EQ(facts.size(), 7u);
  const auto name_of = [](const ProcessDump& d, pid_t tid) -> std::string {
    const auto json = nlohmann::json::parse(to_json(d));
    for (const auto& thread : json["threads"])
      if (thread["tid"] == tid && thread.contains("syscall")) return thread["syscall"].value("name", "");
    return "";
  };
  const ProcessDump dump = await_dump(child.pid(), [&](const ProcessDump& d) {
    return std::ranges::all_of(facts,
                               [&](const auto& fact) { return name_of(d, std::stoi(fact[3])) == fact[1]; });
  });
  const auto json = nlohmann::json::parse(to_json(dump));
  for (const auto& fact : facts) {
    SCOPED_TRACE(fact[1]);
    const auto tid = std::stoi(fact[3]);
    const auto shown = std::ranges::find_if(json["threads"], [&](const auto& t) { return t["tid"] == tid; });
    EXPECT_EQ((*shown)["wait"], nlohmann::json({{"kind", fact[2]}}));
    EXPECT_EQ((*shown)["stack"], "complete");
  }
}

TEST(Snapshot, OwnerThatEndedIsReportedAsDead) {
  ChildProcess child({fixture_program("dead-owner")});
  const auto facts = child.facts();
  ASSERT_EQ(facts.size(), 1u);
  const pid_t waiter = std::stoi(facts[0][1]);
  const ProcessDump dump =
      await_dump(child.pid(), [&](const ProcessDump& d) { return waits_for(d, waiter, WaitKind::mutex); });
  const ThreadWait wait = wait_of(thread_of(dump, waiter));
  EXPECT_TRUE(wait.owner_dead);
  EXPECT_FALSE(wait.owner);
  EXPECT_EQ(wait.address, address(facts[0][2]));
}

// A process with one thread that runs for ever.
struct Spinner {
  Spinner() : child({fixture_program("spinner")}), tid(std::stoi(child.facts().at(0).at(1))) {}
  ProcessDump dump(SnapshotOptions options) {
    options.pid = child.pid();
    ProcessDump taken;
    // On a busy machine a spinning thread may be off the processor for a moment, but it is never blocked.
    EXPECT_TRUE(await_until([&] {
      taken = take_snapshot(options);
      return thread_of(taken, tid).cpu_us.value_or(0) > 0 && waits_for(taken, taken.pid, WaitKind::other);
    }));
    return taken;
  }
  ChildProcess child;
  pid_t tid;
};

TEST(Snapshot, RunningThreadThatMayNotBeStoppedHasNoStackAndTheDumpSaysWhy) {
  Spinner spinner;
  const ProcessDump dump = spinner.dump({.may_stop = false});
  const ThreadDump& thread = thread_of(dump, spinner.tid);
  EXPECT_EQ(thread.name, "spinner");
  EXPECT_EQ(thread.state, 'R');
  EXPECT_EQ(thread.stack, StackState::none);
  EXPECT_TRUE(thread.frames.empty());
  EXPECT_FALSE(thread.wait);
  EXPECT_FALSE(thread.rung);
  EXPECT_EQ(dump.paused_us, 0u);
  EXPECT_TRUE(lacks(dump, "Thread " + std::to_string(spinner.tid) + ": no stack: running on a processor"));
  EXPECT_EQ(thread_of(dump, dump.pid).stack, StackState::complete);
}

TEST(Snapshot, RunningThreadIsStoppedAloneForItsStack) {
  Spinner spinner;
  const ProcessDump dump = spinner.dump({});
  const ThreadDump& thread = thread_of(dump, spinner.tid);
  EXPECT_EQ(thread.stack, StackState::complete);
  EXPECT_EQ(thread.rung, Rung::stopped);
  EXPECT_EQ(thread.accuracy, Accuracy::exact);
  EXPECT_TRUE(calls(thread, "main::{lambda")) << to_json(dump);
  EXPECT_FALSE(thread.wait);
  EXPECT_GT(thread.paused_us, 0u);
  EXPECT_EQ(dump.paused_us, thread.paused_us);
  const ThreadDump& blocked = thread_of(dump, dump.pid);
  EXPECT_EQ(blocked.rung, Rung::no_stop) << "only who runs is stopped";
  EXPECT_EQ(blocked.paused_us, 0u);
}

TEST(Snapshot, ManyThreads) {
  ChildProcess child({fixture_program("many-threads"), "256"});
  child.facts();
  const ProcessDump dump = await_dump(child.pid(), [&](const ProcessDump& d) {
    return std::ranges::all_of(d.threads, [&](const ThreadDump& t) {
      return t.tid == d.pid ? t.wait.has_value() : t.wait && t.wait->owner == d.pid;
    });
  });
  ASSERT_EQ(dump.threads.size(), 257u);
  for (const ThreadDump& thread : dump.threads) {
    if (thread.tid == dump.pid) continue;
    EXPECT_EQ(thread.stack, StackState::complete);
    EXPECT_GE(
        std::ranges::count_if(thread.frames,
                              [](const Frame& f) { return f.function.find("descend") != std::string::npos; }),
        12);
  }
}

TEST(Snapshot, TimeBudgetLeavesStacksOutAndSaysSo) {
  ChildProcess child({fixture_program("many-threads"), "20"});
  child.facts();
  const ProcessDump dump = take_snapshot({.pid = child.pid(), .budget = std::chrono::milliseconds(0)});
  ASSERT_EQ(dump.threads.size(), 21u);
  for (const ThreadDump& thread : dump.threads) {
    EXPECT_TRUE(thread.frames.empty());
    EXPECT_FALSE(thread.name.empty());
    EXPECT_TRUE(thread.cpu_us);
  }
  EXPECT_TRUE(lacks(dump, "and 5 more: stack is missing or cut: the time budget was spent"));
}

TEST(Snapshot, ThreadsMayComeAndGoMeanwhile) {
  ChildProcess child({fixture_program("churning-threads")});
  const pid_t stays = std::stoi(child.facts().at(0).at(1));
  for (int look = 0; look < 50; ++look) {
    const ProcessDump dump = take_snapshot({.pid = child.pid()});
    ASSERT_NE(find(dump, stays), nullptr);
    EXPECT_NE(find(dump, child.pid()), nullptr);
    std::set<pid_t> tids;
    for (const ThreadDump& thread : dump.threads) EXPECT_TRUE(tids.insert(thread.tid).second);
  }
}

TEST(Snapshot, UnfriendlyThreadNamesAreKept) {
  ChildProcess child({fixture_program("odd-name")});
  const pid_t odd = std::stoi(child.facts().at(0).at(1));
  const ProcessDump dump =
      await_dump(child.pid(), [&](const ProcessDump& d) { return waits_for(d, odd, WaitKind::other); });
  EXPECT_EQ(thread_of(dump, odd).name, ") R 1 (\n\xff");
  EXPECT_TRUE(nlohmann::json::accept(to_json(dump)));
}

TEST(Snapshot, OtherThreadsAreReadAfterTheMainThreadEnded) {
  ChildProcess child({fixture_program("main-gone")});
  const pid_t survivor = std::stoi(child.facts().at(0).at(1));
  const ProcessDump dump = await_dump(child.pid(), [&](const ProcessDump& d) {
    return waits_for(d, survivor, WaitKind::other) && thread_of(d, child.pid()).state == 'Z';
  });
  EXPECT_EQ(thread_of(dump, survivor).stack, StackState::complete);
  EXPECT_TRUE(calls(thread_of(dump, survivor), "pause"));
  EXPECT_EQ(thread_of(dump, child.pid()).stack, StackState::none);
  EXPECT_TRUE(lacks(dump, "Thread " + std::to_string(child.pid()) + ": no stack: it has ended."));
}

TEST(Snapshot, AnyThreadsIdMeansItsProcess) {
  Abba abba("abba");
  ASSERT_EQ(abba.tids.size(), 2u);
  EXPECT_EQ(take_snapshot({.pid = abba.tids[1]}).pid, abba.child.pid());
}

TEST(Snapshot, ZombieHasNoStacks) {
  const pid_t child = fork();
  if (child == 0) _exit(0);
  siginfo_t ended{};
  ASSERT_EQ(waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOWAIT), 0);
  const ProcessDump dump =
      await_dump(child, [&](const ProcessDump& d) { return lacks(d, "waits for its parent to reap it"); });
  ASSERT_EQ(dump.threads.size(), 1u);
  EXPECT_EQ(dump.threads[0].state, 'Z');
  waitpid(child, nullptr, 0);
}

// The smallest 32-bit program: a header, one segment, and `jmp .`.
std::string endless_32_bit_program() {
  constexpr std::uint32_t kBase = 0x08048000;
  const Elf32_Ehdr header{.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS32, ELFDATA2LSB, EV_CURRENT},
                          .e_type = ET_EXEC,
                          .e_machine = EM_386,
                          .e_version = EV_CURRENT,
                          .e_entry = kBase + sizeof(Elf32_Ehdr) + sizeof(Elf32_Phdr),
                          .e_phoff = sizeof(Elf32_Ehdr),
                          .e_shoff = 0,
                          .e_flags = 0,
                          .e_ehsize = sizeof(Elf32_Ehdr),
                          .e_phentsize = sizeof(Elf32_Phdr),
                          .e_phnum = 1,
                          .e_shentsize = 0,
                          .e_shnum = 0,
                          .e_shstrndx = 0};
  constexpr std::string_view kCode = "\xeb\xfe";
  constexpr std::uint32_t kBytes = sizeof(Elf32_Ehdr) + sizeof(Elf32_Phdr) + 2;
  const Elf32_Phdr segment{.p_type = PT_LOAD,
                           .p_offset = 0,
                           .p_vaddr = kBase,
                           .p_paddr = kBase,
                           .p_filesz = kBytes,
                           .p_memsz = kBytes,
                           .p_flags = PF_R | PF_X,
                           .p_align = 4096};
  std::string bytes(reinterpret_cast<const char*>(&header), sizeof header);
  bytes.append(reinterpret_cast<const char*>(&segment), sizeof segment);
  return bytes.append(kCode);
}

TEST(Snapshot, ProgramOf32BitsHasNoStacksAndTheDumpSaysWhy) {
  const std::filesystem::path program = testing::TempDir() + "kvtool-32-bit-" + std::to_string(getpid());
  std::ofstream(program, std::ios::binary) << endless_32_bit_program();
  std::filesystem::permissions(program, std::filesystem::perms::owner_all);
  {
    ChildProcess child({program.string()});
    const bool started = await_until([&] {
      return std::filesystem::read_symlink("/proc/" + std::to_string(child.pid()) + "/exe").filename() ==
                 program.filename() ||
             is_gone(child.pid());
    });
    if (!started || is_gone(child.pid())) {
      std::filesystem::remove(program);
      GTEST_SKIP() << "this kernel runs no 32-bit programs";
    }
    for (const bool freeze : {false, true}) {
      const ProcessDump dump = take_snapshot({.pid = child.pid(), .freeze = freeze});
      ASSERT_EQ(dump.threads.size(), 1u);
      EXPECT_TRUE(dump.threads[0].frames.empty());
      EXPECT_FALSE(dump.threads[0].name.empty());
      EXPECT_EQ(dump.paused_us, 0u);
      EXPECT_TRUE(lacks(dump, "this is a 32-bit program; expected a 64-bit one"));
    }
  }
  std::filesystem::remove(program);
}

TEST(Snapshot, KernelThreadHasNoStacks) {
  constexpr pid_t kKthreadd = 2;
  try {
    const ProcessDump dump = take_snapshot({.pid = kKthreadd});
    if (dump.command != "kthreadd") GTEST_SKIP() << "process 2 is no kernel thread here (a container)";
    EXPECT_TRUE(lacks(dump, "this is a kernel thread"));
    EXPECT_TRUE(dump.threads.at(0).frames.empty());
  } catch (const TargetError&) {
    GTEST_SKIP() << "there is no process 2 here (a container)";
  }
}

TEST(Snapshot, NoProcessIsAnErrorThatSaysWhatToDo) {
  const pid_t child = fork();
  if (child == 0) _exit(0);
  waitpid(child, nullptr, 0);
  try {
    take_snapshot({.pid = child});
    FAIL() << "a dump of nothing";
  } catch (const TargetError& error) {
    EXPECT_EQ(error.what(), "found no process " + std::to_string(child) +
                                "; expected the PID of a live process; check it with: ps -p " +
                                std::to_string(child));
  }
}

TEST(Snapshot, NamesComeFromAnExecutableThatWasDeleted) {
  const std::filesystem::path copy = testing::TempDir() + "kvtool-deleted-" + std::to_string(getpid());
  std::filesystem::copy_file(fixture_program("odd-name"), copy,
                             std::filesystem::copy_options::overwrite_existing);
  ChildProcess child({copy.string()});
  child.facts();
  std::filesystem::remove(copy);
  const ProcessDump dump =
      await_dump(child.pid(), [&](const ProcessDump& d) { return waits_for(d, d.pid, WaitKind::other); });
  const ThreadDump& thread = thread_of(dump, child.pid());
  EXPECT_EQ(outermost(thread).module, copy.filename());
  // The kernel's handle to the deleted file needs a capability.
  EXPECT_TRUE(lacks(dump, "its file could not be opened") || outermost(thread).function == "_start");
}

TEST(Snapshot, OwnersAreRightInAPidNamespace) {
  ChildProcess child({"unshare", "--pid", "--fork", "--kill-child", fixture_program("abba")});
  std::vector<pid_t> inner;
  std::vector<std::uint64_t> holds;
  auto line = child.output().next();
  if (!line) GTEST_SKIP() << "no PID namespace can be made here: " << child.errors().all();
  for (; line && *line != "ready"; line = child.output().next()) {
    std::istringstream text(*line);
    std::string word;
    pid_t tid = 0;
    std::string held;
    text >> word >> word >> tid >> held;
    inner.push_back(tid);
    holds.push_back(address(held));
  }
  ASSERT_EQ(inner.size(), 2u);
  EXPECT_LT(inner[0], 10) << "the target counts its threads from 1";
  const std::string pid = std::to_string(child.pid());
  pid_t target = 0;
  std::ifstream("/proc/" + pid + "/task/" + pid + "/children") >> target;
  ASSERT_NE(target, 0);

  const ProcessDump dump = await_dump(target, [](const ProcessDump& d) {
    return std::ranges::count_if(d.threads, [](const ThreadDump& t) { return t.wait && t.wait->owner; }) == 2;
  });
  std::vector<const ThreadDump*> stuck;
  for (const ThreadDump& thread : dump.threads)
    if (thread.wait && thread.wait->owner) stuck.push_back(&thread);
  ASSERT_EQ(stuck.size(), 2u);
  EXPECT_EQ(stuck[0]->wait->owner, stuck[1]->tid);
  EXPECT_EQ(stuck[1]->wait->owner, stuck[0]->tid);
  EXPECT_TRUE(calls(*stuck[0], "take_second"));
}

// What somebody without the right to read the target gets, as JSON.
nlohmann::json dump_as_nobody(pid_t target) {
  constexpr uid_t kNobody = 65534;
  Pipe result;
  const pid_t child = fork();
  if (child == 0) {
    if (geteuid() == 0 && setresuid(kNobody, kNobody, kNobody) != 0) _exit(1);
    const std::string text = to_json(take_snapshot({.pid = target}));
    _exit(write(result.write_end.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()) ? 0
                                                                                                       : 1);
  }
  result.write_end = UniqueFd();
  const std::string text = LineReader(std::move(result.read_end)).all();
  waitpid(child, nullptr, 0);
  return nlohmann::json::parse(text);
}

TEST(Snapshot, WithoutPermissionNamesAndStatesRemainAndTheDumpSaysWhatIsMissing) {
  Abba abba("abba");
  const bool root = geteuid() == 0;
  const auto dump = dump_as_nobody(root ? abba.child.pid() : 1);
  ASSERT_FALSE(dump["threads"].empty());
  EXPECT_TRUE(!root || dump["threads"].size() == 3u);
  for (const auto& thread : dump["threads"]) {
    EXPECT_FALSE(thread["name"].get<std::string>().empty());
    EXPECT_TRUE(thread["frames"].empty());
    EXPECT_FALSE(thread.contains("syscall"));
    EXPECT_EQ(thread["stack"], "none");
  }
  ASSERT_EQ(dump["lacks"].size(), 1u);
  const auto sentence = dump["lacks"][0].get<std::string>();
  EXPECT_TRUE(sentence.starts_with("No stacks, system calls or locks")) << sentence;
  EXPECT_NE(sentence.find("run this as"), std::string::npos) << sentence;
}

TEST(Snapshot, FlightFileGivesTheLockLines) {
  const std::string path = testing::TempDir() + "kvtool-snapshot-flight-" + std::to_string(getpid());
  ChildProcess child({fixture_program("writes-flight"), path});
  child.facts();
  const ProcessDump dump = take_snapshot({.pid = child.pid(), .flight_file = path});
  ASSERT_EQ(dump.lock_lines.size(), 2u);
  EXPECT_EQ(dump.lock_lines[0].tid, child.pid());
  EXPECT_EQ(dump.lock_lines[0].wants, "driver-lock:W");
  EXPECT_GE(dump.lock_lines[0].waiting_ms.value_or(0), 2000u);
  EXPECT_EQ(dump.lock_lines[1].holds, (std::vector<std::string>{"driver-lock:W", "stream:3"}));
  EXPECT_TRUE(lacks(dump, "1 lock lines")) << "the one whose writer stopped half way";

  const ProcessDump foreign = take_snapshot({.pid = getpid(), .flight_file = path});
  EXPECT_TRUE(foreign.lock_lines.empty());
  EXPECT_TRUE(lacks(foreign, "process " + std::to_string(child.pid()) + " wrote it, expected"));
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace kvtool::snapshot
