// The image configuration: image-spec v1.1 config.md, with Docker's additional
// fields (Healthcheck, OnBuild, Shell, ArgsEscaped) in the same "config"
// object. Absent and empty are told apart where the JSON does.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"

namespace store {

struct Healthcheck {
  std::vector<std::string> test;  // {"CMD", …}, {"CMD-SHELL", text}, {"NONE"}
  std::chrono::nanoseconds interval{};  // 0: the runtime's default
  std::chrono::nanoseconds timeout{};
  std::chrono::nanoseconds start_period{};
  std::chrono::nanoseconds start_interval{};
  std::int64_t retries = 0;
  bool operator==(const Healthcheck&) const = default;
};

// What a container started from the image gets.
struct ContainerConfig {
  std::string user;
  std::set<std::string> exposed_ports;  // "80/tcp"
  std::vector<std::string> env;         // "NAME=value", in order
  std::optional<std::vector<std::string>> entrypoint;
  std::optional<std::vector<std::string>> cmd;
  std::set<std::string> volumes;
  std::string working_dir;
  std::map<std::string, std::string> labels;
  std::string stop_signal;
  std::vector<std::string> on_build;
  std::vector<std::string> shell;
  std::optional<Healthcheck> healthcheck;
  bool args_escaped = false;
  bool operator==(const ContainerConfig&) const = default;
};

struct HistoryEntry {
  std::string created;  // RFC 3339, or empty
  std::string created_by;
  std::string author;
  std::string comment;
  bool empty_layer = false;
  bool operator==(const HistoryEntry&) const = default;
};

struct ImageConfig {
  std::string created;  // RFC 3339, or empty
  std::string author;
  std::string architecture;
  std::string os;
  std::string variant;
  std::string os_version;
  std::vector<std::string> os_features;
  ContainerConfig config;
  std::vector<base::Digest> diff_ids;  // bottom first
  std::vector<HistoryEntry> history;
  std::string inline_cache;  // "strake.cache.v1": a CacheIndex as text
  bool operator==(const ImageConfig&) const = default;
};

// Throws: invalid_input. Unknown keys are dropped; nesting and size are
// bounded.
ImageConfig parse_image_config(std::string_view json);
// The bytes that BuildKit writes of the same configuration: its order of keys,
// Go's escapes, nothing for what was never set. Equal configs, equal bytes.
std::string render_image_config(const ImageConfig& config);

}  // namespace store
