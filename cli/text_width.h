// How many columns of a terminal a text takes, and how to cut it to fit.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace cli {

// Of a text without control characters. Wide characters take two columns and
// combining ones none, as far as wcwidth(3) knows them.
std::size_t text_width(std::string_view text);

// The text when it fits, else its beginning with `mark` ("…") at its end; never
// more than `columns` wide. Tabs become blanks up to the next eighth column.
std::string cut_text(std::string_view text, std::size_t columns,
                     std::string_view mark);

}  // namespace cli
