// Secrets that are told to servers in a header of a request.
#pragma once

#include <string>

#include "builder/exec_step.h"

namespace builder {

// The secret without the line end that its file may have; empty when it was not
// given. Throws: invalid_input when it has several lines, which would be
// several headers.
std::string find_header_secret(const Secrets& secrets, const std::string& id);

}  // namespace builder
