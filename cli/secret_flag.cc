#include "cli/secret_flag.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>

#include "base/error.h"
#include "base/file.h"
#include "cli/flag_words.h"

namespace cli {
namespace {

constexpr std::uint64_t kMaxSecretBytes = 500U << 10U;

constexpr std::array<std::string_view, 5> kKeys = {"id", "src", "source", "env",
                                                   "type"};

[[noreturn]] void refuse_size(const std::string& id) {
  throw base::Error(base::ErrorKind::invalid_input,
                    fmt::format("secret \"{}\" is larger than {} KiB", id,
                                kMaxSecretBytes >> 10U))
      .hint("a secret is a token or a key; bring other files by the context");
}

std::string read_variable(const std::string& id, const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr) {
    throw base::Error(
        base::ErrorKind::not_found,
        fmt::format("--secret {}: the variable {} is not set", id, name));
  }
  std::string text = value;
  if (text.size() > kMaxSecretBytes) refuse_size(id);
  return text;
}

std::string read_secret_file(const std::string& id, const std::string& path) {
  const auto file = base::find_file(path, O_RDONLY);
  if (!file) {
    throw base::Error(
        base::ErrorKind::not_found,
        fmt::format("--secret {}: there is no file {}", id, path));
  }
  // One byte more tells a file that is too large from one that just is not.
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    throw base::Error(base::ErrorKind::invalid_input,
                      fmt::format("--secret {}: {} is a directory", id, path));
  }
  std::string text;
  try {
    text = base::read_all(*file, kMaxSecretBytes);
  } catch (const base::Error& fault) {
    if (fault.kind() == base::ErrorKind::invalid_input) refuse_size(id);
    throw;
  }
  return text;
}

}  // namespace

void add_secret(const std::string& word, builder::Secrets& secrets) {
  const FlagWords words("--secret", word, "id=NAME,src=FILE");
  for (const auto& [key, value] : words.fields()) {
    if (std::find(kKeys.begin(), kKeys.end(), key) == kKeys.end()) {
      words.fail_word("key", key, kKeys);
    }
  }
  const std::string id = words.require("id");
  const std::string type = words.get("type");
  if (!type.empty() && type != "file" && type != "env") {
    words.fail(
        fmt::format("its type is \"file\" or \"env\", not \"{}\"", type));
  }
  std::string file = words.get(words.has("src") ? "src" : "source");
  std::string variable = words.get("env");
  if (type == "env" && variable.empty()) std::swap(file, variable);
  if (!file.empty() && !variable.empty()) {
    words.fail("it is from a file and a variable", "give src or env, not both");
  }
  if (file.empty() && variable.empty()) {
    const bool is_variable =
        type != "file" && std::getenv(id.c_str()) != nullptr;
    (is_variable ? variable : file) = id;
  }
  secrets[id] = variable.empty() ? read_secret_file(id, file)
                                 : read_variable(id, variable);
}

}  // namespace cli
