// The value of --secret.
#pragma once

#include <string>

#include "builder/credentials.h"

namespace cli {

// One CSV record: id=ID with src=FILE (source=), or env=NAME; with neither, ID
// is the variable or else the file. type=file|env says how src is meant.
// Reads the value. Throws: usage; not_found for a file or variable that is not
// there; invalid_input above 500 KiB; denied, system.
void add_secret(const std::string& word, builder::Secrets& secrets);

}  // namespace cli
