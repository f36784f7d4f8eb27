// Texts of strangers for a page: nothing in them may look like what it is not.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cli {

// clean_text(), and every character that would reorder what is around it, break
// a line unseen or not show at all becomes its name: "<U+202E>". Joiners stay:
// emoji and some scripts are written with them.
std::string show_text(std::string_view text);

// A command's words as they could be typed into a shell. Hidden are credentials
// in addresses, and the value of a --build-arg whose name says that it may be
// one (builder/shown_text.h): "--build-arg TOKEN=xxxxx".
std::string show_command(const std::vector<std::string>& words);

}  // namespace cli
