#include "builder/sandbox_json.h"

#include <nlohmann/json.hpp>
#include <optional>

// null for none.
template <typename T>
struct nlohmann::adl_serializer<std::optional<T>> {
  static void to_json(json& to, const std::optional<T>& from) {
    if (from) {
      to = *from;
    } else {
      to = nullptr;
    }
  }
  static void from_json(const json& from, std::optional<T>& to) {
    if (from.is_null()) {
      to.reset();
    } else {
      to = from.get<T>();
    }
  }
};

// Where the library looks for the conversion of a type: in its own namespace.
namespace runtime {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(User, uid, gid, additional_gids, umask)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Capabilities, bounding, effective, permitted,
                                   inheritable, ambient)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Rlimit, type, soft, hard)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Process, args, env, cwd, user, capabilities,
                                   rlimits, no_new_privileges)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Mount, destination, type, source, options)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Device, path, type, major, minor, file_mode,
                                   uid, gid)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Root, form, lower, upper, work, scratch)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(DeviceRule, allow, type, major, minor,
                                   access)
using Argument = Seccomp::Argument;
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Argument, index, op, value, mask)
using Rule = Seccomp::Rule;
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Rule, names, action, error, arguments)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Seccomp, default_action, default_error,
                                   architectures, rules)

}  // namespace runtime

namespace builder {

using Json = nlohmann::json;

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ExtraHost, name, address)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(DnsSettings, servers, search, options)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(CredentialMount, is_agent, id, target, env,
                                   mode, uid, gid)

namespace {

// All texts, wherever they are, by one rule for each byte or code point.
void map_texts(Json& json, std::string (*map)(std::string_view)) {
  if (json.is_string()) {
    json = map(json.get_ref<const std::string&>());
  } else if (json.is_structured()) {
    for (Json& part : json) map_texts(part, map);
  }
}

std::string widen(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x80) text += static_cast<char>(0xC0 | (byte >> 6));
    text += byte >= 0x80 ? static_cast<char>(0x80 | (byte & 0x3F)) : c;
  }
  return text;
}

std::string narrow(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto lead = static_cast<unsigned char>(text[i]);
    if (lead < 0x80 || i + 1 == text.size()) {
      bytes += text[i];
    } else {
      const auto next = static_cast<unsigned char>(text[++i]);
      bytes += static_cast<char>(((lead & 0x03) << 6) | (next & 0x3F));
    }
  }
  return bytes;
}

}  // namespace

Json render_sandbox(const StepSandbox& sandbox) {
  const runtime::Linux& kernel = sandbox.spec.linux;
  Json json = {{"process", sandbox.spec.process},
               {"hostname", sandbox.spec.hostname},
               {"root_readonly", sandbox.spec.root_readonly},
               {"mounts", sandbox.spec.mounts},
               {"namespaces", kernel.namespaces},
               {"devices", kernel.devices},
               {"device_rules", kernel.resources.devices},
               {"seccomp", kernel.seccomp},
               {"masked_paths", kernel.masked_paths},
               {"readonly_paths", kernel.readonly_paths},
               {"root", sandbox.root},
               {"network", sandbox.network},
               {"dns", sandbox.dns},
               {"extra_hosts", sandbox.extra_hosts},
               {"credentials", sandbox.credentials}};
  map_texts(json, widen);
  return json;
}

StepSandbox parse_sandbox(Json json) {
  map_texts(json, narrow);
  StepSandbox sandbox;
  runtime::Linux& kernel = sandbox.spec.linux;
  json.at("process").get_to(sandbox.spec.process);
  json.at("hostname").get_to(sandbox.spec.hostname);
  json.at("root_readonly").get_to(sandbox.spec.root_readonly);
  json.at("mounts").get_to(sandbox.spec.mounts);
  json.at("namespaces").get_to(kernel.namespaces);
  json.at("devices").get_to(kernel.devices);
  json.at("device_rules").get_to(kernel.resources.devices);
  json.at("seccomp").get_to(kernel.seccomp);
  json.at("masked_paths").get_to(kernel.masked_paths);
  json.at("readonly_paths").get_to(kernel.readonly_paths);
  json.at("root").get_to(sandbox.root);
  json.at("network").get_to(sandbox.network);
  json.at("dns").get_to(sandbox.dns);
  json.at("extra_hosts").get_to(sandbox.extra_hosts);
  json.at("credentials").get_to(sandbox.credentials);
  return sandbox;
}

}  // namespace builder
