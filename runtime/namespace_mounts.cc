#include "runtime/namespace_mounts.h"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "runtime/id_map.h"

namespace runtime {
namespace {

// A network that exists is one that was made for the step.
bool has_own_network(const Spec& spec) {
  if (!spec.linux.network_path.empty()) return true;
  const auto& namespaces = spec.linux.namespaces;
  return std::find(namespaces.begin(), namespaces.end(), Namespace::network) !=
         namespaces.end();
}

// Always read-only: what is below may be writable for the step's user.
void show_what_is_there(Mount& mount) {
  mount.source = mount.destination;
  mount.type = "bind";
  mount.options = {"rbind", "nosuid", "noexec", "nodev", "ro"};
}

bool names_missing_group(const std::string& option, const IdMap& ids) {
  constexpr std::string_view kGroup = "gid=";
  if (!option.starts_with(kGroup)) return false;
  std::uint64_t group = 0;
  std::from_chars(option.data() + kGroup.size(), option.data() + option.size(),
                  group);
  return !contains(ids.gids, group);
}

}  // namespace

std::vector<Mount> fit_mounts(const Spec& spec) {
  const IdMap ids = read_id_map();
  if (ids.is_identity()) return spec.mounts;
  std::vector<Mount> mounts = spec.mounts;
  const bool shares_network = !has_own_network(spec);
  for (Mount& mount : mounts) {
    if (mount.type == "sysfs" && shares_network) {
      show_what_is_there(mount);
    } else if (mount.type == "devpts") {
      std::erase_if(mount.options, [&](const std::string& option) {
        return names_missing_group(option, ids);
      });
    }
  }
  return mounts;
}

}  // namespace runtime
