#include "builder/context_form.h"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "base/error.h"
#include "builder/platform.h"
#include "parser/ascii.h"
#include "parser/git_address.h"
#include "parser/syntax_error.h"
#include "parser/url.h"
#include "parser/values.h"
#include "registry/reference.h"

namespace builder {
namespace {

namespace fs = std::filesystem;
using Kind = ContextForm::Kind;

constexpr std::string_view kImage = "docker-image://";
constexpr std::string_view kLayout = "oci-layout://";
constexpr std::string_view kTarget = "target:";

bool is_download(std::string_view text) {
  return text.starts_with("http://") || text.starts_with("https://");
}

// As a build context, unlike in ADD, "github.com/o/r" is a repository too.
std::string expand_github(std::string_view text) {
  if (!text.starts_with("github.com/")) return std::string(text);
  std::string address = fmt::format("https://{}", text);
  const std::size_t end = std::min(address.find_first_of("#?"), address.size());
  if (!std::string_view(address).substr(0, end).ends_with(".git")) {
    address.insert(end, ".git");
  }
  return address;
}

bool is_git(std::string_view address) {
  try {
    return parser::find_git_address(address).has_value();
  } catch (const parser::SyntaxError& error) {
    throw base::Error(
        base::ErrorKind::invalid_input,
        fmt::format("build context \"{}\": {}", parser::redact_address(address),
                    error.message()))
        .hint(error.hint());
  }
}

// The name beside a path that is not there which was perhaps meant.
std::string nearest_directory(const fs::path& path) {
  std::error_code ignored;
  const fs::path parent = path.has_parent_path() ? path.parent_path() : ".";
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(parent, ignored)) {
    if (entry.is_directory(ignored)) names.push_back(entry.path().filename());
  }
  const std::string near = parser::find_nearest(path.filename().native(),
                                                {names.begin(), names.end()});
  if (near.empty()) return {};
  return path.has_parent_path() ? (parent / near).native() : near;
}

[[noreturn]] void refuse_path(const fs::path& path, std::error_code why) {
  std::error_code gone;
  if (path.is_relative() && fs::current_path(gone).empty()) {
    throw base::Error(base::ErrorKind::not_found,
                      fmt::format("build context \"{}\": the current directory "
                                  "was deleted",
                                  path.native()))
        .hint("go to another directory, or give the whole path");
  }
  if (why && why != std::errc::no_such_file_or_directory &&
      why != std::errc::not_a_directory) {
    throw base::system_error(
        why.value(), fmt::format("build context \"{}\"", path.native()));
  }
  if (!why) {
    base::Error error(
        base::ErrorKind::not_found,
        fmt::format("build context \"{}\" is a file, not a directory",
                    path.native()));
    throw std::move(error).hint(
        "give the directory it is in; an archive is read with \"-\" from "
        "standard input, a Dockerfile is named with -f");
  }
  base::Error error(
      base::ErrorKind::not_found,
      fmt::format("build context \"{}\" is not there", path.native()));
  const std::string near = nearest_directory(path);
  if (!near.empty()) error.hint(fmt::format("did you mean \"{}\"?", near));
  throw error;
}

fs::path find_directory(const fs::path& path) {
  std::error_code error;
  fs::path real = fs::canonical(path, error);
  if (error || !fs::is_directory(real)) refuse_path(path, error);
  return real;
}

// "DIRECTORY", "DIRECTORY:TAG", "DIRECTORY@DIGEST".
ContextForm parse_layout(std::string_view text) {
  ContextForm form{Kind::layout};
  std::string_view place = text;
  const std::size_t at = text.find('@');
  const std::size_t colon = text.rfind(':', at);
  if (at != std::string_view::npos) {
    place = text.substr(0, at);
    form.reference = text.substr(at + 1);
  } else if (colon != std::string_view::npos &&
             text.find('/', colon) == std::string_view::npos) {
    place = text.substr(0, colon);
    form.reference = text.substr(colon + 1);
  }
  form.directory = find_directory(place.empty() ? "." : place);
  return form;
}

bool is_reserved(std::string_view name) {
  return parser::equal_ignoring_case(name, "scratch") ||
         parser::equal_ignoring_case(name, "context");
}

}  // namespace

ContextForm parse_context_form(std::string_view text) {
  if (text.starts_with(kImage)) {
    const std::string_view reference = text.substr(kImage.size());
    if (reference == "scratch") return {Kind::scratch};
    registry::parse_reference(reference);
    return {Kind::image, {}, std::string(reference)};
  }
  if (text.starts_with(kLayout)) {
    return parse_layout(text.substr(kLayout.size()));
  }
  std::error_code ignored;
  if (!fs::is_directory(text, ignored)) {
    std::string address = expand_github(text);
    if (is_git(address)) return {Kind::git, {}, std::move(address)};
    if (is_download(text)) return {Kind::download, {}, std::move(address)};
    if (text.starts_with(kTarget)) {
      throw base::Error(base::ErrorKind::unsupported,
                        fmt::format("\"{}\" names a target of a bake file, "
                                    "which strake does not read",
                                    parser::redact_address(text)));
    }
    if (text.find("://") != std::string_view::npos) {
      throw base::Error(base::ErrorKind::invalid_input,
                        fmt::format("\"{}\" is no form of a build context",
                                    parser::redact_address(text)))
          .hint(
              "a directory, docker-image://, oci-layout://, or an address "
              "with git://, ssh://, http:// or https://");
    }
  }
  return {Kind::directory, find_directory(text)};
}

NamedContext parse_named_context(std::string_view text) {
  // It may be an address without a name, and its password may hold a "=".
  const std::string shown = parser::redact_address(text);
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0 ||
      equals + 1 == text.size()) {
    throw base::Error(
        base::ErrorKind::usage,
        fmt::format("--build-context {}: it is not NAME=VALUE", shown))
        .hint("for example --build-context lib=../lib");
  }
  NamedContext context;
  std::string_view name = text.substr(0, equals);
  const std::size_t colons = name.find("::");
  if (colons != std::string_view::npos) {
    context.platform = render_platform(parse_platform(name.substr(colons + 2)));
    name = name.substr(0, colons);
  }
  const auto comparable = comparable_name(name);
  if (!comparable) {
    throw base::Error(
        base::ErrorKind::usage,
        fmt::format(
            "--build-context {}: \"{}\" can be no name", shown,
            shown.substr(0, std::min(shown.find('='), shown.find("::")))))
        .hint(
            "names are those of images: lower-case letters, digits, and "
            "\".\", \"_\", \"-\" or \"/\" between them");
  }
  context.name = *comparable;
  try {
    context.form = parse_context_form(text.substr(equals + 1));
  } catch (base::Error& error) {
    error.add_context(fmt::format("--build-context {}", name));
    throw;
  }
  return context;
}

std::optional<std::string> comparable_name(std::string_view name) {
  constexpr std::string_view kLatest = ":latest";
  try {
    std::string familiar = registry::parse_reference(name).familiar();
    if (familiar.ends_with(kLatest)) {
      familiar.resize(familiar.size() - kLatest.size());
    }
    return familiar;
  } catch (const base::Error&) {
    return std::nullopt;
  }
}

NamedContexts::NamedContexts(std::vector<NamedContext> contexts)
    : contexts_(std::move(contexts)) {}

std::optional<std::size_t> NamedContexts::find(
    std::string_view name, std::string_view platform) const {
  if (contexts_.empty() || is_reserved(name)) return std::nullopt;
  const auto comparable = comparable_name(name);
  if (!comparable) return std::nullopt;
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < contexts_.size(); ++i) {
    const NamedContext& context = contexts_[i];
    if (context.name != *comparable) continue;
    if (context.platform == platform) {
      found = i;
    } else if (context.platform.empty() &&
               (!found || contexts_[*found].platform.empty())) {
      found = i;
    }
  }
  return found;
}

}  // namespace builder
