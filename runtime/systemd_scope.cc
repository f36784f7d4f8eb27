#include "runtime/systemd_scope.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>
#include <thread>

#include "base/dynamic_library.h"
#include "base/error.h"
#include "runtime/cgroup_directory.h"
#include "runtime/cgroup_hierarchy.h"

namespace runtime {
namespace {

namespace fs = std::filesystem;

// systemd answers when the scope is queued, not when we are in it.
constexpr std::chrono::milliseconds kPoll{2};
constexpr int kMaxPolls = 2500;

struct Library {
  Library() : file("libsystemd.so.0") {
    file.load(open_user, "sd_bus_open_user");
    file.load(call_method, "sd_bus_call_method");
    file.load(error_free, "sd_bus_error_free");
    file.load(close, "sd_bus_flush_close_unref");
  }
  base::DynamicLibrary file;
  decltype(&::sd_bus_open_user) open_user = nullptr;
  decltype(&::sd_bus_call_method) call_method = nullptr;
  decltype(&::sd_bus_error_free) error_free = nullptr;
  decltype(&::sd_bus_flush_close_unref) close = nullptr;
};

base::Error bus_error(const std::string& why) {
  return base::Error(
      base::ErrorKind::unavailable,
      fmt::format("asking systemd for a control group: {}", why));
}

void start_scope(const std::string& name) {
  const Library library;
  sd_bus* bus = nullptr;
  int result = library.open_user(&bus);
  if (result < 0) throw bus_error(std::strerror(-result));
  sd_bus_error error{};
  const unsigned property_count = 4;
  const unsigned pid_count = 1;
  result = library.call_method(
      bus, "org.freedesktop.systemd1", "/org/freedesktop/systemd1",
      "org.freedesktop.systemd1.Manager", "StartTransientUnit", &error, nullptr,
      "ssa(sv)a(sa(sv))", name.c_str(), "fail", property_count,  //
      "Description", "s", "strake: steps of a build",            //
      "Delegate", "b", 1,                                        //
      "PIDs", "au", pid_count, static_cast<unsigned>(::getpid()), "CollectMode",
      "s", "inactive-or-failed", 0U);
  const std::string why =
      error.message == nullptr ? std::strerror(-result) : error.message;
  library.error_free(&error);
  library.close(bus);
  if (result < 0) throw bus_error(why);
}

// Our v2 group, once it is that of the scope.
std::optional<fs::path> find_scope(const std::string& name) {
  for (const CgroupHierarchy& hierarchy : find_cgroup_hierarchies()) {
    if (hierarchy.version == CgroupHierarchy::Version::v2 &&
        hierarchy.own.filename() == name) {
      return hierarchy.own;
    }
  }
  return std::nullopt;
}

fs::path wait_for_scope(const std::string& name) {
  for (int poll = 0; poll < kMaxPolls; ++poll) {
    if (const auto scope = find_scope(name)) return *scope;
    std::this_thread::sleep_for(kPoll);
  }
  throw bus_error(fmt::format("{} did not start", name));
}

}  // namespace

bool has_user_bus() {
  const char* const address = std::getenv("DBUS_SESSION_BUS_ADDRESS");
  if (address != nullptr && *address != '\0') return true;
  const char* const directory = std::getenv("XDG_RUNTIME_DIR");
  return directory != nullptr &&
         ::access((fs::path(directory) / "bus").c_str(), F_OK) == 0;
}

void enter_systemd_scope() {
  const std::string name = fmt::format("strake-{}.scope", ::getpid());
  start_scope(name);
  const fs::path scope = wait_for_scope(name);
  // A group that holds processes cannot give limits to those below it.
  const fs::path own = scope / "main";
  int error = ::mkdir(own.c_str(), 0755) == 0 ? 0 : errno;
  if (error == 0) {
    error = write_cgroup_file(own / "cgroup.procs", std::to_string(::getpid()));
  }
  if (error != 0) {
    throw base::system_error(
        error, fmt::format("entering {}, which systemd made", own.native()));
  }
  // One by one: what cannot be had is told by the limit that needs it.
  for (const std::string& controller :
       read_cgroup_words(scope / "cgroup.controllers")) {
    write_cgroup_file(scope / "cgroup.subtree_control", "+" + controller);
  }
}

}  // namespace runtime
