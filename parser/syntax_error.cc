#include "parser/syntax_error.h"

#include <utility>

namespace parser {

SyntaxError::SyntaxError(Range range, std::string message, std::string hint)
    : range_(range), message_(std::move(message)), hint_(std::move(hint)) {}

SyntaxError SyntaxError::at(const Range& range) const {
  return SyntaxError(range, message_, hint_);
}

}  // namespace parser
