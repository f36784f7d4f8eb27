#include "store/merged_tree.h"

// The indexes are sorted alike, so a stack is merged in one pass over all of
// them, like the runs of a merge sort, when the tree is first asked anything.
// A directory may hide what lies below it in lower layers; since a directory
// comes right before what is in it, a stack of the directories around the
// current path is all the pass has to remember.
//
// A map from path to entry, filled layer by layer, was the other way: it needs
// a walk over a whole subtree for each whiteout and has to be sorted at the
// end.

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <mutex>
#include <queue>
#include <unordered_map>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "store/long_path.h"

namespace store {
namespace {

constexpr int kMostLinks = 40;  // the kernel's MAXSYMLINKS
constexpr std::uint64_t kMostReadBytes = 16ULL << 20;

// One layer's place in the merge.
struct Cursor {
  std::span<const Entry> rest;
  std::size_t layer;
};

// For a heap that gives the smallest path first, and of equal paths the
// uppermost layer.
struct ComesLater {
  bool operator()(const Cursor& left, const Cursor& right) const {
    const std::string_view a = left.rest.front().path;
    const std::string_view b = right.rest.front().path;
    if (a == b) return left.layer < right.layer;
    return path_less(b, a);
  }
};

using Heap = std::priority_queue<Cursor, std::vector<Cursor>, ComesLater>;

// A path, and the lowest layer that may show anything below it.
struct Ceiling {
  std::string_view path;
  std::size_t lowest_layer;
};

}  // namespace

struct MergedTree::State {
  struct Visible {
    const Entry* entry;
    std::size_t layer;
  };

  explicit State(std::vector<Layer> stack) : layers(std::move(stack)) {
    root.type = EntryType::directory;
    root.mode = 0755;
  }

  const std::vector<Visible>& entries() {
    std::call_once(is_merged, [this] { merge(); });
    return visible;
  }

  void merge();
  void take(std::string_view path, Heap& heap, std::vector<Ceiling>& around);
  void show(const Entry& entry, std::size_t layer);

  const Visible* find(std::string_view path) {
    const auto& all = entries();
    const auto found =
        std::lower_bound(all.begin(), all.end(), path,
                         [](const Visible& one, std::string_view wanted) {
                           return path_less(one.entry->path, wanted);
                         });
    return found != all.end() && found->entry->path == path ? &*found : nullptr;
  }

  std::span<const Visible> below(std::string_view directory) {
    const auto& all = entries();
    const auto first = std::partition_point(
        all.begin(), all.end(), [directory](const Visible& one) {
          return one.entry->path == directory ||
                 path_less(one.entry->path, directory);
        });
    return {first, std::partition_point(
                       first, all.end(), [directory](const Visible& one) {
                         return is_below(one.entry->path, directory);
                       })};
  }

  std::vector<Layer> layers;
  Entry root;
  std::once_flag is_merged;
  std::vector<Visible> visible;
  std::deque<Entry> linked;  // hard links in the shape of what they lead to
  std::unordered_map<const Entry*, const Entry*> files;  // by those
};

void MergedTree::State::merge() {
  visible.clear();  // of an earlier try that failed
  linked.clear();
  files.clear();
  Heap heap;
  std::size_t most = 1;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const auto entries = layers[i].index->entries();
    most += entries.size();
    if (!entries.empty()) heap.push({entries, i});
  }
  visible.reserve(most);
  if (heap.empty() || !heap.top().rest.front().path.empty()) {
    visible.push_back({&root, 0});
  }
  std::vector<Ceiling> around{{"", 0}};
  while (!heap.empty()) take(heap.top().rest.front().path, heap, around);
}

// All layers' entries of one path.
void MergedTree::State::take(std::string_view path, Heap& heap,
                             std::vector<Ceiling>& around) {
  while (!around.back().path.empty() && !is_below(path, around.back().path)) {
    around.pop_back();
  }
  std::size_t lowest = around.back().lowest_layer;
  bool is_first = true;
  bool is_hidden = false;
  while (!heap.empty() && heap.top().rest.front().path == path) {
    const Cursor cursor = heap.top();
    heap.pop();
    const Entry& entry = cursor.rest.front();
    if (cursor.rest.size() > 1)
      heap.push({cursor.rest.subspan(1), cursor.layer});
    if (is_hidden || cursor.layer < lowest) continue;
    const bool is_directory = entry.type == EntryType::directory;
    if (is_first && entry.type != EntryType::whiteout)
      show(entry, cursor.layer);
    is_first = false;
    // Anything but a plain directory ends what lower layers can add.
    if (!is_directory || entry.opaque) {
      is_hidden = true;
      lowest = cursor.layer;
    }
  }
  if (path.empty()) {
    around.front().lowest_layer = lowest;
  } else {
    around.push_back({path, lowest});
  }
}

void MergedTree::State::show(const Entry& entry, std::size_t layer) {
  if (entry.type != EntryType::hardlink) {
    visible.push_back({&entry, layer});
    return;
  }
  const Entry* target = layers[layer].index->find(entry.link_target);
  if (target == nullptr || target->type == EntryType::hardlink) {
    throw base::Error(base::ErrorKind::corrupt,
                      fmt::format("layer index: {} is a link to {}, which is "
                                  "not there",
                                  entry.path, entry.link_target));
  }
  Entry& shown = linked.emplace_back(*target);
  shown.path = entry.path;
  files.emplace(&shown, target);
  visible.push_back({&shown, layer});
}

MergedTree::MergedTree(std::vector<Layer> layers)
    : state_(std::make_unique<State>(std::move(layers))) {}
MergedTree::MergedTree(MergedTree&&) noexcept = default;
MergedTree& MergedTree::operator=(MergedTree&&) noexcept = default;
MergedTree::~MergedTree() = default;

const Entry* MergedTree::find(std::string_view path) const {
  const State::Visible* found = state_->find(path);
  return found != nullptr ? found->entry : nullptr;
}

const Entry* MergedTree::file_of(const Entry& visible) const {
  state_->entries();
  const auto found = state_->files.find(&visible);
  return found != state_->files.end() ? found->second : &visible;
}

std::vector<const Entry*> MergedTree::below(std::string_view directory) const {
  std::vector<const Entry*> result;
  const auto all = state_->below(directory);
  result.reserve(all.size());
  for (const State::Visible& one : all) result.push_back(one.entry);
  return result;
}

std::vector<const Entry*> MergedTree::children(
    std::string_view directory) const {
  std::vector<const Entry*> result;
  auto rest = state_->below(directory);
  while (!rest.empty()) {
    const Entry* child = rest.front().entry;
    result.push_back(child);
    const auto next = std::partition_point(
        rest.begin() + 1, rest.end(), [child](const State::Visible& one) {
          return is_below(one.entry->path, child->path);
        });
    rest = rest.subspan(static_cast<std::size_t>(next - rest.begin()));
  }
  return result;
}

std::string MergedTree::resolve(std::string_view path,
                                FollowLast follow) const {
  std::string at;
  std::string rest(path);
  int links = 0;
  while (true) {
    const std::size_t start = rest.find_first_not_of('/');
    if (start == rest.npos) return at;
    const std::size_t end = std::min(rest.find('/', start), rest.size());
    const std::string part = rest.substr(start, end - start);
    const bool is_last = end == rest.size();  // "x/" means what x leads to
    rest.erase(0, end);
    if (part == ".") continue;
    if (part == "..") {
      at = parent_path(at);
      continue;
    }
    std::string next = at.empty() ? part : fmt::format("{}/{}", at, part);
    const Entry* entry = find(next);
    const bool is_followed = entry != nullptr &&
                             entry->type == EntryType::symlink &&
                             !(is_last && follow == FollowLast::no);
    if (!is_followed) {
      at = std::move(next);
      continue;
    }
    if (++links > kMostLinks) {
      throw base::Error(base::ErrorKind::invalid_input,
                        fmt::format("too many symbolic links in {}", path));
    }
    if (entry->link_target.starts_with('/')) at.clear();
    rest = entry->link_target + rest;
  }
}

base::Fd MergedTree::open(const Entry& entry) const {
  const State::Visible* found = state_->find(entry.path);
  if (found == nullptr || found->entry->type != EntryType::regular) {
    throw base::Error(base::ErrorKind::not_found,
                      fmt::format("{} is not a file", entry.path));
  }
  const Layer& layer = state_->layers[found->layer];
  if (layer.before_open) layer.before_open();
  const base::Fd diff = base::open_file(layer.diff, O_PATH | O_DIRECTORY);
  return open_long_path(diff, entry.path, O_RDONLY | O_NOFOLLOW);
}

std::optional<std::string> MergedTree::read_file(std::string_view path) const {
  const Entry* entry = find(resolve(path, FollowLast::yes));
  if (entry == nullptr || entry->type != EntryType::regular) {
    return std::nullopt;
  }
  return base::read_all(open(*entry), kMostReadBytes);
}

}  // namespace store
