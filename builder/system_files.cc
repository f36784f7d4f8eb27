#include "builder/system_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <string>

#include "base/file.h"
#include "builder/resolv_conf.h"

namespace builder {
namespace {

// Steps share the host's network.
constexpr std::string_view kThisMachine = "127.0.0.1";

std::string render_hosts(const std::string& hostname,
                         const std::vector<ExtraHost>& extra_hosts) {
  std::string text = fmt::format(
      "127.0.0.1\tlocalhost\n"
      "::1\tlocalhost ip6-localhost ip6-loopback\n"
      "127.0.1.1\t{}\n",
      hostname);
  for (const ExtraHost& host : extra_hosts) {
    text += fmt::format(
        "{}\t{}\n", host.address == kHostGateway ? kThisMachine : host.address,
        host.name);
  }
  return text;
}

constexpr std::uint64_t kMaxResolvConfBytes = 1U << 20U;

std::string read_if_there(const char* path) {
  const auto file = base::find_file(path, O_RDONLY);
  return file ? base::read_all(*file, kMaxResolvConfBytes) : std::string();
}

std::string resolv_conf_of(const runtime::Spec& spec) {
  const auto& own = spec.linux.namespaces;
  const bool has_network = std::find(own.begin(), own.end(),
                                     runtime::Namespace::network) != own.end();
  return choose_resolv_conf(read_if_there("/etc/resolv.conf"),
                            read_if_there("/run/systemd/resolve/resolv.conf"),
                            has_network ? Network::own : Network::of_host);
}

}  // namespace

std::filesystem::path write_new_file(const std::filesystem::path& path,
                                     std::string_view content, unsigned mode) {
  const base::Fd file =
      base::open_file(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
  base::write_all(file, content);
  ::fchmod(file.get(), mode);  // whatever our umask is
  return path;
}

void add_system_files(const std::filesystem::path& directory,
                      runtime::Spec& spec,
                      const std::vector<ExtraHost>& extra_hosts) {
  const auto add = [&](const char* name, std::string_view content) {
    const auto file = write_new_file(directory / name, content, 0644);
    spec.mounts.push_back(
        {std::string("/etc/") + name, "bind", file.native(), {"rbind"}});
  };
  add("hosts", render_hosts(spec.hostname, extra_hosts));
  add("resolv.conf", resolv_conf_of(spec));
}

}  // namespace builder
