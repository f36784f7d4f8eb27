// What a config.json of docker, or an auth.json of podman, says of credentials.
//
// Form (docker's cli/config/configfile, containers-auth.json(5)):
//   {"auths": {KEY: {"auth": base64 of "user:password",
//                    "username": ..., "password": ...,   // where no "auth" is
//                    "identitytoken": ..., "registrytoken": ...}},
//    "credsStore": HELPER, "credHelpers": {KEY: HELPER}}
// KEYs are those of credential_key.h, the longest path that covers a repository
// counts; docker's own spelling before another of the same. An entry without a
// secret, {}, is docker's note that a helper has it. An empty HELPER is none.
// All else belongs to others and stays as it is.
//
// No text of the file is ever part of an error: it holds secrets.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "registry/credential.h"
#include "registry/credential_key.h"
#include "registry/credential_program.h"

namespace registry {

class DockerConfig {
 public:
  // `name` is what errors call it: a file, a variable. Text that is nothing but
  // blanks says nothing.
  // Throws: invalid_input with line and column.
  DockerConfig(std::string name, std::string_view text);
  DockerConfig(DockerConfig&&) noexcept;
  DockerConfig& operator=(DockerConfig&&) noexcept;
  DockerConfig(const DockerConfig&) = delete;
  DockerConfig& operator=(const DockerConfig&) = delete;
  ~DockerConfig();

  // What it holds itself. Throws: invalid_input for an entry that makes no
  // sense; others do not matter.
  std::optional<Credential> find(const CredentialKey& repository) const;
  std::optional<ProgramName> find_helper(const CredentialKey& repository) const;

  // An empty credential makes the note that a helper has it.
  // Throws: invalid_input.
  void set(const CredentialKey& key, const Credential& credential);
  // All that is under this key, however it is spelt; whether there was any.
  bool erase(const CredentialKey& key);

  // As a file, in docker's layout.
  std::string render() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace registry
