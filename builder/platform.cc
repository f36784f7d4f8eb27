#include "builder/platform.h"

#include <fmt/format.h>
#include <sys/utsname.h>

#include <algorithm>
#include <array>

#include "base/error.h"
#include "parser/ascii.h"
#include "parser/values.h"

namespace builder {
namespace {

using parser::to_lower;

// Of Go's lists of systems and architectures: a part that stands alone has to
// be one of these to be known for what it is.
constexpr std::array<std::string_view, 14> kSystems = {
    "linux",   "windows", "darwin",  "freebsd",   "netbsd",
    "openbsd", "aix",     "android", "dragonfly", "hurd",
    "illumos", "ios",     "plan9",   "solaris"};
constexpr std::array<std::string_view, 14> kArchitectures = {
    "amd64",  "386",    "arm",      "arm64", "ppc64",   "ppc64le", "mips",
    "mipsle", "mips64", "mips64le", "s390x", "riscv64", "loong64", "wasm"};

template <std::size_t kCount>
bool is_one_of(std::string_view text,
               const std::array<std::string_view, kCount>& names) {
  return std::find(names.begin(), names.end(), text) != names.end();
}

bool is_part(std::string_view text) {
  return !text.empty() && text.find_first_not_of(
                              "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                              "abcdefghijklmnopqrstuvwxyz0123456789_.-") ==
                              std::string_view::npos;
}

base::Error malformed(std::string_view text, std::string_view why) {
  return base::Error(base::ErrorKind::invalid_input,
                     fmt::format("\"{}\" is not a platform: {}", text, why))
      .hint(
          "write os/architecture[/variant], as in linux/arm64 or "
          "linux/arm/v7");
}

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t slash = text.find('/');
    parts.push_back(text.substr(0, slash));
    if (slash == std::string_view::npos) return parts;
    text.remove_prefix(slash + 1);
  }
}

// A part alone: a system for this machine's processor, or the reverse.
Platform read_single(std::string_view whole, Platform platform) {
  const Platform host = host_platform();
  const Platform as_architecture =
      normalize_platform({"", platform.os, "", ""});
  if (is_one_of(platform.os, kSystems)) {
    platform.architecture = host.architecture;
    platform.variant = host.variant;
    return platform;
  }
  if (is_one_of(as_architecture.architecture, kArchitectures)) {
    return {host.os, as_architecture.architecture, as_architecture.variant, ""};
  }
  std::vector<std::string_view> known(kSystems.begin(), kSystems.end());
  known.insert(known.end(), kArchitectures.begin(), kArchitectures.end());
  base::Error error =
      malformed(whole, "it is neither an operating system nor an architecture");
  const std::string near = parser::find_nearest(platform.os, known);
  if (!near.empty()) error.hint(fmt::format("did you mean \"{}\"?", near));
  throw error;
}

// "8" and "v8" are the same, and only a digit behind a "v" is a version.
int variant_number(std::string_view variant) {
  if (variant.starts_with('v')) variant.remove_prefix(1);
  if (variant.empty() || variant[0] < '1' || variant[0] > '9') return 0;
  return variant[0] - '0';
}

}  // namespace

Platform parse_platform(std::string_view text) {
  const std::vector<std::string_view> parts = split(text);
  if (parts.size() > 3) throw malformed(text, "it has more than three parts");
  Platform platform;
  std::string_view os = parts[0];
  if (const std::size_t open = os.find('(');
      open != std::string_view::npos && os.ends_with(')')) {
    platform.os_version = os.substr(open + 1, os.size() - open - 2);
    os = os.substr(0, open);
  }
  if (!is_part(os)) throw malformed(text, "its first part is no name");
  for (std::size_t i = 1; i < parts.size(); ++i) {
    if (!is_part(parts[i])) {
      throw malformed(text, fmt::format("\"{}\" is no name", parts[i]));
    }
  }
  platform.os = to_lower(os);
  if (platform.os == "macos") platform.os = "darwin";
  if (parts.size() == 1) return read_single(text, std::move(platform));
  platform.architecture = parts[1];
  if (parts.size() == 3) platform.variant = parts[2];
  return normalize_platform(std::move(platform));
}

std::string render_platform(const Platform& platform) {
  std::string out = platform.os;
  for (const std::string* part : {&platform.architecture, &platform.variant}) {
    if (!part->empty()) out += "/" + *part;
  }
  return out;
}

Platform normalize_platform(Platform platform) {
  std::string& name = platform.architecture;
  std::string& variant = platform.variant;
  platform.os = to_lower(platform.os);
  name = to_lower(name);
  variant = to_lower(variant);
  if (name == "i386") {
    name = "386";
    variant.clear();
  } else if (name == "x86_64" || name == "x86-64" || name == "amd64") {
    name = "amd64";
    if (variant == "v1") variant.clear();
  } else if (name == "aarch64" || name == "arm64") {
    name = "arm64";
    if (variant == "8" || variant == "v8") variant.clear();
  } else if (name == "armhf" || name == "armel") {
    variant = name == "armhf" ? "v7" : "v6";
    name = "arm";
  } else if (name == "arm") {
    if (variant.empty()) variant = "v7";
    if (variant.size() == 1 && variant_number(variant) != 0) {
      variant.insert(0, "v");
    }
  }
  return platform;
}

Platform host_platform() {
  utsname names{};
  ::uname(&names);
  std::string machine = names.machine;
  if (machine == "i686") machine = "386";
  if (machine == "loongarch64") machine = "loong64";
  std::string variant;
  if (machine.starts_with("armv")) {  // "armv7l"
    variant = machine.substr(3, 2);
    machine = "arm";
  }
  return normalize_platform({"linux", machine, variant, ""});
}

std::vector<Platform> runnable_platforms(const Platform& platform) {
  std::vector<Platform> out = {platform};
  const auto add = [&](std::string_view architecture, int newest, int oldest) {
    for (int number = newest; number >= oldest; --number) {
      const Platform older{platform.os, std::string(architecture),
                           fmt::format("v{}", number), platform.os_version};
      out.push_back(normalize_platform(older));
    }
  };
  const int number = variant_number(platform.variant);
  if (platform.architecture == "amd64") {
    add("amd64", number - 1, 1);
    out.push_back({platform.os, "386", "", platform.os_version});
  } else if (platform.architecture == "arm") {
    add("arm", number - 1, 5);
  } else if (platform.architecture == "arm64") {
    add("arm64", number - 1, 8);
    add("arm", 8, 5);
  }
  return out;
}

bool is_runnable(const Platform& image, const Platform& machine) {
  const auto runnable = runnable_platforms(machine);
  const Platform wanted = normalize_platform(image);
  return std::any_of(
      runnable.begin(), runnable.end(), [&](const Platform& platform) {
        return (wanted.os.empty() || wanted.os == platform.os) &&
               (wanted.architecture.empty() ||
                wanted.architecture == platform.architecture) &&
               (wanted.variant.empty() || platform.variant.empty() ||
                wanted.variant == platform.variant);
      });
}

}  // namespace builder
