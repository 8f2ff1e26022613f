// A template over Rt costs what the hand-written code would: instruction by instruction, in the disassembly
// of this very program.
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <memory>
#include <regex>
#include <string>
#include <vector>

#include "core/explorer/sanitizers.h"

namespace {

// Mnemonics and operands in their order, without addresses. Empty where there is no objdump.
std::vector<std::string> instructions_of(const std::string& function) {
  const std::string command = "objdump -d --no-show-raw-insn --disassemble=" + function + " /proc/" +
                              std::to_string(getpid()) + "/exe 2>/dev/null";
  const std::unique_ptr<FILE, int (*)(FILE*)> output(popen(command.c_str(), "r"), &pclose);
  std::vector<std::string> instructions;
  std::array<char, 512> line{};
  const std::regex instruction(R"(^\s+[0-9a-f]+:\s+(.*\S)\s*$)");
  // A jump within the function, by where it leads; what is relative to the instruction differs with its
  // place.
  const std::regex address(R"([0-9a-f]+ <)"), relative(R"((-?0x[0-9a-f]+)\(%rip\)\s+# )"), self(function);
  while (std::fgets(line.data(), line.size(), output.get()) != nullptr) {
    std::smatch found;
    const std::string text = line.data();
    if (!std::regex_search(text, found, instruction)) continue;
    std::string one = std::regex_replace(found[1].str(), self, "self");
    one = std::regex_replace(one, relative, "(%rip) ");
    instructions.push_back(std::regex_replace(one, address, "<"));
  }
  // What fills the space up to the next function.
  while (!instructions.empty() && instructions.back().find("nop") != std::string::npos)
    instructions.pop_back();
  return instructions;
}

class Instructions : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (kvtool::explore::kSanitizer != kvtool::explore::Sanitizer::none)
      GTEST_SKIP() << "a sanitizer adds instructions of its own";
    if (std::system("objdump --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "no objdump (binutils)";
  }
};

TEST_P(Instructions, OfTheProductRuntimeAreThoseOfHandWrittenCode) {
  const std::string subject = std::string("kvtool_") + GetParam();
  const auto by_hand = instructions_of(subject + "_by_hand");
  ASSERT_GT(by_hand.size(), 5U);
  EXPECT_EQ(instructions_of(subject + "_product"), by_hand);
}

// Otherwise the comparison above could not see anything.
TEST_P(Instructions, OfAPointOfPerturbationAreSeen) {
  const std::string subject = std::string("kvtool_") + GetParam();
  const auto real = instructions_of(subject + "_real");
  EXPECT_GT(real.size(), instructions_of(subject + "_by_hand").size());
  bool looks = false;
  for (const std::string& one : real) looks = looks || one.find("Perturbation") != std::string::npos;
  EXPECT_TRUE(looks);
}

INSTANTIATE_TEST_SUITE_P(RealRuntime, Instructions, testing::Values("counter", "ring"));

}  // namespace
