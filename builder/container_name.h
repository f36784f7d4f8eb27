// A container's name, which no two running containers of one store share.
//
// On disk: <store>/names/<name>, locked (flock(2)) while the container runs; in
// it, the number of the process that runs it, for people. A killed one's lock
// is free, and so is its name.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/fd.h"

namespace builder {

// Docker's rule: [a-zA-Z0-9][a-zA-Z0-9_.-]+
bool is_container_name(std::string_view name);

class ContainerName {
 public:
  // Throws: invalid_input for what is no name or is taken, system, denied.
  ContainerName(const std::filesystem::path& store_root,
                const std::string& name);
  ContainerName(const ContainerName&) = delete;
  ContainerName& operator=(const ContainerName&) = delete;
  ~ContainerName();

 private:
  std::filesystem::path path_;
  base::Fd file_;
};

}  // namespace builder
