// run's flags, in docker's notation, and what they ask for.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "builder/run_image.h"
#include "cli/options.h"

namespace cli {

class RunFlags {
 public:
  // Adds them to `options`, which fills them in; this must outlive its parse().
  void add_to(Options& options);

  // All but the image and its arguments, checked. Throws: usage, and not_found
  // for the source of a volume.
  builder::RunOptions read() const;

 private:
  runtime::Resources read_limits() const;
  runtime::Resources::Memory read_memory() const;
  runtime::Resources::Cpu read_cpus() const;
  builder::RunTerminal read_terminal() const;

  bool is_removed_ = false;
  bool is_interactive_ = false;
  bool has_terminal_ = false;
  std::vector<std::string> env_;
  std::vector<std::string> volumes_;
  std::optional<std::string> working_dir_;
  std::optional<std::string> user_;
  std::optional<std::string> entrypoint_;
  std::optional<std::string> network_;
  std::optional<std::string> memory_;
  std::optional<std::string> memory_swap_;
  std::optional<std::string> cpus_;
};

}  // namespace cli
