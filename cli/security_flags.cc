#include "cli/security_flags.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "base/digest.h"
#include "base/error.h"
#include "base/file.h"
#include "cli/report.h"
#include "parser/values.h"
#include "runtime/capability_list.h"
#include "runtime/identity_plan.h"
#include "runtime/seccomp_filter.h"
#include "runtime/seccomp_profile.h"

namespace cli {
namespace {

constexpr std::string_view kUnconfined = "unconfined";

std::vector<std::string> read_capabilities(
    std::string_view flag, const std::vector<std::string>& words) {
  std::vector<std::string> names;
  for (const std::string& word : words) {
    std::istringstream list(word);
    for (std::string name; std::getline(list, name, ',');) {
      const auto known = runtime::find_capability(name);
      if (!known) {
        throw usage_error(
            fmt::format("{} {}: unknown capability \"{}\"", flag, word, name),
            "capabilities(7) has their names; ALL is all of them");
      }
      names.push_back(*known);
    }
  }
  return names;
}

// In a user namespace of its own a step can have what we lack.
void check_held(const std::vector<std::string>& names) {
  if (::geteuid() != 0) return;
  for (const std::string& name : names) {
    if (name == runtime::kAllCapabilities || runtime::holds_capability(name)) {
      continue;
    }
    throw base::Error(
        base::ErrorKind::denied,
        fmt::format("--cap-add {}: strake does not have it itself", name))
        .hint("nobody can give what they lack; run strake where root has it");
  }
}

bool is_there(const char* path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

bool read_switch(const std::string& word, const std::string& value) {
  if (value == "true" || value == "1") return true;
  if (value == "false" || value == "0") return false;
  throw usage_error(fmt::format("--security-opt {}: want true or false", word));
}

// Profiles and labels of such modules are not set by us, so that without the
// module nothing has to be lifted.
void check_module(const std::string& word, bool is_lifted, bool is_active,
                  std::string_view module) {
  if (is_lifted && !is_active) return;
  throw base::Error(base::ErrorKind::unsupported,
                    is_active
                        ? fmt::format("--security-opt {}: setting what {} "
                                      "does to a step is not supported yet",
                                      word, module)
                        : fmt::format("--security-opt {}: this machine "
                                      "does not run {}",
                                      word, module))
      .hint("steps run as strake itself does; leave the option out");
}

// NAME[=VALUE], with ":" as docker wrote it once. Of several profiles the last.
void read_option(const std::string& word, builder::SecuritySettings& settings,
                 std::string& profile) {
  const std::size_t separator = std::min(word.find_first_of("=:"), word.size());
  const std::string name = word.substr(0, separator);
  const bool has_value = separator < word.size();
  const std::string value = has_value ? word.substr(separator + 1) : "";
  if (name == "seccomp" && !value.empty()) {
    profile = value;
  } else if (name == "no-new-privileges") {
    settings.no_new_privileges = !has_value || read_switch(word, value);
  } else if (name == "systempaths" && value == kUnconfined) {
    settings.has_all_paths = true;
  } else if (name == "apparmor" && has_value) {
    check_module(word, value == kUnconfined,
                 is_there("/sys/kernel/security/apparmor"), "AppArmor");
  } else if (name == "label" && has_value) {
    check_module(word, value == "disable", is_there("/sys/fs/selinux/enforce"),
                 "SELinux");
  } else {
    const std::string near = parser::find_nearest(
        name,
        {"seccomp", "no-new-privileges", "systempaths", "apparmor", "label"});
    throw usage_error(
        fmt::format("--security-opt {}: unknown option", word),
        near.empty() || near == name
            ? "it is one of seccomp=FILE|unconfined, no-new-privileges, "
              "systempaths=unconfined, apparmor=unconfined, label=disable"
            : fmt::format("did you mean \"{}\"?", near));
  }
}

void read_profile(const std::string& path, builder::SecuritySettings& settings,
                  const std::vector<std::string>& capabilities) {
  constexpr std::uint64_t kMaxBytes = 1U << 20U;
  const auto file = base::find_file(path, O_RDONLY);
  if (!file) {
    throw base::Error(
        base::ErrorKind::not_found,
        fmt::format("--security-opt seccomp={}: there is no such file", path))
        .hint("it is a profile of docker's, or unconfined, or builtin");
  }
  try {
    const std::string text = base::read_all(*file, kMaxBytes);
    const auto seccomp = runtime::parse_seccomp_profile(
        text, runtime::profile_ground(capabilities));
    if (!seccomp) {
      settings.seccomp_name = kUnconfined;
      return;
    }
    settings.seccomp_name = base::Digest::of(text).str();
    settings.seccomp = std::make_shared<const runtime::Seccomp>(*seccomp);
  } catch (base::Error& error) {
    error.add_context(path).add_context("--security-opt seccomp");
    throw;
  }
}

}  // namespace

void SecurityFlags::add_to(Options& options) {
  options.list("--cap-add", added_, "Capability RUN has besides, or ALL");
  options.list("--cap-drop", dropped_, "Capability RUN does without, or ALL");
  options.list("--security-opt", options_,
               "seccomp=FILE|unconfined, no-new-privileges, "
               "systempaths=unconfined");
}

builder::SecuritySettings SecurityFlags::read() const {
  builder::SecuritySettings settings;
  if (added_.empty() && dropped_.empty() && options_.empty()) return settings;
  const auto standard = runtime::default_spec().process.capabilities.bounding;
  const auto added = read_capabilities("--cap-add", added_);
  check_held(added);
  const auto capabilities = runtime::change_capabilities(
      standard, added, read_capabilities("--cap-drop", dropped_));
  if (capabilities != runtime::change_capabilities(standard, {}, {})) {
    settings.capabilities = capabilities;
  }
  std::string profile;
  for (const std::string& word : options_) read_option(word, settings, profile);
  if (profile == kUnconfined) {
    settings.seccomp_name = profile;
  } else if (!profile.empty() && profile != "builtin") {
    read_profile(profile, settings, capabilities);
  }
  return settings;
}

void note_unknown_calls(base::Trace* trace,
                        const builder::SecuritySettings& settings) {
  if (trace == nullptr || !settings.seccomp) return;
  for (const std::string& name :
       runtime::find_unknown_calls(*settings.seccomp)) {
    base::note(trace, "security", "system call unknown", {{"name", name}});
  }
}

}  // namespace cli
