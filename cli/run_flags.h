// run's flags, in docker's notation, and what they ask for.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "builder/container.h"
#include "cli/dns_flags.h"
#include "cli/options.h"
#include "cli/resource_flags.h"
#include "cli/security_flags.h"

namespace cli {

class RunFlags {
 public:
  // Adds them to `options`, which fills them in; this must outlive its parse().
  void add_to(Options& options);

  // All but the image and its arguments, checked. Throws: usage, and not_found
  // for the source of a volume or a file of variables.
  builder::ContainerOptions read() const;

  const std::optional<std::string>& runtime() const { return runtime_; }

  // The full reference that the result is to be committed under, if it is.
  // Throws: usage.
  std::optional<std::string> read_commit() const;

 private:
  DnsFlags dns_;
  std::vector<std::string> read_env() const;
  builder::ContainerTerminal read_terminal() const;

  bool is_removed_ = false;
  bool is_interactive_ = false;
  bool has_terminal_ = false;
  bool is_read_only_ = false;
  SecurityFlags security_;
  std::vector<std::string> env_;
  std::vector<std::string> env_files_;
  std::vector<std::string> volumes_;
  std::vector<std::string> tmpfs_;
  std::vector<std::string> extra_hosts_;
  std::vector<std::string> ulimits_;
  std::optional<std::string> working_dir_;
  std::optional<std::string> user_;
  std::optional<std::string> entrypoint_;
  std::optional<std::string> network_;
  std::optional<std::string> name_;
  std::optional<std::string> hostname_;
  std::optional<std::string> commit_;
  std::optional<std::string> shm_size_;
  std::optional<std::string> runtime_;
  ResourceFlags resources_;
};

}  // namespace cli
