// git(1), run so that neither a repository nor this machine's settings decide
// what it does.
//
// No configuration of the system or the user is read, no hook, filter or helper
// runs, nothing is asked for. Repositories, and the submodules they name, come
// over http, https, ssh and git only: never from a path of this machine, never
// through a command (ext::). ssh uses the user's keys, agent and known hosts
// and refuses unknown ones. Credentials are handed over in the environment, so
// that they are in no list of processes and in no file, and only for their own
// server.
#pragma once

#include <filesystem>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/subprocess.h"
#include "builder/exec_step.h"
#include "builder/operation.h"
#include "builder/step_log.h"

namespace builder {

class GitCommand {
 public:
  // Secrets that are used for http and https, the first there is:
  // GIT_AUTH_HEADER.<host> and GIT_AUTH_TOKEN.<host>, then both without a host;
  // else what the address itself holds. All of these must outlive it.
  GitCommand(const GitOp& op, const Secrets& secrets, StepLog& log,
             std::stop_token stop);

  // The remote as git is given it, without credentials; of ssh the user stays.
  const std::string& remote() const noexcept { return remote_; }

  // What it printed. Throws: not_found, denied, unavailable or invalid_input
  // with the reason git gives; cancelled; unsupported when there is no git.
  std::string run(const std::vector<std::string>& args,
                  const std::filesystem::path& directory) const;
  // Whether it succeeded, where another way is open: what it says of a failure
  // is not shown then. Throws, for those no other way helps: denied,
  // unavailable, cancelled, unsupported.
  bool try_run(const std::vector<std::string>& args,
               const std::filesystem::path& directory) const;

 private:
  void set(const std::string& key, const std::string& value);
  void tell(std::string_view bytes) const;
  std::string execute(const std::vector<std::string>& args,
                      const std::filesystem::path& directory,
                      const base::OnErrors& on_errors) const;

  std::string remote_;
  StepLog& log_;
  std::stop_token stop_;
  std::vector<std::string> env_;
  std::size_t settings_ = 0;
};

}  // namespace builder
