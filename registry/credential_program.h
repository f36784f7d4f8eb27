// Programs that keep credentials: docker-credential-pass, -ecr-login, …
//
// Protocol (github.com/docker/docker-credential-helpers): the only argument is
// the verb, all else goes over stdin and stdout, so that no secret is in a list
// of processes.
//   get    stdin: the server    stdout: {"Username": …, "Secret": …}
//   store  stdin: {"ServerURL": …, "Username": …, "Secret": …}
//   erase  stdin: the server
// "<token>" as Username says that the Secret is an identity token. A failure is
// an exit code other than 0 with a sentence on stdout, and one such sentence
// means that there is nothing.
//
// A helper finds the environment that we have and no terminal
// (base/subprocess.h); it may ask by a window of its own.
#pragma once

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/error.h"
#include "registry/credential.h"

namespace registry {

struct ProgramName {
  std::string name;      // "pass" of docker-credential-pass
  std::string server;    // what it knows a registry by: "quay.io"
  std::string named_by;  // the file that says so, for errors
};

// Every member throws: denied, naming the program and what it says, when it is
// not there, fails, takes too long or makes no sense; cancelled. No retry mends
// any of these, and no secret is part of the text.
class CredentialProgram {
 public:
  // Long enough to type a passphrase. Throws: invalid_input for a name that
  // is no file's.
  explicit CredentialProgram(
      ProgramName name,
      std::chrono::milliseconds time_limit = std::chrono::minutes(2));

  const std::string& program() const noexcept { return program_; }

  std::optional<Credential> get(const std::stop_token& stop) const;
  void store(const Credential& credential, const std::stop_token& stop) const;
  // Whether there was something.
  bool erase(const std::stop_token& stop) const;

 private:
  struct Question;
  std::optional<std::string> ask(const Question& question,
                                 const std::stop_token& stop) const;
  base::Error fail(std::string_view why) const;

  ProgramName name_;
  std::string program_;
  std::chrono::milliseconds time_limit_;
};

}  // namespace registry
