// Where heredocs start on an instruction's command line.
//
// A start is a whole shell word `[n]<<[-]delimiter`; blanks may stand before
// the delimiter. Not one: `<<<`, a quoted "<<X", a word with a further '<', an
// empty delimiter (`<<""`), anything on a line with a quote that has no mate,
// and a shift inside `$(( ))`, which the blanks would otherwise turn into one.
// The words are a shell's, so quotes and the backslash rule them whatever the
// file's escape character is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace parser {

struct HeredocStart {
  std::string name;  // without quotes
  std::uint32_t fd = 0;
  bool expand = true;     // the delimiter is not quoted
  bool chomp = false;     // "<<-"
  std::size_t begin = 0;  // offsets in the command line
  std::size_t end = 0;
};

// In the order they stand. Linear in the line's length.
std::vector<HeredocStart> find_heredocs(std::string_view command_line);

}  // namespace parser
