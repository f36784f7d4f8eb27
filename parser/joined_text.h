// The text of one instruction after its continued lines were joined, which
// still knows the physical line and column of every byte.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "parser/dockerfile.h"

namespace parser {

class JoinedText {
 public:
  // Adds a piece that stands at `at`, without a line end in it.
  void append(std::string_view piece, Position at);

  const std::string& text() const noexcept { return text_; }
  // Where a byte was written; for text().size(), right behind the last one.
  Position position(std::size_t offset) const;
  // Where the bytes [begin, end) were written.
  Range range(std::size_t begin, std::size_t end) const;

 private:
  struct Segment {
    std::size_t offset;  // of its first byte in text_
    Position at;
  };
  std::string text_;
  std::vector<Segment> segments_;  // by offset; within one, columns just count
};

// A part of a joined text. Refers to it and must not outlive it.
class Slice {
 public:
  explicit Slice(const JoinedText& source)
      : Slice(source, 0, source.text().size()) {}
  Slice(const JoinedText& source, std::size_t begin, std::size_t end)
      : source_(&source), begin_(begin), end_(end) {}

  std::string_view text() const noexcept {
    return std::string_view(source_->text()).substr(begin_, end_ - begin_);
  }
  std::size_t size() const noexcept { return end_ - begin_; }
  bool empty() const noexcept { return begin_ == end_; }
  char operator[](std::size_t i) const { return source_->text()[begin_ + i]; }

  // Offsets count from this slice's start.
  Slice sub(std::size_t begin, std::size_t end) const {
    return Slice(*source_, begin_ + begin, begin_ + end);
  }
  Slice from(std::size_t begin) const { return sub(begin, size()); }

  // Without white space (unicode.h) at both ends.
  Slice trimmed() const;

  Range range() const { return source_->range(begin_, end_); }
  Word word() const { return Word{std::string(text()), range()}; }

 private:
  const JoinedText* source_;
  std::size_t begin_;
  std::size_t end_;
};

}  // namespace parser
