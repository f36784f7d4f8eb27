// Text that a terminal may be shown. What a step prints, and what a Dockerfile
// or a file name is made of, comes from strangers: an escape sequence in it
// could move the cursor over our own lines, retitle the window, write to the
// clipboard or make the terminal type, and a control of the direction of
// writing makes one name read as another. None of it gets through.
#pragma once

#include <string>
#include <string_view>

namespace cli {

// One line, without its line feed, as it reads when all is printed: what stands
// before the last carriage return is overwritten (a progress bar shows its last
// state). Left out are escape sequences (ECMA-48: CSI, and the strings of OSC,
// DCS, SOS, PM and APC with what they hold) and control characters except tabs,
// also those of U+0080 to U+009F. Controls of the direction of writing are
// shown, as "<U+202E>". Bytes that are not UTF-8 become U+FFFD.
std::string clean_line(std::string_view line);

// Each line of a text, cleaned; line feeds stay.
std::string clean_text(std::string_view text);

}  // namespace cli
