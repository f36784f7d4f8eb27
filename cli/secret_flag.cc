#include "cli/secret_flag.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <map>

#include "base/error.h"
#include "base/file.h"
#include "cli/report.h"
#include "parser/csv_record.h"
#include "parser/syntax_error.h"
#include "parser/values.h"

namespace cli {
namespace {

constexpr std::uint64_t kMaxSecretBytes = 500U << 10U;

using Fields = std::map<std::string, std::string>;

Fields read_fields(const std::string& word) {
  Fields fields;
  try {
    for (const parser::CsvField& field : parser::read_csv_record(word)) {
      const std::size_t equals = field.text.find('=');
      std::string key = field.text.substr(0, equals);
      for (char& c : key) {
        c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      }
      if (key == "source") key = "src";
      if (equals == std::string::npos) {
        throw usage_error(fmt::format("--secret {}: \"{}\" is no KEY=VALUE",
                                      word, field.text));
      }
      if (key != "id" && key != "src" && key != "env" && key != "type") {
        const std::string near =
            parser::find_nearest(key, {"id", "src", "source", "env", "type"});
        throw usage_error(
            fmt::format("--secret {}: unknown key \"{}\"", word, key),
            near.empty() ? "known are id, src, env and type"
                         : fmt::format("did you mean \"{}\"?", near));
      }
      fields[key] = field.text.substr(equals + 1);
    }
  } catch (const parser::SyntaxError& error) {
    throw usage_error(fmt::format("--secret {}: {}", word, error.message()));
  }
  return fields;
}

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
  Fields fields = read_fields(word);
  const std::string id = fields["id"];
  if (id.empty()) {
    throw usage_error(fmt::format("--secret {}: it has no id", word),
                      "write --secret id=NAME,src=FILE");
  }
  const std::string type = fields["type"];
  if (!type.empty() && type != "file" && type != "env") {
    throw usage_error(
        fmt::format("--secret {}: its type is \"file\" or \"env\", not \"{}\"",
                    word, type));
  }
  std::string file = fields["src"];
  std::string variable = fields["env"];
  if (type == "env" && variable.empty()) std::swap(file, variable);
  if (!file.empty() && !variable.empty()) {
    throw usage_error(
        fmt::format("--secret {}: it is from a file and a variable", word),
        "give src or env, not both");
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
