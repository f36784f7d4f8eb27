// A Catch2 matcher: an Error of this kind whose text holds these words.
#pragma once

#include <string>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "base/error.h"

namespace tests {

class HasKind : public Catch::MatcherBase<base::Error> {
 public:
  explicit HasKind(base::ErrorKind kind, std::string text = {})
      : kind_(kind), text_(std::move(text)) {}

  bool match(const base::Error& error) const override {
    return error.kind() == kind_ &&
           error.message().find(text_) != std::string::npos;
  }
  std::string describe() const override {
    return fmt::format("is an error of kind {} that says \"{}\"",
                       static_cast<int>(kind_), text_);
  }

 private:
  base::ErrorKind kind_;
  std::string text_;
};

}  // namespace tests
