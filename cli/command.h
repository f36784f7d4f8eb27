// What a command of strake is.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "cli/options.h"

namespace cli {

// Flags that stand before or behind the command's name.
struct Globals {
  // As early as the program can tell.
  const std::chrono::steady_clock::time_point started =
      std::chrono::steady_clock::now();
  std::optional<std::string> root;  // --root, else STRAKE_ROOT, else a default

  // The store's directory: /var/lib/strake, or below $XDG_DATA_HOME for others
  // than root. Throws: usage when there is no home to put it in.
  std::filesystem::path store_root() const;
  void add_to(Options& options);
};

// Runs a command with what follows its name; returns the exit code. Throws
// base::Error.
using CommandFunction = int (*)(Globals& globals, const Arguments& arguments);

int run_build_command(Globals& globals, const Arguments& arguments);
int run_export_command(Globals& globals, const Arguments& arguments);
int run_history_command(Globals& globals, const Arguments& arguments);
int run_images_command(Globals& globals, const Arguments& arguments);
int run_import_command(Globals& globals, const Arguments& arguments);
int run_inspect_command(Globals& globals, const Arguments& arguments);
int run_load_command(Globals& globals, const Arguments& arguments);
int run_parse_command(Globals& globals, const Arguments& arguments);
int run_rmi_command(Globals& globals, const Arguments& arguments);
int run_run_command(Globals& globals, const Arguments& arguments);
int run_save_command(Globals& globals, const Arguments& arguments);
int run_tag_command(Globals& globals, const Arguments& arguments);
int run_version_command(Globals& globals, const Arguments& arguments);

}  // namespace cli
