// Which ids a process can name, and what they are outside of its user
// namespace: user_namespaces(7) "User and group ID mappings".
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace runtime {

// `count` ids from `inside` on stand for those from `outside` on.
struct IdRange {
  std::uint64_t inside = 0;
  std::uint64_t outside = 0;
  std::uint64_t count = 0;
  bool operator==(const IdRange&) const = default;
};
using IdRanges = std::vector<IdRange>;

struct IdMap {
  IdRanges uids;
  IdRanges gids;

  // Whether this is the map of the machine's own namespace: every id is itself.
  bool is_identity() const noexcept;
  // How many ids of both kinds there are at least.
  std::uint64_t count() const noexcept;
  bool operator==(const IdMap&) const = default;
};

bool contains(const IdRanges& ranges, std::uint64_t id) noexcept;

// The form of /proc/<pid>/uid_map, a range in each line.
IdRanges parse_id_ranges(const std::string& text);

// "0:1000:1,1:100000:65536 0:1000:1,1:100000:65536": users, then groups; what
// newuidmap(1) takes as arguments. The same map is always the same text.
std::string render_id_map(const IdMap& map);

// That of this process. Throws: system when /proc is missing.
IdMap read_id_map();

// Whether this process may change its groups: a user who mapped a group without
// newgidmap(1) may not (user_namespaces(7), "/proc/pid/setgroups").
bool may_set_groups();

}  // namespace runtime
