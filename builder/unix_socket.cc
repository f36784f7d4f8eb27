#include "builder/unix_socket.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"

namespace builder {
namespace {

sockaddr_un address_of(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.native().size() >= sizeof address.sun_path) {
    throw base::system_error(ENAMETOOLONG,
                             fmt::format("socket {}", path.native()));
  }
  std::strcpy(address.sun_path, path.c_str());
  return address;
}

base::Fd make_socket() {
  base::Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket) throw base::system_error(errno, "making a socket");
  return socket;
}

}  // namespace

std::filesystem::path path_in(const base::Fd& directory,
                              const std::string& name) {
  return fmt::format("/proc/self/fd/{}/{}", directory.get(), name);
}

base::Fd listen_on(const std::filesystem::path& path) {
  const sockaddr_un address = address_of(path);
  base::Fd socket = make_socket();
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address),
             sizeof address) != 0 ||
      ::listen(socket.get(), SOMAXCONN) != 0) {
    throw base::system_error(errno,
                             fmt::format("listening on {}", path.native()));
  }
  return socket;
}

base::Fd connect_to(const std::filesystem::path& path) {
  const sockaddr_un address = address_of(path);
  base::Fd socket = make_socket();
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address),
                sizeof address) != 0) {
    throw base::system_error(errno,
                             fmt::format("connecting to {}", path.native()));
  }
  return socket;
}

}  // namespace builder
