#include "builder/system_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <string>

#include "base/error.h"
#include "base/file.h"
#include "builder/step_networks.h"

namespace builder {
namespace {

std::string render_hosts(const std::string& hostname,
                         const std::optional<std::string>& host_address,
                         const std::vector<ExtraHost>& extra_hosts) {
  std::string text = fmt::format(
      "127.0.0.1\tlocalhost\n"
      "::1\tlocalhost ip6-localhost ip6-loopback\n"
      "127.0.1.1\t{}\n",
      hostname);
  for (const ExtraHost& host : extra_hosts) {
    const bool is_gateway = host.address == kHostGateway;
    if (is_gateway && !host_address) {
      throw base::Error(
          base::ErrorKind::unsupported,
          fmt::format("{}:{}: a step with a network of its own cannot reach "
                      "this machine, which has no address but its loopback's",
                      host.name, kHostGateway))
          .hint("use --network host");
    }
    text += fmt::format("{}\t{}\n", is_gateway ? *host_address : host.address,
                        host.name);
  }
  return text;
}

std::vector<runtime::Mount> write_system_files(
    const std::filesystem::path& directory, const runtime::Spec& spec,
    const NetworkFiles& network, const std::vector<ExtraHost>& extra_hosts) {
  const auto write = [&](const char* name, std::string_view content) {
    const auto file = write_new_file(directory / name, content, 0644);
    return runtime::Mount{
        std::string("/etc/") + name, "bind", file.native(), {"rbind"}};
  };
  return {write("hosts",
                render_hosts(spec.hostname, network.host_address, extra_hosts)),
          write("resolv.conf", network.resolv_conf)};
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
  for (const auto& mount :
       write_system_files(directory, spec, network, extra_hosts)) {
    spec.mounts.push_back(mount);
  }
}

// The first of each: a later one is the Dockerfile's own.
void renew_system_files(const std::filesystem::path& directory,
                        runtime::Spec& spec, const NetworkFiles& network,
                        const std::vector<ExtraHost>& extra_hosts) {
  for (const auto& mount :
       write_system_files(directory, spec, network, extra_hosts)) {
    const auto old =
        std::find_if(spec.mounts.begin(), spec.mounts.end(),
                     [&](const runtime::Mount& other) {
                       return other.destination == mount.destination;
                     });
    if (old != spec.mounts.end()) old->source = mount.source;
  }
}

}  // namespace builder
