// What a command of strake is.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/trace.h"
#include "cli/options.h"
#include "runtime/root_form.h"

namespace cli {

// Flags that stand before or behind the command's name, and what they are for.
class Globals {
 public:
  Globals() = default;
  Globals(const Globals&) = delete;
  Globals& operator=(const Globals&) = delete;
  ~Globals() = default;

  // As early as the program can tell.
  const std::chrono::steady_clock::time_point started =
      std::chrono::steady_clock::now();

  std::string command;              // its name, for the trace
  std::optional<std::string> root;  // --root, else STRAKE_ROOT, else a default
  // --config, where "config.json" has credentials; else see
  // registry/credential_places.h.
  std::optional<std::string> config_directory;
  std::optional<std::string> trace_file;  // --trace
  bool is_debug = false;                  // --debug

  std::optional<std::string> driver;  // --storage-driver

  void add_to(Options& options);

  // For commands that run something.
  void add_driver_to(Options& options);

  // What --storage-driver or STRAKE_STORAGE_DRIVER asks for, if anything.
  // Throws: usage for an unknown one.
  std::optional<runtime::StorageDriver> storage_driver() const;

  // The store's directory: /var/lib/strake, or below $XDG_DATA_HOME for others
  // than the machine's root. Throws: usage when there is no home to put it in.
  std::filesystem::path store_root() const;

  // What --trace and --debug ask for, opened by the first call, which comes
  // when the flags have been read; null when they ask for nothing. A command
  // that never calls it is traced as a whole.
  // Throws: system, denied when the file cannot be written.
  base::Trace* trace();
  // The command is over. Throws: as trace(). When it is not called, because the
  // command failed, the destructor writes what there is.
  void finish_trace();

 private:
  std::unique_ptr<base::Trace> trace_;
  std::optional<base::Span> command_;  // ends before its trace
};

// Runs a command with what follows its name; returns the exit code. Throws
// base::Error.
using CommandFunction = int (*)(Globals& globals, const Arguments& arguments);

int run_build_command(Globals& globals, const Arguments& arguments);
int run_builder_command(Globals& globals, const Arguments& arguments);
int run_cache_command(Globals& globals, const Arguments& arguments);
int run_debug_command(Globals& globals, const Arguments& arguments);
int run_doctor_command(Globals& globals, const Arguments& arguments);
int run_explain_command(Globals& globals, const Arguments& arguments);
int run_export_command(Globals& globals, const Arguments& arguments);
int run_history_command(Globals& globals, const Arguments& arguments);
int run_image_command(Globals& globals, const Arguments& arguments);
int run_images_command(Globals& globals, const Arguments& arguments);
int run_import_command(Globals& globals, const Arguments& arguments);
int run_inspect_command(Globals& globals, const Arguments& arguments);
int run_load_command(Globals& globals, const Arguments& arguments);
int run_login_command(Globals& globals, const Arguments& arguments);
int run_logout_command(Globals& globals, const Arguments& arguments);
int run_parse_command(Globals& globals, const Arguments& arguments);
int run_pull_command(Globals& globals, const Arguments& arguments);
int run_push_command(Globals& globals, const Arguments& arguments);
int run_rmi_command(Globals& globals, const Arguments& arguments);
int run_run_command(Globals& globals, const Arguments& arguments);
int run_save_command(Globals& globals, const Arguments& arguments);
int run_search_command(Globals& globals, const Arguments& arguments);
int run_system_command(Globals& globals, const Arguments& arguments);
int run_tag_command(Globals& globals, const Arguments& arguments);
int run_version_command(Globals& globals, const Arguments& arguments);

}  // namespace cli
