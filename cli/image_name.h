// A name that an image is to get, from the command line.
#pragma once

#include <string>

namespace cli {

// In full. `where` leads the message: "--tag". Throws: usage for what cannot be
// a name, or has a digest: that cannot be given to an image, it has its own.
std::string read_image_name(const std::string& where, const std::string& text);

}  // namespace cli
