#include "core/snapshot/python/runtime_finder.h"

#include <gtest/gtest.h>

#include <string>

namespace kvtool::snapshot::python {
namespace {

using namespace std::string_literals;

TEST(RuntimeFinder, FileNamesTellTheVersion) {
  EXPECT_EQ(version_of_name("libpython3.11.so.1.0"), "3.11");
  EXPECT_EQ(version_of_name("libpython3.6m.so.1.0"), "3.6");
  EXPECT_EQ(version_of_name("libpython2.7.so"), "2.7");
  EXPECT_EQ(version_of_name("python3.8"), "3.8");
  EXPECT_EQ(version_of_name("python3"), "");
  EXPECT_EQ(version_of_name("libpython.so"), "");
  EXPECT_EQ(version_of_name("uwsgi"), "");
}

TEST(RuntimeFinder, SoDoesTheTextThatPyGetVersionReturns) {
  EXPECT_EQ(minor_of_version_text("\0\0"
                                  "3.8.18 (default, May  9 2026, 10:00:00) \n[GCC 12.2.0]\0"s),
            8);
  EXPECT_EQ(minor_of_version_text("junk 3.1\0"
                                  "3.13.0rc1 (main, "s),
            13);
  EXPECT_EQ(minor_of_version_text("3.10.4+ (heads"), 10);
  EXPECT_EQ(minor_of_version_text("version 3.8.18 (default"), std::nullopt) << "not the text's beginning";
  EXPECT_EQ(minor_of_version_text("\0"
                                  "3.8 (default"s),
            std::nullopt);
  EXPECT_EQ(minor_of_version_text("\0"
                                  "3.8.18"s),
            std::nullopt);
  EXPECT_EQ(minor_of_version_text(""), std::nullopt);
}

}  // namespace
}  // namespace kvtool::snapshot::python
