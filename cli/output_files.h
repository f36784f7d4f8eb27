// Files that a command was asked to write beside what it makes, looked at
// before it starts: at its end it would be too late to say that one cannot be.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace cli {

struct OutputFile {
  std::string flag;  // "--report"
  std::filesystem::path path;
};

// Throws: usage for one without a name, and for two that are one file, naming
// both flags; invalid_input for a directory; not_found where there is no
// directory to put it in.
void check_output_files(const std::vector<OutputFile>& files);

}  // namespace cli
