// TextTable: columns that stand below each other.
#ifndef CLIENT_LOADTEST_REPORT_TEXT_TABLE_H_
#define CLIENT_LOADTEST_REPORT_TEXT_TABLE_H_

#include <string>
#include <vector>

namespace sconce::load {

// One thread at a time.
class TextTable {
 public:
  // A row may be shorter than another.
  void Add(std::vector<std::string> row);

  // A line for each row: the first column to the left, the others to the right.
  // Empty without rows.
  std::string Text() const;

 private:
  std::vector<size_t> Widths() const;

  std::vector<std::vector<std::string>> rows_;
};

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_REPORT_TEXT_TABLE_H_
