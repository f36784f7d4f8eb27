// What the tests of builder/ stand on: images that exist only here, plans made
// from a few lines, trees in memory.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/fd.h"
#include "builder/file_selection.h"
#include "builder/image_source.h"
#include "builder/plan.h"
#include "builder/progress.h"
#include "store/layer_io.h"
#include "store/merged_tree.h"

namespace tests {

// Images by the name FROM has them under; remembers who was asked for.
class FakeImages : public builder::ImageSource {
 public:
  // An image of one layer with this configuration.
  void add(const std::string& name, store::ContainerConfig config = {});
  std::optional<builder::ResolvedImage> find(
      std::string_view reference, const builder::Platform& platform) override;
  std::vector<std::string> names() const override;
  // Finds "<directory's name>:<reference>".
  builder::ResolvedImage read_layout(
      const builder::LayoutImage& wanted) override;

  std::map<std::string, builder::ResolvedImage> images;
  std::vector<std::string> asked;
  std::optional<builder::Platform> asked_platform;  // of the last layout
};

builder::Plan plan_of(std::string_view dockerfile,
                      const builder::PlanOptions& options = {});
builder::Plan plan_of(std::string_view dockerfile, FakeImages& images,
                      const builder::PlanOptions& options = {});

// "<message>\n<hint>" of the error that planning throws; fails when it throws
// none.
std::string plan_error(std::string_view dockerfile,
                       const builder::PlanOptions& options = {});

// The created_by texts.
std::vector<std::string> history_of(const builder::Plan& plan);
// The value of a variable in the environment of the last RUN; "-" when unset.
std::string last_run_sees(const builder::Plan& plan, std::string_view name);
// The nth operation of that type.
template <typename Op>
const Op& operation_of(const builder::Plan& plan, std::size_t nth = 0) {
  for (const builder::Vertex& vertex : plan.vertices) {
    if (const Op* op = std::get_if<Op>(&vertex.operation)) {
      if (nth-- == 0) return *op;
    }
  }
  throw std::out_of_range("the plan has no such operation");
}

// Keeps nothing but the order of events: "start 0", "cached 0", "start 1",
// "run 1", "done 1".
class RecordingProgress : public builder::Progress {
 public:
  void found(const builder::LintReport& report) override;
  void planned(const builder::Plan&) override {}
  void reading(std::size_t, std::uint64_t) override {}
  void started(std::size_t number, const builder::Vertex&) override;
  void running(std::size_t number, const builder::CacheMiss& miss) override;
  void output(std::size_t, runtime::Stream stream,
              std::string_view bytes) override;
  void cached(std::size_t number, const builder::CacheHit& hit) override;
  void done(std::size_t number, const builder::StepCost& cost) override;
  void failed(std::size_t number, const base::Error& error) override;
  void warning(std::string_view text) override;
  void note(std::string_view) override {}

  std::vector<std::string> events;
  std::string text[2];                         // by stream
  std::map<std::size_t, base::Digest> layers;  // of what was cached or done

 private:
  void add(std::string event);
  void add_layer(std::size_t number, const base::Digest& layer);
  std::mutex mutex_;
};

// Trees

store::Entry directory(std::string path, std::uint32_t mode = 0755);
store::Entry file(std::string path, std::string_view content = "x");
store::Entry link_to(std::string path, std::string target);
// Of one layer, whose files are in `diff`.
store::MergedTree tree_of(std::vector<store::Entry> entries,
                          const std::filesystem::path& diff = "/nonexistent");

// The source words of a COPY from the build context, and the words of one.
std::vector<builder::CopySource> sources(std::vector<std::string> words);
std::vector<std::string> paths_of(const builder::CopyOp& op);
// All sources stand in this tree.
builder::FindTree only(const store::MergedTree& tree);

// A new layer in memory, for code that writes one.
struct WrittenLayer {
  struct Item {
    store::Entry entry;
    std::string content;
  };
  std::map<std::string, Item> items;
  bool is_finished = false;

  // "path type mode uid:gid content-or-target", one line each, sorted.
  std::string list() const;
  const store::Entry& at(const std::string& path) const {
    return items.at(path).entry;
  }
};
std::unique_ptr<store::TreeWriter> write_to(WrittenLayer& layer);

void write_file(const std::filesystem::path& path, std::string_view content);

}  // namespace tests
