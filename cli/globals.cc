#include <link.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <utility>

#include "base/error.h"
#include "cli/command.h"
#include "cli/debug_log.h"
#include "cli/trace_file.h"

namespace cli {
namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// Shared libraries of this process, those loaded on demand last.
std::string list_libraries() {
  std::string names;
  ::dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* out) {
        const std::string_view path = info->dlpi_name;
        if (path.empty()) return 0;
        std::string& list = *static_cast<std::string*>(out);
        if (!list.empty()) list += ' ';
        list += path.substr(path.rfind('/') + 1);
        return 0;
      },
      &names);
  return names;
}

// Root of a user's namespace (podman unshare) may not write there.
bool owns_machine() {
  return ::access("/var/lib", W_OK) == 0 || errno != EACCES;
}

}  // namespace

std::filesystem::path Globals::store_root() const {
  if (root) return std::filesystem::absolute(*root);
  const std::string from_environment = environment("STRAKE_ROOT");
  if (!from_environment.empty()) {
    return std::filesystem::absolute(from_environment);
  }
  if (::geteuid() == 0 && owns_machine()) return "/var/lib/strake";
  const std::string data = environment("XDG_DATA_HOME");
  if (!data.empty()) return std::filesystem::path(data) / "strake";
  const std::string home = environment("HOME");
  if (!home.empty()) return std::filesystem::path(home) / ".local/share/strake";
  throw base::Error(base::ErrorKind::usage, "there is no home for the store")
      .hint("set HOME or STRAKE_ROOT, or give --root");
}

std::optional<runtime::StorageDriver> Globals::storage_driver() const {
  const std::string name =
      driver.value_or(environment("STRAKE_STORAGE_DRIVER"));
  if (name.empty()) return std::nullopt;
  return runtime::parse_storage_driver(name);
}

void Globals::add_driver_to(Options& options) {
  options.value("--storage-driver", driver,
                "How roots of steps are made: overlay, fuse-overlayfs or copy; "
                "else the best that works (STRAKE_STORAGE_DRIVER)");
}

void Globals::add_to(Options& options) {
  options.value("--root", root, "Where the store is (STRAKE_ROOT)");
  options.value("--config", config_directory,
                "Directory of config.json, for registries' credentials "
                "(DOCKER_CONFIG)");
  options.value("--trace", trace_file,
                "Write what took how long to this file, for Perfetto");
  options.flag("--debug", is_debug, "Say on stderr what is done");
}

base::Trace* Globals::trace() {
  if (trace_ || (!trace_file && !is_debug)) return trace_.get();
  std::vector<std::unique_ptr<base::TraceSink>> sinks;
  if (trace_file) {
    sinks.push_back(std::make_unique<TraceFile>(*trace_file, started));
  }
  if (is_debug) sinks.push_back(std::make_unique<DebugLog>(started));
  trace_ = std::make_unique<base::Trace>(std::move(sinks));
  command_.emplace(trace_.get(), "cli", "strake " + command, started);
  command_->add("version", STRAKE_VERSION);
  base::Span(trace_.get(), "cli", "start-up", started).end();
  return trace_.get();
}

void Globals::finish_trace() {
  if (trace() == nullptr) return;
  note(trace_.get(), "cli", "libraries loaded", {{"names", list_libraries()}});
  command_.reset();
  trace_->finish();
}

}  // namespace cli
