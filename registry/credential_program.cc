#include "registry/credential_program.h"

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/subprocess.h"

namespace registry {
namespace {

using base::ErrorKind;
using nlohmann::json;

constexpr std::size_t kMostOutputBytes = std::size_t{1} << 20U;
constexpr std::size_t kMostShownBytes = 300;
constexpr std::string_view kNothing =
    "credentials not found in native keychain";
constexpr const char* kTokenUser = "<token>";

std::vector<std::string> own_environment() {
  std::vector<std::string> out;
  for (char** word = environ; *word != nullptr; ++word) out.emplace_back(*word);
  return out;
}

// A member of an answer; empty where there is none.
std::string text_of(const json& answer, const char* member) {
  const auto it = answer.find(member);
  return it != answer.end() && it->is_string() ? it->get<std::string>()
                                               : std::string();
}

void replace_all(std::string& text, const std::string& what,
                 std::string_view by) {
  if (what.empty()) return;
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos;
       at += by.size()) {
    text.replace(at, what.size(), by);
  }
}

// What a helper that failed has said, on one line. Of standard output only what
// cannot be an answer, and nothing that is known to be secret.
std::string quote(const base::CommandResult& result,
                  const std::string& secret) {
  std::string text = result.output;
  if (text.find('{') != std::string::npos) text.clear();
  text += " " + result.errors;
  replace_all(text, secret, "***");
  const json answer = json::parse(result.output, nullptr, false);
  if (answer.is_object()) replace_all(text, text_of(answer, "Secret"), "***");
  std::string line;
  for (const char c : text) {
    const bool is_blank = static_cast<unsigned char>(c) <= ' ' || c == '\x7f';
    if (!is_blank) {
      line += c;
    } else if (!line.empty() && line.back() != ' ') {
      line += ' ';
    }
    if (line.size() == kMostShownBytes) break;
  }
  while (line.ends_with(' ')) line.pop_back();
  return line;
}

std::string describe_end(int status) {
  return WIFSIGNALED(status) ? fmt::format("signal {}", WTERMSIG(status))
                             : fmt::format("exit code {}", WEXITSTATUS(status));
}

}  // namespace

struct CredentialProgram::Question {
  const char* verb;
  std::string input;
  std::string secret{};  // part of the input
};

CredentialProgram::CredentialProgram(ProgramName name,
                                     std::chrono::milliseconds time_limit)
    : name_(std::move(name)),
      program_("docker-credential-" + name_.name),
      time_limit_(time_limit) {
  if (program_.find('/') != std::string::npos ||
      program_.find('\0') != std::string::npos) {
    throw base::Error(ErrorKind::invalid_input,
                      fmt::format("{}: \"{}\" names no credential helper",
                                  name_.named_by, name_.name))
        .hint("the name is what follows \"docker-credential-\"");
  }
}

base::Error CredentialProgram::fail(std::string_view why) const {
  return base::Error(ErrorKind::denied,
                     fmt::format("{}, which {} names for {}: {}", program_,
                                 name_.named_by, name_.server, why));
}

// Its output; nullopt when it says that there is nothing.
std::optional<std::string> CredentialProgram::ask(
    const Question& question, const std::stop_token& stop) const {
  base::Command command{{program_, question.verb}, own_environment()};
  command.input = question.input;
  command.time_limit = time_limit_;
  command.most_output_bytes = kMostOutputBytes;
  command.umask = 077;
  base::CommandResult result;
  try {
    result = base::run_command(command, stop);
  } catch (const base::Error& error) {
    if (error.kind() == ErrorKind::cancelled) throw;
    throw fail(error.message()).hint(error.hint());
  }
  if (result.succeeded()) return std::move(result.output);
  if ((result.output + result.errors).find(kNothing) != std::string::npos) {
    return std::nullopt;
  }
  const std::string said = quote(result, question.secret);
  throw fail(fmt::format("\"{}\" failed with {}{}{}", question.verb,
                         describe_end(result.status), said.empty() ? "" : ": ",
                         said));
}

std::optional<Credential> CredentialProgram::get(
    const std::stop_token& stop) const {
  const auto output = ask({"get", name_.server}, stop);
  if (!output) return std::nullopt;
  const json answer = json::parse(*output, nullptr, false);
  if (!answer.is_object() || !answer.contains("Username") ||
      !answer.contains("Secret")) {
    throw fail(
        "what it answered to \"get\" is no JSON object with a Username and a "
        "Secret");
  }
  Credential credential;
  credential.user = text_of(answer, "Username");
  credential.password = text_of(answer, "Secret");
  if (credential.user == kTokenUser) {
    credential.user.clear();
    credential.identity_token = std::exchange(credential.password, {});
  }
  if (!credential.has_password() && credential.identity_token.empty()) {
    return std::nullopt;
  }
  return credential;
}

void CredentialProgram::store(const Credential& credential,
                              const std::stop_token& stop) const {
  const bool is_token = !credential.identity_token.empty();
  const std::string& secret =
      is_token ? credential.identity_token : credential.password;
  const json sent = {{"ServerURL", name_.server},
                     {"Username", is_token ? kTokenUser : credential.user},
                     {"Secret", secret}};
  // What is no UTF-8 has no form in JSON.
  const Question question{
      "store", sent.dump(-1, ' ', false, json::error_handler_t::replace),
      secret};
  if (!ask(question, stop)) throw fail("\"store\" found nothing to store in");
}

bool CredentialProgram::erase(const std::stop_token& stop) const {
  return ask({"erase", name_.server}, stop).has_value();
}

}  // namespace registry
