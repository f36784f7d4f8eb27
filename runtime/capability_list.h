// Capabilities as a command line names them, --cap-add and --cap-drop, and
// what docker makes of both.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace runtime {

// What stands for every capability.
inline constexpr std::string_view kAllCapabilities = "ALL";

// "CAP_NET_ADMIN" for it, "net_admin" and the like; kAllCapabilities for "all".
// Empty for what the kernel does not have.
std::optional<std::string> find_capability(std::string_view word);

// The defaults with what is dropped taken away, then what is added put back;
// names as find_capability gives them. Dropping all leaves what is added,
// adding all leaves out what is dropped by name, and both together are all.
// In the order of capabilities(7).
std::vector<std::string> change_capabilities(
    const std::vector<std::string>& defaults,
    const std::vector<std::string>& added,
    const std::vector<std::string>& dropped);

}  // namespace runtime
