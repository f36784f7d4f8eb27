#include "registry/aws_profile.h"

#include <fcntl.h>

#include "base/file.h"
#include "registry/header_text.h"

namespace registry {
namespace {

constexpr std::uint64_t kMostProfileBytes = 1U << 20U;

std::string_view trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") + 1 - begin);
}

// "profile  name" and "profile name" are one.
std::string section_of(std::string_view header) {
  header = trim(header.substr(1, header.find(']') - 1));
  constexpr std::string_view kWord = "profile";
  if (header.starts_with(kWord) && header.size() > kWord.size() &&
      (header[kWord.size()] == ' ' || header[kWord.size()] == '\t')) {
    return "profile " + std::string(trim(header.substr(kWord.size())));
  }
  return std::string(header);
}

std::string_view without_comment(std::string_view value) {
  for (const std::string_view mark : {" #", " ;", "\t#", "\t;"}) {
    value = value.substr(0, value.find(mark));
  }
  return trim(value);
}

AwsProfile read_section(const std::filesystem::path& path,
                        std::string_view name) {
  if (path.empty()) return {};
  const auto file = base::find_file(path, O_RDONLY);
  if (!file) return {};
  return parse_aws_section(base::read_all(*file, kMostProfileBytes), name);
}

}  // namespace

AwsProfile parse_aws_section(std::string_view text, std::string_view name) {
  AwsProfile profile;
  bool is_ours = false;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text = end == std::string_view::npos ? "" : text.substr(end + 1);
    const std::string_view words = trim(line);
    if (words.empty() || words[0] == '#' || words[0] == ';') continue;
    if (words[0] == '[') {
      is_ours = section_of(words) == name;
      continue;
    }
    const std::size_t equals = words.find('=');
    const bool is_nested = line[0] == ' ' || line[0] == '\t';
    if (!is_ours || is_nested || equals == std::string_view::npos) continue;
    const std::string key = lower_case(trim(words.substr(0, equals)));
    profile[key] = without_comment(words.substr(equals + 1));
  }
  return profile;
}

AwsProfile read_aws_profile(const AwsProfileFiles& files) {
  AwsProfile profile = read_section(files.credentials, files.profile);
  const std::string in_config =
      files.profile == "default" ? files.profile : "profile " + files.profile;
  profile.merge(read_section(files.config, in_config));
  return profile;
}

}  // namespace registry
