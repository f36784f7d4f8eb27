#include "cli/ssh_flag.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "cli/report.h"

namespace cli {
namespace {

constexpr std::uint64_t kMaxKeyBytes = 100U << 10U;  // as BuildKit has it

std::vector<std::string> split_paths(const std::string& text) {
  std::vector<std::string> paths;
  std::istringstream list(text);
  for (std::string path; std::getline(list, path, ',');) {
    if (!path.empty()) paths.push_back(path);
  }
  return paths;
}

std::string own_agent(const std::string& word) {
  const char* socket = std::getenv("SSH_AUTH_SOCK");
  if (socket != nullptr && *socket != '\0') return socket;
  throw base::Error(
      base::ErrorKind::not_found,
      fmt::format("--ssh {}: no agent is running (SSH_AUTH_SOCK is not set)",
                  word))
      .hint(
          "start one with eval $(ssh-agent) and ssh-add, or give a key: "
          "--ssh default=~/.ssh/id_ed25519");
}

// Whether the key can be used only an agent knows; a public one cannot.
void check_key(const std::string& word, const std::string& path) {
  if (base::read_file(path, kMaxKeyBytes).find("PRIVATE KEY-----") !=
      std::string::npos) {
    return;
  }
  throw base::Error(
      base::ErrorKind::invalid_input,
      fmt::format("--ssh {}: {} is not a private key", word, path))
      .hint("the file beside it, without \".pub\", may be");
}

}  // namespace

void add_agent(const std::string& word, builder::SshAgents& agents) {
  const std::size_t equals = std::min(word.find('='), word.size());
  const std::string id = equals == 0 ? "default" : word.substr(0, equals);
  std::vector<std::string> paths =
      split_paths(equals == word.size() ? "" : word.substr(equals + 1));
  if (paths.empty()) paths.push_back(own_agent(word));
  builder::AgentSource source;
  for (const std::string& path : paths) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) {
      throw base::system_error(errno, fmt::format("--ssh {}: {}", word, path));
    }
    const auto full = std::filesystem::absolute(path);
    if (S_ISSOCK(status.st_mode)) {
      if (!source.socket.empty()) {
        throw usage_error(fmt::format("--ssh {}: more than one socket", word));
      }
      source.socket = full;
    } else if (!S_ISREG(status.st_mode)) {
      throw usage_error(fmt::format(
          "--ssh {}: {} is neither a socket nor a key", word, path));
    } else {
      check_key(word, path);
      source.keys.push_back(full);
    }
  }
  if (!source.socket.empty() && !source.keys.empty()) {
    throw usage_error(fmt::format("--ssh {}: both a socket and keys", word),
                      "add the keys to the agent with ssh-add");
  }
  if (!agents.emplace(id, std::move(source)).second) {
    throw usage_error(fmt::format("--ssh: \"{}\" is given twice", id));
  }
}

}  // namespace cli
