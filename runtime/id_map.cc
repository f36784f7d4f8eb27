#include "runtime/id_map.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "base/error.h"
#include "base/file.h"

namespace runtime {
namespace {

constexpr std::uint64_t kAllIds = 0xffffffff;
constexpr std::uint64_t kMaxMapBytes = 65536;

bool is_all(const IdRanges& ranges) noexcept {
  return ranges == IdRanges{{0, 0, kAllIds}};
}

std::uint64_t count_ids(const IdRanges& ranges) noexcept {
  std::uint64_t count = 0;
  for (const IdRange& range : ranges) count += range.count;
  return count;
}

std::string render(const IdRanges& ranges) {
  std::string text;
  for (const IdRange& range : ranges) {
    text += fmt::format("{}{}:{}:{}", text.empty() ? "" : ",", range.inside,
                        range.outside, range.count);
  }
  return text;
}

}  // namespace

bool IdMap::is_identity() const noexcept {
  return is_all(uids) && is_all(gids);
}

std::uint64_t IdMap::count() const noexcept {
  return std::min(count_ids(uids), count_ids(gids));
}

bool contains(const IdRanges& ranges, std::uint64_t id) noexcept {
  return std::any_of(ranges.begin(), ranges.end(), [&](const IdRange& range) {
    return id >= range.inside && id - range.inside < range.count;
  });
}

IdRanges parse_id_ranges(const std::string& text) {
  IdRanges ranges;
  std::istringstream words(text);
  IdRange range;
  while (words >> range.inside >> range.outside >> range.count) {
    ranges.push_back(range);
  }
  std::sort(ranges.begin(), ranges.end(),
            [](const auto& a, const auto& b) { return a.inside < b.inside; });
  return ranges;
}

std::string render_id_map(const IdMap& map) {
  return render(map.uids) + " " + render(map.gids);
}

IdMap read_id_map() {
  return {parse_id_ranges(base::read_file("/proc/self/uid_map", kMaxMapBytes)),
          parse_id_ranges(base::read_file("/proc/self/gid_map", kMaxMapBytes))};
}

bool may_set_groups() {
  return !base::read_file("/proc/self/setgroups", kMaxMapBytes)
              .starts_with("deny");
}

}  // namespace runtime
