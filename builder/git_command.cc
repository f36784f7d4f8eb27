#include "builder/git_command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/base64.h"
#include "base/error.h"
#include "builder/environment.h"
#include "builder/header_secret.h"
#include "parser/url.h"

namespace builder {
namespace {

// Of the caller's own GIT_ variables these alone count: whose certificates are
// trusted is the machine's business.
constexpr std::array<std::string_view, 2> kKeptVariables = {"GIT_SSL_CAINFO=",
                                                            "GIT_SSL_CAPATH="};

constexpr std::array<std::pair<std::string_view, std::string_view>, 8>
    kFixedVariables = {{
        {"LC_ALL", "C"},
        {"GIT_CONFIG_NOSYSTEM", "1"},
        {"GIT_CONFIG_GLOBAL", "/dev/null"},
        {"GIT_TERMINAL_PROMPT", "0"},
        {"GIT_ASKPASS", ""},
        {"SSH_ASKPASS", ""},
        {"GIT_ALLOW_PROTOCOL", "http:https:ssh:git"},
        {"GIT_SSH_COMMAND",
         "ssh -o BatchMode=yes -o StrictHostKeyChecking=yes "
         // A connection kept for others would outlive the build.
         "-o ControlMaster=no -o ControlPath=none "
         "-o PermitLocalCommand=no -o ForwardAgent=no"},
    }};

bool is_kept(std::string_view variable) {
  if (!variable.starts_with("GIT_")) return !variable.starts_with("LC_");
  return std::any_of(
      kKeptVariables.begin(), kKeptVariables.end(),
      [&](std::string_view kept) { return variable.starts_with(kept); });
}

// An Authorization header's value; empty for none.
std::string find_authorization(const GitOp& op, const parser::Url& url,
                               const Secrets& secrets) {
  for (const std::string& suffix : {"." + op.host, std::string()}) {
    const std::string header =
        find_header_secret(secrets, "GIT_AUTH_HEADER" + suffix);
    if (!header.empty()) return header;
    const std::string token =
        find_header_secret(secrets, "GIT_AUTH_TOKEN" + suffix);
    if (!token.empty()) {
      return "basic " + base::encode_base64("x-access-token:" + token);
    }
  }
  if (url.userinfo.empty()) return {};
  const std::size_t colon = url.userinfo.find(':');
  const std::string user =
      parser::percent_decode(url.userinfo.substr(0, colon));
  const std::string password =
      colon == std::string::npos
          ? std::string()
          : parser::percent_decode(url.userinfo.substr(colon + 1));
  return "basic " + base::encode_base64(user + ":" + password);
}

// "user@", or nothing.
std::string user_of(const parser::Url& url) {
  const std::string user = url.userinfo.substr(0, url.userinfo.find(':'));
  return user.empty() ? user : user + "@";
}

bool contains(std::string_view text, std::initializer_list<const char*> parts) {
  return std::any_of(parts.begin(), parts.end(), [&](const char* part) {
    return text.find(part) != std::string_view::npos;
  });
}

// git has one status for all that can go wrong.
base::ErrorKind kind_of(std::string_view errors) {
  // A server that is there and does not give things in this way. It may well
  // have hung up after that.
  if (contains(errors, {"not our ref", "unadvertised object",
                        "does not support shallow"})) {
    return base::ErrorKind::invalid_input;
  }
  if (contains(errors,
               {"Authentication failed", "could not read Username",
                "could not read Password", "Permission denied",
                "Host key verification failed", "error: 403", "certificate"})) {
    return base::ErrorKind::denied;
  }
  if (contains(errors, {"not found", "does not appear to be a git repository",
                        "does not exist", "access denied or repository not"})) {
    return base::ErrorKind::not_found;
  }
  if (contains(errors, {"Could not resolve", "unable to connect", "timed out",
                        "Connection refused", "Failed to connect", "early EOF",
                        "connect to server", "Connection reset", "too slow",
                        "RPC failed; curl", "error: 5", "hung up"})) {
    return base::ErrorKind::unavailable;
  }
  return base::ErrorKind::invalid_input;
}

std::string hint_of(std::string_view errors) {
  if (contains(errors, {"Host key verification failed"})) {
    return "put the server's key into ~/.ssh/known_hosts, e.g. with "
           "ssh-keyscan, when you have made sure that it is the right one";
  }
  if (contains(errors, {"Permission denied (publickey"})) {
    return "add your key to the ssh agent, and name the agent's socket in "
           "SSH_AUTH_SOCK";
  }
  if (contains(errors, {"could not read Username", "Authentication failed"})) {
    return "give a token with --secret id=GIT_AUTH_TOKEN,env=…";
  }
  return {};
}

// The line that says what is wrong: the first that names a cause, since those
// behind it advise or say what follows from it; else the last one.
std::string reason_of(std::string_view errors) {
  std::string reason;
  while (!errors.empty()) {
    std::string_view line = errors.substr(0, errors.find('\n'));
    errors.remove_prefix(std::min(errors.size(), line.size() + 1));
    if (line.starts_with("fatal: ") || line.starts_with("error: RPC failed")) {
      return std::string(line.substr(7));
    }
    if (!line.empty()) reason = line;
  }
  return reason.empty() ? "it failed without a word" : reason;
}

}  // namespace

GitCommand::GitCommand(const GitOp& op, const Secrets& secrets, StepLog& log,
                       std::stop_token stop)
    : remote_(op.remote), log_(log), stop_(std::move(stop)) {
  for (char** word = environ; word != nullptr && *word != nullptr; ++word) {
    if (is_kept(*word)) env_.emplace_back(*word);
  }
  // The build's proxies count before the process's own.
  for (const std::string& pair : op.proxy_env) {
    const std::size_t equals = pair.find('=');
    set_variable(env_, pair.substr(0, equals), pair.substr(equals + 1));
  }
  for (const auto& [name, value] : kFixedVariables) {
    set_variable(env_, name, value);
  }
  set("core.hooksPath", "/dev/null");
  set("core.fsmonitor", "false");
  set("core.logAllRefUpdates", "false");
  set("credential.helper", "");
  set("gc.auto", "0");
  set("maintenance.auto", "false");
  set("advice.detachedHead", "false");
  set("init.defaultBranch", "master");
  set("fetch.recurseSubmodules", "false");
  set("safe.directory", "*");
  set("http.lowSpeedLimit", "1");
  set("http.lowSpeedTime", "60");

  const auto url = parser::find_url(op.remote);
  if (!url) return;
  if (url->scheme != "http" && url->scheme != "https") {
    // ssh(1) takes no password from there; the user is part of the place.
    remote_ = fmt::format("{}://{}{}{}", url->scheme, user_of(*url), op.host,
                          url->path);
    return;
  }
  const std::string server = url->scheme + "://" + op.host;
  remote_ = server + url->path;
  const std::string authorization = find_authorization(op, *url, secrets);
  if (!authorization.empty()) {
    set("http." + server + "/.extraHeader", "Authorization: " + authorization);
  }
}

void GitCommand::set(const std::string& key, const std::string& value) {
  if (settings_ > 0) env_.pop_back();  // the count
  env_.push_back(fmt::format("GIT_CONFIG_KEY_{}={}", settings_, key));
  env_.push_back(fmt::format("GIT_CONFIG_VALUE_{}={}", settings_, value));
  env_.push_back(fmt::format("GIT_CONFIG_COUNT={}", ++settings_));
}

std::string GitCommand::run(const std::vector<std::string>& args,
                            const std::filesystem::path& directory) const {
  return execute(args, directory,
                 [this](std::string_view bytes) { tell(bytes); });
}

bool GitCommand::try_run(const std::vector<std::string>& args,
                         const std::filesystem::path& directory) const {
  std::string said;
  try {
    execute(args, directory,
            [&said](std::string_view bytes) { said.append(bytes); });
  } catch (const base::Error& error) {
    if (error.kind() == base::ErrorKind::not_found ||
        error.kind() == base::ErrorKind::invalid_input) {
      return false;
    }
    tell(said);
    throw;
  }
  tell(said);
  return true;
}

void GitCommand::tell(std::string_view bytes) const {
  if (bytes.empty()) return;
  log_.write(runtime::Stream::standard_error,
             parser::redact_credentials(bytes));
}

// `on_errors` gets what git says on its standard error as it comes.
std::string GitCommand::execute(const std::vector<std::string>& args,
                                const std::filesystem::path& directory,
                                const base::OnErrors& on_errors) const {
  base::Command command{{"git"}, env_, directory};
  command.args.insert(command.args.end(), args.begin(), args.end());
  base::CommandResult result;
  try {
    result = base::run_command(command, stop_, on_errors);
  } catch (const base::Error& error) {
    if (error.kind() != base::ErrorKind::not_found) throw;
    throw base::Error(base::ErrorKind::unsupported,
                      "git sources need the program \"git\"")
        .hint("install git, or put its directory into PATH");
  }
  if (result.succeeded()) return std::move(result.output);
  throw base::Error(
      kind_of(result.errors),
      fmt::format("git {}: {}", args.front(),
                  parser::redact_credentials(reason_of(result.errors))))
      .hint(hint_of(result.errors));
}

}  // namespace builder
