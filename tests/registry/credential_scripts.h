// Credential helpers, docker-credential-*, made of shell scripts, first on PATH
// for as long as this lives.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

#include "base/file.h"
#include "base/temp_dir.h"

namespace tests {

class CredentialScripts {
 public:
  CredentialScripts() : path_before_(std::getenv("PATH")) {
    ::setenv("PATH", (directory_.path().native() + ":" + path_before_).c_str(),
             1);
  }
  CredentialScripts(const CredentialScripts&) = delete;
  CredentialScripts& operator=(const CredentialScripts&) = delete;
  ~CredentialScripts() { ::setenv("PATH", path_before_.c_str(), 1); }

  void add(const std::string& name, const std::string& script) const {
    base::replace_file(place(name), "#!/bin/sh\n" + script + "\n", 0755);
  }
  // Of what a script wrote to "$0" and a suffix.
  std::string read(const std::string& name) const {
    return base::read_file(place(name));
  }
  bool has(const std::string& name) const {
    return std::filesystem::exists(place(name));
  }

 private:
  std::filesystem::path place(const std::string& name) const {
    return directory_.path() / ("docker-credential-" + name);
  }
  base::TempDir directory_;
  std::string path_before_;
};

}  // namespace tests
