#include "store/lost_details.h"

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

namespace store {
namespace {

constexpr Owner kOnlyOwner{0, 0};

bool is_device(const Entry& entry) {
  return entry.type == EntryType::character || entry.type == EntryType::block;
}

class NotingWriter final : public TreeWriter {
 public:
  NotingWriter(TreeWriter& writer, const FileRights& rights, LostDetails& lost)
      : writer_(writer), rights_(rights), lost_(lost) {}

  void add(const Entry& entry) override {
    if (entry.type == EntryType::hardlink) {
      const auto device = lost_.devices.find(entry.link_target);
      if (device != lost_.devices.end())
        return add_again(device->second, entry);
    }
    writer_.add(entry);
    note(entry);
  }

  void add_file(const Entry& entry,
                const std::function<void(const base::Fd&)>& fill) override {
    writer_.add_file(entry, fill);
    note(entry);
  }

  std::optional<EntryType> find(std::string_view path) override {
    if (lost_.devices.contains(std::string(path))) {
      return lost_.devices.at(std::string(path)).type;
    }
    return writer_.find(path);
  }

  void remove(std::string_view path) override {
    writer_.remove(path);
    forget(lost_.owners, path);
    forget(lost_.devices, path);
  }

  void finish() override { writer_.finish(); }

 private:
  // One more name of a device that is not there to be linked to.
  void add_again(Entry device, const Entry& link) {
    device.path = link.path;
    writer_.add(device);  // for what is in its place
    note(device);
  }

  // Of two members of one name the later decides.
  void note(const Entry& entry) {
    lost_.owners.erase(entry.path);
    lost_.devices.erase(entry.path);
    if (is_device(entry) && !rights_.makes_devices) {
      lost_.devices.emplace(entry.path, entry);
    } else if (rights_.has_one_owner && entry.owner != kOnlyOwner &&
               entry.type != EntryType::hardlink &&
               entry.type != EntryType::whiteout) {
      lost_.owners.emplace(entry.path, entry.owner);
    }
  }

  template <typename Map>
  static void forget(Map& map, std::string_view path) {
    const std::string below = std::string(path) + "/";
    std::erase_if(map, [&](const auto& item) {
      return item.first == path || item.first.starts_with(below);
    });
  }

  TreeWriter& writer_;
  const FileRights& rights_;
  LostDetails& lost_;
};

// An owner was noted by the tar's name of a file. In the index the first of its
// names in order is the file, whichever the tar had first.
std::map<std::string, Owner> owners_of_files(std::span<const Entry> entries,
                                             const LostDetails& lost) {
  std::map<std::string, Owner> owners = lost.owners;
  for (const Entry& entry : entries) {
    if (entry.type != EntryType::hardlink) continue;
    const auto owner = lost.owners.find(entry.path);
    if (owner != lost.owners.end()) {
      owners.emplace(entry.link_target, owner->second);
    }
  }
  return owners;
}

}  // namespace

std::unique_ptr<TreeWriter> note_losses(TreeWriter& writer,
                                        const FileRights& rights,
                                        LostDetails& lost) {
  return std::make_unique<NotingWriter>(writer, rights, lost);
}

LayerIndex restore(const LayerIndex& index, const LostDetails& lost) {
  const auto owners = owners_of_files(index.entries(), lost);
  std::vector<Entry> entries(index.entries().begin(), index.entries().end());
  for (Entry& entry : entries) {
    const auto owner = owners.find(
        entry.type == EntryType::hardlink ? entry.link_target : entry.path);
    if (owner != owners.end()) entry.owner = owner->second;
  }
  for (const auto& [path, device] : lost.devices) entries.push_back(device);
  std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
    return path_less(a.path, b.path);
  });
  return LayerIndex(std::move(entries));
}

bool reduce_to_disk(Entry& entry, const FileRights& rights) {
  if (is_device(entry) && !rights.makes_devices) return false;
  if (rights.has_one_owner && entry.type != EntryType::whiteout) {
    entry.owner = kOnlyOwner;
  }
  return true;
}

}  // namespace store
