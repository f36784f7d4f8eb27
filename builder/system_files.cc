#include "builder/system_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <string>

#include "base/file.h"
#include "builder/step_networks.h"

namespace builder {
namespace {

std::string render_hosts(const std::string& hostname,
                         const std::string& host_address,
                         const std::vector<ExtraHost>& extra_hosts) {
  std::string text = fmt::format(
      "127.0.0.1\tlocalhost\n"
      "::1\tlocalhost ip6-localhost ip6-loopback\n"
      "127.0.1.1\t{}\n",
      hostname);
  for (const ExtraHost& host : extra_hosts) {
    text += fmt::format(
        "{}\t{}\n", host.address == kHostGateway ? host_address : host.address,
        host.name);
  }
  return text;
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
                      runtime::Spec& spec, const NetworkFiles& network,
                      const std::vector<ExtraHost>& extra_hosts) {
  const auto add = [&](const char* name, std::string_view content) {
    const auto file = write_new_file(directory / name, content, 0644);
    spec.mounts.push_back(
        {std::string("/etc/") + name, "bind", file.native(), {"rbind"}});
  };
  add("hosts", render_hosts(spec.hostname, network.host_address, extra_hosts));
  add("resolv.conf", network.resolv_conf);
}

}  // namespace builder
