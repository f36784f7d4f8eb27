// Which extended attributes belong to a layer, and overlayfs's own.
#pragma once

#include <string_view>

namespace store {

inline constexpr std::string_view kTrustedOpaque = "trusted.overlay.opaque";
inline constexpr std::string_view kUserOpaque = "user.overlay.opaque";
inline constexpr std::string_view kDefaultAcl = "system.posix_acl_default";

// user.*, file capabilities and POSIX ACLs travel with a layer. Everything else
// belongs to the machine (SELinux labels, IMA) or to overlayfs, whose
// attributes must never come from an archive: trusted.overlay.redirect in a
// layer would show files from outside of it.
constexpr bool is_layer_xattr(std::string_view name) noexcept {
  if (name.starts_with("user.")) return !name.starts_with("user.overlay.");
  return name == "security.capability" || name == "system.posix_acl_access" ||
         name == kDefaultAcl;
}

}  // namespace store
