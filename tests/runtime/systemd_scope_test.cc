// What systemd is asked, and what is made of its answer. A bus of our own
// stands in for the user's; no systemd has been asked yet.
#include "runtime/systemd_scope.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>

#include "base/error.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/temp_dir.h"
#include "runtime/cgroup_directory.h"
#include "runtime/cgroup_hierarchy.h"

namespace {

namespace fs = std::filesystem;

fs::path unified() {
  for (const auto& hierarchy : runtime::find_cgroup_hierarchies()) {
    if (hierarchy.version == runtime::CgroupHierarchy::Version::v2) {
      return hierarchy.own;
    }
  }
  return {};
}

struct Asked {
  std::string name, mode;
  std::vector<std::string> properties;
  bool delegates = false;
  unsigned pid = 0;
};

void read_property(sd_bus_message* message, Asked& asked) {
  const char* name = nullptr;
  sd_bus_message_read(message, "s", &name);
  asked.properties.emplace_back(name);
  if (asked.properties.back() == "Delegate") {
    int value = 0;
    sd_bus_message_read(message, "v", "b", &value);
    asked.delegates = value != 0;
  } else if (asked.properties.back() == "PIDs") {
    sd_bus_message_read(message, "v", "au", 1, &asked.pid);
  } else {
    sd_bus_message_skip(message, "v");
  }
}

// As the bus greets, and as systemd moves the process into the scope.
int answer(sd_bus_message* message, void* data, sd_bus_error* /*error*/) {
  auto& asked = *static_cast<Asked*>(data);
  if (sd_bus_message_is_method_call(message, "org.freedesktop.DBus", "Hello") >
      0) {
    return sd_bus_reply_method_return(message, "s", ":1.1");
  }
  if (sd_bus_message_is_method_call(message, "org.freedesktop.systemd1.Manager",
                                    "StartTransientUnit") <= 0) {
    return 0;
  }
  const char* name = nullptr;
  const char* mode = nullptr;
  if (sd_bus_message_read(message, "ss", &name, &mode) < 0) return -EINVAL;
  asked.name = name;
  asked.mode = mode;
  sd_bus_message_enter_container(message, 'a', "(sv)");
  while (sd_bus_message_enter_container(message, 'r', "sv") > 0) {
    read_property(message, asked);
    sd_bus_message_exit_container(message);
  }
  const fs::path scope = unified() / asked.name;
  fs::create_directory(scope);
  runtime::write_cgroup_file(scope / "cgroup.procs", std::to_string(asked.pid));
  return sd_bus_reply_method_return(message, "o",
                                    "/org/freedesktop/systemd1/job/1");
}

base::Fd listen_at(const std::string& path) {
  base::Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  REQUIRE(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address),
                 sizeof address) == 0);
  REQUIRE(::listen(socket.get(), 1) == 0);
  return socket;
}

// Serves one client until it goes.
Asked serve(const base::Fd& socket) {
  Asked asked;
  sd_bus* bus = nullptr;
  const int client = ::accept4(socket.get(), nullptr, nullptr, SOCK_CLOEXEC);
  sd_bus_new(&bus);
  sd_bus_set_fd(bus, client, client);
  sd_bus_set_server(bus, 1, sd_id128_t{});
  sd_bus_set_anonymous(bus, 1);
  sd_bus_add_filter(bus, nullptr, answer, &asked);
  sd_bus_start(bus);
  for (int result = 0; result >= 0;) {
    result = sd_bus_process(bus, nullptr);
    if (result == 0) result = sd_bus_wait(bus, 10'000'000);
  }
  sd_bus_close_unref(bus);
  return asked;
}

}  // namespace

TEST_CASE("systemd is asked for a delegated scope, and it is entered",
          "[root][runtime]") {
  REQUIRE_FALSE(unified().empty());
  const base::TempDir directory;
  const std::string path = directory.path() / "bus";
  const base::Fd socket = listen_at(path);
  const pid_t child = ::fork();
  if (child == 0) {
    ::setenv("DBUS_SESSION_BUS_ADDRESS", ("unix:path=" + path).c_str(), 1);
    try {
      runtime::enter_systemd_scope();
      const fs::path own = unified();
      ::_exit(own.filename() == "main" &&
                      own.parent_path().filename() ==
                          fmt::format("strake-{}.scope", ::getpid())
                  ? 0
                  : 2);
    } catch (...) {
      ::_exit(1);
    }
  }
  const Asked asked = serve(socket);
  int status = 0;
  ::waitpid(child, &status, 0);
  CHECK(status == 0);
  CHECK(asked.name == fmt::format("strake-{}.scope", child));
  CHECK(asked.mode == "fail");
  CHECK(asked.delegates);
  CHECK(asked.pid == static_cast<unsigned>(child));
  CHECK(asked.properties == std::vector<std::string>{"Description", "Delegate",
                                                     "PIDs", "CollectMode"});
  ::rmdir((unified() / asked.name / "main").c_str());
  CHECK(::rmdir((unified() / asked.name).c_str()) == 0);
}

TEST_CASE("a bus that is not there is no systemd", "[runtime]") {
  ::setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus", 1);
  CHECK(runtime::has_user_bus());
  CHECK_THROWS_AS(runtime::enter_systemd_scope(), base::Error);
  ::unsetenv("DBUS_SESSION_BUS_ADDRESS");
  ::setenv("XDG_RUNTIME_DIR", "/nonexistent", 1);
  CHECK_FALSE(runtime::has_user_bus());
  ::unsetenv("XDG_RUNTIME_DIR");
}
