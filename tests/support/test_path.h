// Where a test may write a file.
#ifndef TESTS_SUPPORT_TEST_PATH_H_
#define TESTS_SUPPORT_TEST_PATH_H_

#include <gtest/gtest.h>

#include <string>

namespace sconce {

// The path of a file of the running test.
inline std::string TestPath(const std::string& name) {
  const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
  return ::testing::TempDir() + test->test_suite_name() + "." + test->name() +
         "." + name;
}

}  // namespace sconce

#endif  // TESTS_SUPPORT_TEST_PATH_H_
