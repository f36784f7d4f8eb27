#include "builder/frontend_choice.h"

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace builder {
namespace {

constexpr std::string_view kOverride = "BUILDKIT_SYNTAX";

// The image of "image[ command line]".
std::string_view first_word(std::string_view value) {
  while (value.starts_with(' ')) value.remove_prefix(1);
  return value.substr(0, value.find(' '));
}

// docker/dockerfile and its development line, in any registry, tag or digest.
bool is_built_in(std::string_view image) {
  image = image.substr(0, image.find('@'));
  const std::size_t slash = image.rfind('/');
  const std::size_t tag =
      image.find(':', slash == std::string_view::npos ? 0 : slash);
  image = image.substr(0, tag);
  for (const std::string_view ours :
       {"docker/dockerfile", "docker/dockerfile-upstream"}) {
    if (!image.ends_with(ours)) continue;
    const std::string_view registry =
        image.substr(0, image.size() - ours.size());
    if (registry.empty() || registry.ends_with('/')) return true;
  }
  return false;
}

// Where the directive's image stands: the first line that has it.
parser::Range find_place(const SourceFile& file, std::string_view image) {
  for (std::size_t i = 0; i < file.tree.lines.size(); ++i) {
    const std::size_t at = file.tree.lines[i].rfind(image);
    if (at == std::string::npos) continue;
    const auto line = static_cast<std::uint32_t>(i + 1);
    const auto column = static_cast<std::uint32_t>(at + 1);
    return {{line, column},
            {line, column + static_cast<std::uint32_t>(image.size())}};
  }
  return {};
}

}  // namespace

void check_frontend(const SourceFile& file, const BuildArgs& build_args) {
  if (const auto given = build_args.find(std::string(kOverride));
      given != build_args.end()) {
    const std::string_view image = first_word(given->second);
    if (image.empty() || image == "dockerfile.v0" || is_built_in(image)) return;
    throw base::Error(
        base::ErrorKind::unsupported,
        fmt::format("{}: frontend \"{}\" is not one that strake has", kOverride,
                    image))
        .hint(
            "strake reads the Dockerfile language alone; leave the argument "
            "out");
  }
  const auto directive = file.tree.directives.find("syntax");
  if (directive == file.tree.directives.end()) return;
  const std::string_view image = first_word(directive->second);
  if (is_built_in(image)) return;
  throw error_at(
      file, find_place(file, image),
      fmt::format("frontend \"{}\" is not one that strake has", image),
      fmt::format("if the file is a plain Dockerfile, build it with "
                  "--build-arg {}=dockerfile.v0",
                  kOverride),
      base::ErrorKind::unsupported);
}

}  // namespace builder
