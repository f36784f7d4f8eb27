// The files of a sandbox that come from neither image nor step: /etc/hosts and
// /etc/resolv.conf, mounted over the image's so that no layer holds them.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/spec.h"

namespace builder {

struct NetworkFiles;

// A further line of /etc/hosts.
struct ExtraHost {
  std::string name;
  std::string address;  // or kHostGateway
};

// Docker's word for the address at which a sandbox reaches this machine.
inline constexpr std::string_view kHostGateway = "host-gateway";

// Writes them into `directory` and adds their mounts. /etc/hosts has the name
// that the spec gives the sandbox.
void add_system_files(const std::filesystem::path& directory,
                      runtime::Spec& spec, const NetworkFiles& network,
                      const std::vector<ExtraHost>& extra_hosts);

// The same for a spec that has had them in another network: its mounts lead to
// new ones.
void renew_system_files(const std::filesystem::path& directory,
                        runtime::Spec& spec, const NetworkFiles& network,
                        const std::vector<ExtraHost>& extra_hosts);

// A new file of this content and mode; its path. Throws: system.
std::filesystem::path write_new_file(const std::filesystem::path& path,
                                     std::string_view content, unsigned mode);

}  // namespace builder
