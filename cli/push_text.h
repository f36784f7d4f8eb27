// What became of a push, for people.
#pragma once

#include <string>
#include <vector>

#include "builder/push_image.h"

namespace cli {

// "pushed me/app:1 as sha256:…: 2 layers sent (12.3MB), 1 mounted, 4 there".
std::string describe_push(const std::vector<std::string>& names,
                          const builder::PushResult& result);

}  // namespace cli
