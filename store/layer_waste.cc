#include "store/layer_waste.h"

#include <algorithm>
#include <optional>
#include <queue>
#include <unordered_map>
#include <utility>

namespace store {
namespace {

// Who hides an entry: the lowest layer above its own that does.
struct Hider {
  std::size_t layer;
  const Entry* entry;  // of the same path; null: something above the path
};

// A directory that the merge is inside of, with the layers, lowest first, that
// hide what is below it in the layers under them.
struct Enclosing {
  std::string_view path;
  std::vector<std::size_t> hiders;
};

struct Cursor {
  std::span<const Entry> rest;
  std::size_t layer;
};

// For a heap that gives the smallest path first, of equal ones the lowest
// layer.
struct ComesLater {
  bool operator()(const Cursor& left, const Cursor& right) const {
    const std::string_view a = left.rest.front().path;
    const std::string_view b = right.rest.front().path;
    if (a == b) return left.layer > right.layer;
    return path_less(b, a);
  }
};

bool is_file(const Entry& entry) {
  return entry.type == EntryType::regular || entry.type == EntryType::hardlink;
}

// Whether lower layers' entries below this path are not seen any more.
bool hides_below(const Entry& entry) {
  return entry.type != EntryType::directory || entry.opaque;
}

class Merge {
 public:
  Merge(std::span<const std::shared_ptr<const LayerIndex>> layers,
        std::size_t most_files)
      : layers_(layers), most_files_(most_files) {
    result_.layers.resize(layers.size());
  }

  StackWaste run() {
    std::priority_queue<Cursor, std::vector<Cursor>, ComesLater> heap;
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      count(i);
      const auto entries = layers_[i]->entries();
      if (!entries.empty()) heap.push({entries, i});
    }
    std::vector<std::pair<std::size_t, const Entry*>> same;
    while (!heap.empty()) {
      const std::string_view path = heap.top().rest.front().path;
      same.clear();
      while (!heap.empty() && heap.top().rest.front().path == path) {
        const Cursor cursor = heap.top();
        heap.pop();
        same.emplace_back(cursor.layer, &cursor.rest.front());
        if (cursor.rest.size() > 1) {
          heap.push({cursor.rest.subspan(1), cursor.layer});
        }
      }
      take(path, same);
    }
    finish();
    return std::move(result_);
  }

 private:
  // What else is to be hidden before a file with several names is.
  struct Names {
    std::size_t left = 1;
    std::size_t hidden_by = 0;
    const Entry* hider = nullptr;
  };

  void count(std::size_t layer) {
    LayerWaste& counted = result_.layers[layer];
    for (const Entry& entry : layers_[layer]->entries()) {
      if (entry.type == EntryType::regular) {
        counted.file_bytes += entry.size_bytes;
        ++counted.files;
      } else if (entry.type == EntryType::hardlink) {
        if (const Entry* file = file_of(layer, entry)) ++names_[file].left;
      }
    }
  }

  // The file a name leads to within its layer; null where it leads nowhere.
  const Entry* file_of(std::size_t layer, const Entry& entry) const {
    if (entry.type == EntryType::regular) return &entry;
    if (entry.type != EntryType::hardlink) return nullptr;
    const Entry* file = layers_[layer]->find(entry.link_target);
    return file != nullptr && file->type == EntryType::regular ? file : nullptr;
  }

  // All layers' entries of one path, the lowest layer's first.
  void take(std::string_view path,
            const std::vector<std::pair<std::size_t, const Entry*>>& same) {
    while (!around_.empty() && !is_below(path, around_.back().path)) {
      around_.pop_back();
    }
    Enclosing here{path, {}};
    for (std::size_t i = 0; i < same.size(); ++i) {
      const auto [layer, entry] = same[i];
      if (hides_below(*entry)) here.hiders.push_back(layer);
      if (!is_file(*entry)) continue;
      std::optional<Hider> hider = find_around(layer);
      if (i + 1 < same.size() &&
          (!hider || same[i + 1].first <= hider->layer)) {
        hider = Hider{same[i + 1].first, same[i + 1].second};
      }
      if (hider) hide(layer, *entry, *hider);
    }
    if (!here.hiders.empty()) around_.push_back(std::move(here));
  }

  std::optional<Hider> find_around(std::size_t layer) const {
    std::optional<Hider> found;
    for (const Enclosing& directory : around_) {
      const auto next = std::upper_bound(directory.hiders.begin(),
                                         directory.hiders.end(), layer);
      if (next != directory.hiders.end() && (!found || *next < found->layer)) {
        found = Hider{*next, nullptr};
      }
    }
    return found;
  }

  void hide(std::size_t layer, const Entry& name, const Hider& hider) {
    const Entry* file = file_of(layer, name);
    if (file == nullptr) return;
    if (const auto names = names_.find(file); names != names_.end()) {
      if (hider.layer >= names->second.hidden_by) {
        names->second.hidden_by = hider.layer;
        names->second.hider = hider.entry;
      }
      if (--names->second.left > 0) return;
      add(layer, *file, {names->second.hidden_by, names->second.hider});
      return;
    }
    add(layer, *file, hider);
  }

  WasteKind kind_of(const Entry& file, const Hider& hider) const {
    if (hider.entry == nullptr || hider.entry->type == EntryType::whiteout) {
      return WasteKind::deleted;
    }
    const Entry* above = file_of(hider.layer, *hider.entry);
    if (above == nullptr || above->size_bytes != file.size_bytes ||
        above->content != file.content) {
      return WasteKind::replaced;
    }
    const bool is_same = above->mode == file.mode &&
                         above->owner == file.owner &&
                         above->xattrs == file.xattrs;
    return is_same ? WasteKind::rewritten : WasteKind::attributes;
  }

  void add(std::size_t layer, const Entry& file, const Hider& hider) {
    if (file.size_bytes == 0) return;
    const WasteKind kind = kind_of(file, hider);
    result_.wasted_bytes += file.size_bytes;
    ++result_.wasted_files;
    result_.bytes_by_kind[static_cast<std::size_t>(kind)] += file.size_bytes;
    LayerWaste& culprit = result_.layers[hider.layer];
    culprit.wasted_bytes += file.size_bytes;
    ++culprit.wasted_files;
    found_.push_back({&file, layer, hider.layer, kind});
  }

  void finish() {
    const std::size_t named = std::min(found_.size(), most_files_);
    std::partial_sort(found_.begin(),
                      found_.begin() + static_cast<std::ptrdiff_t>(named),
                      found_.end(), [](const Found& a, const Found& b) {
                        if (a.file->size_bytes != b.file->size_bytes) {
                          return a.file->size_bytes > b.file->size_bytes;
                        }
                        return path_less(a.file->path, b.file->path);
                      });
    for (std::size_t i = 0; i < named; ++i) {
      const Found& found = found_[i];
      result_.biggest.push_back({found.file->path, found.file->size_bytes,
                                 found.layer, found.hidden_by, found.kind});
    }
  }

  struct Found {
    const Entry* file;
    std::size_t layer;
    std::size_t hidden_by;
    WasteKind kind;
  };
  std::span<const std::shared_ptr<const LayerIndex>> layers_;
  std::size_t most_files_;
  std::vector<Enclosing> around_;
  // Of files with hard links only.
  std::unordered_map<const Entry*, Names> names_;
  std::vector<Found> found_;
  StackWaste result_;
};

}  // namespace

std::string_view render_waste_kind(WasteKind kind) noexcept {
  switch (kind) {
    case WasteKind::deleted:
      return "deleted";
    case WasteKind::replaced:
      return "replaced";
    case WasteKind::attributes:
      return "attributes";
    case WasteKind::rewritten:
      return "rewritten";
  }
  return "";
}

StackWaste measure_waste(
    std::span<const std::shared_ptr<const LayerIndex>> layers,
    std::size_t most_files) {
  return Merge(layers, most_files).run();
}

}  // namespace store
