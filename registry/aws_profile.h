// A section of AWS's shared files, ~/.aws/credentials and ~/.aws/config
// (AWS SDKs and Tools Reference Guide, "Shared config and credentials files").
//
//   [name]                  "[profile name]" in config, but for "default"
//   aws_access_key_id = …   names without regard to case
//   s3 =                    settings of a setting are indented: not read
//     addressing_style = …
//   # comment, ; comment    on lines of their own; " #" ends a value, too
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

namespace registry {

// Lower-case names.
using AwsProfile = std::map<std::string, std::string>;

// Where the files are (empty: there is none) and which profile is meant.
struct AwsProfileFiles {
  std::filesystem::path credentials;
  std::filesystem::path config;
  std::string profile = "default";
};

// What both files say of the profile, the credentials file first; empty when
// they are not there or do not know it.
// Throws: denied, system; invalid_input for a file of more than a MiB.
AwsProfile read_aws_profile(const AwsProfileFiles& files);

// The section `name` of such a file's text. A line that makes no sense is read
// past, as other programs do.
AwsProfile parse_aws_section(std::string_view text, std::string_view name);

}  // namespace registry
