#include "store/tar_entries.h"

#include <fcntl.h>

#include <map>
#include <utility>
#include <vector>

#include "base/file.h"
#include "store/archive_reader.h"
#include "store/layer_unpacker.h"
#include "store/merged_tree.h"

namespace store {
namespace {

class EntryList : public TreeWriter {
 public:
  void add(const Entry& entry) override {
    entries_.insert_or_assign(entry.path, entry);
  }
  void add_file(const Entry& entry,
                const std::function<void(const base::Fd&)>& fill) override {
    fill(nowhere_);
    add(entry);
  }
  std::optional<EntryType> find(std::string_view path) override {
    const auto at = entries_.find(path);
    if (at == entries_.end()) return std::nullopt;
    return at->second.type;
  }
  void remove(std::string_view path) override {
    auto at = entries_.lower_bound(path);
    while (at != entries_.end() &&
           (at->first == path || is_below(at->first, path))) {
      at = entries_.erase(at);
    }
  }
  void finish() override {}

  LayerIndex take(const ContentDigests& contents) {
    std::vector<Entry> all;
    all.reserve(entries_.size());
    for (auto& [path, entry] : entries_) {
      // The root directory belongs to no layer, unless it hides what is below.
      if (path.empty() && !entry.opaque) continue;
      if (const auto content = contents.find(path); content != contents.end()) {
        entry.content = content->second;
      }
      all.push_back(std::move(entry));
    }
    return LayerIndex(std::move(all));
  }

 private:
  base::Fd nowhere_ = base::open_file("/dev/null", O_WRONLY);
  std::map<std::string, Entry, PathLess> entries_;
};

}  // namespace

LayerIndex read_tar_entries(const ByteSource& tar) {
  EntryList list;
  const MergedTree nothing({});
  LayerUnpacker unpacker(list, [&]() -> const MergedTree& { return nothing; });
  ArchiveReader archive(tar);
  while (auto entry = archive.next()) unpacker.take(std::move(*entry), archive);
  unpacker.finish();
  return list.take(unpacker.take_contents());
}

}  // namespace store
