// One directory of one hierarchy of control groups: made, locked, written,
// removed.
//
// On disk: "strake-<pid>-<n>". It is locked (flock(2)) while its owner lives,
// as a lease of the store is, whatever pid namespaces two owners are in.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/fd.h"
#include "runtime/cgroup_hierarchy.h"

namespace runtime {

class CgroupDirectory {
 public:
  // Makes it in `parent`, and what is missing of that up to the hierarchy's
  // mount point; in v2 has them hand `controllers` down. Throws: system,
  // denied.
  CgroupDirectory(const CgroupHierarchy& hierarchy,
                  const std::filesystem::path& parent,
                  const std::vector<std::string>& controllers);
  CgroupDirectory(const CgroupDirectory&) = delete;
  CgroupDirectory& operator=(const CgroupDirectory&) = delete;
  // Removes it with what a process in it has made below, and then the parents
  // that it has made, unless another uses them; the processes must have ended.
  ~CgroupDirectory();

  CgroupHierarchy::Version version() const noexcept { return version_; }
  const std::filesystem::path& path() const noexcept { return path_; }
  // Open as a directory.
  const base::Fd& file() const noexcept { return file_; }

  // Returns 0 or an errno.
  int write(const std::string& name, const std::string& value) const;
  // The content; nullopt where the kernel has no such file.
  std::optional<std::string> read(const std::string& name) const;

 private:
  void prepare(const CgroupHierarchy& hierarchy,
               const std::filesystem::path& parent,
               const std::vector<std::string>& controllers);
  void remove_parents() noexcept;

  CgroupHierarchy::Version version_;
  std::filesystem::path path_;
  std::vector<std::filesystem::path> made_parents_;  // outermost first
  base::Fd file_;
};

// Writes to a file of a control group. Returns 0 or an errno.
int write_cgroup_file(const std::filesystem::path& file,
                      const std::string& value);
// Its words; none when it is not there.
std::vector<std::string> read_cgroup_words(const std::filesystem::path& file);

// Whether the children of a v2 group can have limits by these controllers.
bool hands_down(const std::filesystem::path& group,
                const std::vector<std::string>& controllers);

// A limit that cannot be set: "the limit cannot be set: <what>: <errno>", with
// what to do about that number.
base::Error limit_error(int error_number, std::string_view what);

// Removes the directories in `parent` whose owner is dead.
void sweep_cgroups(const std::filesystem::path& parent);

}  // namespace runtime
