#include "store/lost_details.h"

#include <catch2/catch.hpp>

namespace {

using store::Entry;
using store::EntryType;

Entry entry_of(const std::string& path, EntryType type,
               const std::string& target = {}) {
  Entry entry;
  entry.path = path;
  entry.type = type;
  entry.link_target = target;
  return entry;
}

class RecordingWriter final : public store::TreeWriter {
 public:
  void add(const Entry& entry) override { added.push_back(entry); }
  void add_file(const Entry& entry,
                const std::function<void(const base::Fd&)>&) override {
    added.push_back(entry);
  }
  std::optional<EntryType> find(std::string_view) override { return {}; }
  void remove(std::string_view) override {}
  void finish() override {}
  std::vector<Entry> added;
};

struct OneId {
  OneId() {
    rights.makes_devices = false;
    rights.has_one_owner = true;
    writer = store::note_losses(disk, rights, lost);
  }
  store::FileRights rights;
  store::LostDetails lost;
  RecordingWriter disk;
  std::unique_ptr<store::TreeWriter> writer;
};

}  // namespace

TEST_CASE_METHOD(OneId, "a file with two names keeps its owner, whichever came",
                 "[store]") {
  const auto [first, second] = GENERATE(table<std::string, std::string>(
      {{"home/a", "home/z"}, {"home/z", "home/a"}}));
  Entry file = entry_of(first, EntryType::regular);
  file.owner = {1000, 50};
  writer->add_file(file, {});
  Entry link = entry_of(second, EntryType::hardlink, first);
  link.owner = file.owner;
  writer->add(link);
  // As a walk of the directory gives them.
  const store::LayerIndex index = store::restore(
      store::LayerIndex({entry_of("home/a", EntryType::regular),
                         entry_of("home/z", EntryType::hardlink, "home/a")}),
      lost);
  CHECK(index.find("home/a")->owner == file.owner);
  CHECK(index.find("home/z")->owner == file.owner);
}

TEST_CASE_METHOD(OneId, "a second name of a device that is left out is another",
                 "[store]") {
  Entry device = entry_of("dev/one", EntryType::character);
  device.device_major = 1;
  device.device_minor = 7;
  writer->add(device);
  writer->add(entry_of("dev/two", EntryType::hardlink, "dev/one"));
  CHECK(disk.added.back().type == EntryType::character);
  const store::LayerIndex index = store::restore(store::LayerIndex(), lost);
  REQUIRE(index.find("dev/two") != nullptr);
  CHECK(index.find("dev/two")->type == EntryType::character);
  CHECK(index.find("dev/two")->device_minor == 7);
}
