// The devices that this machine offers to containers: the Container Device
// Interface (CDI) v0.6 to v1.0, JSON files in a few directories.
//
//   {"cdiVersion": "0.6.0", "kind": "vendor.com/class",
//    "containerEdits": {…}, "devices": [{"name": "gpu0",
//    "containerEdits": {"env": ["A=b"], "deviceNodes": [{"path": "/dev/gpu0"}],
//                       "mounts": [{"hostPath": …, "containerPath": …}]}}]}
//
// A device's edits are its own after those of its file. Of two devices of one
// name the one in the later directory counts. Two of BuildKit's annotations are
// known: ….device.class gives a device a further name, ….device.autoallow gives
// consent to its use, in the place of --allow. Not known: hooks, which are
// programs to be run as root outside; a device that has some is refused.
//
// Specifications come and go with drivers, so a wrong one is no matter of those
// who want another device. A file that is no specification is skipped, whole; a
// device that cannot be given to a step has its fault, for who asks for it.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "runtime/spec.h"

namespace builder {

// What using a device does to a step.
struct DeviceEdits {
  std::vector<std::string> env;            // "NAME=value"
  std::vector<runtime::Device> devices;    // below /dev
  std::vector<runtime::DeviceRule> rules;  // to open all of its nodes
  std::vector<runtime::Mount> mounts;      // with the nodes outside of /dev
};

struct CdiDevice {
  std::string name;   // "vendor.com/class=gpu0"
  std::string group;  // the class annotation, or empty
  bool is_allowed = false;
  DeviceEdits edits;
  // Why the device cannot be given to a step: it has hooks, or needs what this
  // machine has not. The edits are not all there then.
  std::optional<base::Error> fault;
};

// Told when a device is missing, which may be in there.
struct SkippedSpec {
  std::filesystem::path file;
  std::string reason;
};

class CdiRegistry {
 public:
  // Reads the directories that are there.
  explicit CdiRegistry(const std::vector<std::filesystem::path>& directories);

  // What a name as in RUN --device means: one device, the first or all ("=*")
  // of a class, or those of a group; empty when there is none.
  std::vector<CdiDevice> find(std::string_view name) const;

  // YAML files, and those that are no specifications.
  const std::vector<SkippedSpec>& skipped() const noexcept { return skipped_; }

 private:
  void read(const std::filesystem::path& file);

  std::map<std::string, CdiDevice, std::less<>> devices_;  // by name
  std::vector<SkippedSpec> skipped_;
};

// Where specifications lie, in the order of their weight.
std::vector<std::filesystem::path> standard_cdi_directories();

}  // namespace builder
