#include "builder/credentials.h"

#include <fmt/format.h>

#include "base/error.h"

namespace builder {

using parser::MountType;

namespace {

base::Error missing_credential(const parser::MountOption& option) {
  if (option.type == MountType::ssh) {
    return base::Error(base::ErrorKind::not_found,
                       fmt::format("ssh agent \"{}\" is required", *option.id))
        .hint(*option.id == "default"
                  ? "give it with --ssh default"
                  : fmt::format("give it with --ssh {}=SOCKET", *option.id));
  }
  return base::Error(base::ErrorKind::not_found,
                     fmt::format("secret \"{}\" is required", *option.id))
      .hint(fmt::format("give it with --secret id={},src=FILE", *option.id));
}

}  // namespace

void check_credentials(const ExecOp& op, const Credentials& credentials) {
  for (const ExecMount& mount : op.mounts) {
    const parser::MountOption& option = mount.option;
    if (!option.required) continue;
    const bool is_missing = (option.type == MountType::secret &&
                             !credentials.secrets.contains(*option.id)) ||
                            (option.type == MountType::ssh &&
                             !credentials.agents.contains(*option.id));
    if (is_missing) throw missing_credential(option);
  }
}

std::vector<std::string> secret_values(const ExecOp& op,
                                       const Credentials& credentials) {
  std::vector<std::string> values;
  for (const ExecMount& mount : op.mounts) {
    if (mount.option.type != MountType::secret) continue;
    const auto it = credentials.secrets.find(*mount.option.id);
    if (it != credentials.secrets.end()) values.push_back(it->second);
  }
  return values;
}

}  // namespace builder
