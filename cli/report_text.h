// Texts of strangers for a page: nothing in them may look like what it is not.
#pragma once

#include <string>
#include <string_view>

namespace cli {

// clean_text(), and every character that would reorder what is around it, break
// a line unseen or not show at all becomes its name: "<U+202E>". Joiners stay:
// emoji and some scripts are written with them.
std::string show_text(std::string_view text);

// Words as they could be typed into a shell, credentials in addresses hidden.
std::string show_word(std::string_view word);

}  // namespace cli
