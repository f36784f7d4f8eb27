// A text of any length of which only the beginning and the end are kept, for
// those who show it and need not show all: so much at most, however much comes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace cli {

class BoundedText {
 public:
  BoundedText(std::size_t most_head_bytes, std::size_t most_tail_bytes);

  void append(std::string_view bytes);

  // What is kept, cut at line ends where there are any. All of the text is in
  // `head` when nothing had to be left out.
  struct Parts {
    std::string head;
    std::uint64_t left_out_bytes = 0;  // between the two
    std::string tail;
  };
  Parts parts() const;

 private:
  std::size_t most_head_bytes_;
  std::size_t most_tail_bytes_;
  std::string head_;
  std::string tail_;  // up to twice what is asked for
  std::uint64_t total_bytes_ = 0;
};

}  // namespace cli
