#include "fakes.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <stdexcept>

#include "base/file.h"

namespace tests {

void FakeImages::add(const std::string& name, store::ContainerConfig config) {
  builder::ResolvedImage image;
  image.reference = "docker.io/library/" + name + ":latest";
  image.id = base::Digest::of("image " + name);
  image.config.architecture = "amd64";
  image.config.os = "linux";
  image.config.config = std::move(config);
  image.config.diff_ids = {base::Digest::of("layer " + name)};
  image.config.history.push_back(
      {"2020-01-01T00:00:00Z", "ADD rootfs", "", "", false});
  images[name] = std::move(image);
}

std::optional<builder::ResolvedImage> FakeImages::find(
    std::string_view reference, const builder::Platform& /*platform*/) {
  asked.emplace_back(reference);
  const auto it = images.find(std::string(reference));
  if (it == images.end()) return std::nullopt;
  return it->second;
}

std::vector<std::string> FakeImages::names() const {
  std::vector<std::string> names;
  for (const auto& [name, image] : images) names.push_back(name);
  return names;
}

builder::ResolvedImage FakeImages::read_layout(
    const builder::LayoutImage& wanted) {
  asked_platform = wanted.platform;
  auto image =
      find(wanted.directory.filename().native() + ":" + wanted.reference, {});
  if (!image) {
    throw base::Error(base::ErrorKind::not_found, "the layout has no such");
  }
  return std::move(*image);
}

builder::Plan plan_of(std::string_view dockerfile, FakeImages& images,
                      const builder::PlanOptions& options) {
  const auto file = builder::parse_source("Dockerfile", dockerfile);
  return builder::make_plan(file, options, images);
}

builder::Plan plan_of(std::string_view dockerfile,
                      const builder::PlanOptions& options) {
  FakeImages images;
  images.add("base");
  return plan_of(dockerfile, images, options);
}

std::string plan_error(std::string_view dockerfile,
                       const builder::PlanOptions& options) {
  try {
    plan_of(dockerfile, options);
  } catch (const base::Error& error) {
    return error.message() + "\n" + error.hint();
  }
  FAIL("planning went well: " << dockerfile);
  return {};
}

std::vector<std::string> history_of(const builder::Plan& plan) {
  std::vector<std::string> texts;
  for (const auto& planned : plan.history) {
    texts.push_back(planned.entry.created_by);
  }
  return texts;
}

std::string last_run_sees(const builder::Plan& plan, std::string_view name) {
  const std::vector<std::string>* env = nullptr;
  for (const builder::Vertex& vertex : plan.vertices) {
    const auto* exec = std::get_if<builder::ExecOp>(&vertex.operation);
    if (exec != nullptr) env = &exec->env;
  }
  if (env == nullptr) throw std::out_of_range("the plan has no RUN");
  for (const std::string& pair : *env) {
    if (pair.starts_with(std::string(name) + "=")) {
      return pair.substr(name.size() + 1);
    }
  }
  return "-";
}

void RecordingProgress::add(std::string event) {
  const std::lock_guard lock(mutex_);
  events.push_back(std::move(event));
}
void RecordingProgress::add_layer(std::size_t number,
                                  const base::Digest& layer) {
  const std::lock_guard lock(mutex_);
  layers[number] = layer;
}
void RecordingProgress::found(const builder::LintReport& report) {
  for (const parser::LintFinding& finding : report.findings) {
    add(fmt::format("found {}", parser::info_of(finding.rule).name));
  }
}
void RecordingProgress::started(std::size_t number, const builder::Vertex&) {
  add(fmt::format("start {}", number));
}
void RecordingProgress::running(std::size_t number, const builder::CacheMiss&) {
  add(fmt::format("run {}", number));
}
void RecordingProgress::output(std::size_t, runtime::Stream stream,
                               std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  text[static_cast<std::size_t>(stream)] += bytes;
}
void RecordingProgress::cached(std::size_t number,
                               const builder::CacheHit& hit) {
  add_layer(number, hit.layer);
  add(fmt::format("cached {}", number));
}
void RecordingProgress::done(std::size_t number,
                             const builder::StepCost& cost) {
  add_layer(number, cost.layer);
  add(fmt::format("done {}", number));
}
void RecordingProgress::failed(std::size_t number, const base::Error& error) {
  add(fmt::format("failed {}: {}", number, error.message()));
}
void RecordingProgress::warning(std::string_view text_of_it) {
  add(fmt::format("warning {}", text_of_it));
}

store::Entry directory(std::string path, std::uint32_t mode) {
  store::Entry entry;
  entry.path = std::move(path);
  entry.type = store::EntryType::directory;
  entry.mode = mode;
  return entry;
}

store::Entry file(std::string path, std::string_view content) {
  store::Entry entry;
  entry.path = std::move(path);
  entry.mode = 0644;
  entry.size_bytes = content.size();
  entry.content = base::Digest::of(content);
  return entry;
}

store::Entry link_to(std::string path, std::string target) {
  store::Entry entry;
  entry.path = std::move(path);
  entry.type = store::EntryType::symlink;
  entry.mode = 0777;
  entry.link_target = std::move(target);
  return entry;
}

store::MergedTree tree_of(std::vector<store::Entry> entries,
                          const std::filesystem::path& diff) {
  std::vector<store::MergedTree::Layer> layers;
  layers.push_back(
      {std::make_shared<store::LayerIndex>(std::move(entries)), diff});
  return store::MergedTree(std::move(layers));
}

std::vector<builder::CopySource> sources(std::vector<std::string> words) {
  std::vector<builder::CopySource> out;
  for (std::string& word : words) out.push_back({{}, std::move(word), {}});
  return out;
}

std::vector<std::string> paths_of(const builder::CopyOp& op) {
  std::vector<std::string> paths;
  for (const auto& source : op.sources) paths.push_back(source.path);
  return paths;
}

builder::FindTree only(const store::MergedTree& tree) {
  return [&tree](std::size_t) { return &tree; };
}

std::string WrittenLayer::list() const {
  std::string out;
  for (const auto& [path, item] : items) {
    const store::Entry& entry = item.entry;
    constexpr std::string_view kTypes = "dflhcbpw";
    out += fmt::format("{} {} {:o} {}:{}", path,
                       kTypes[static_cast<std::size_t>(entry.type)], entry.mode,
                       entry.owner.uid, entry.owner.gid);
    const std::string& rest = entry.type == store::EntryType::regular
                                  ? item.content
                                  : entry.link_target;
    if (!rest.empty()) out += " " + rest;
    out += '\n';
  }
  return out;
}

namespace {

// The rules of store::TreeWriter, without a disk.
class MemoryWriter : public store::TreeWriter {
 public:
  explicit MemoryWriter(WrittenLayer& layer) : layer_(layer) {}

  void add(const store::Entry& entry) override {
    check_parent(entry.path);
    if (entry.type == store::EntryType::hardlink &&
        !layer_.items.contains(entry.link_target)) {
      throw std::logic_error("no file to link to: " + entry.link_target);
    }
    const auto it = layer_.items.find(entry.path);
    if (it != layer_.items.end()) {
      const bool was = it->second.entry.type == store::EntryType::directory;
      const bool is = entry.type == store::EntryType::directory;
      if (was && !is) throw std::logic_error("over a directory");
    }
    layer_.items[entry.path] = {entry, {}};
  }

  void add_file(const store::Entry& entry,
                const std::function<void(const base::Fd&)>& fill) override {
    add(entry);
    const base::Fd memory(::memfd_create("file", MFD_CLOEXEC));
    if (fill) fill(memory);
    ::lseek(memory.get(), 0, SEEK_SET);
    layer_.items[entry.path].content = base::read_all(memory);
  }

  std::optional<store::EntryType> find(std::string_view path) override {
    const auto it = layer_.items.find(std::string(path));
    if (it == layer_.items.end()) return std::nullopt;
    return it->second.entry.type;
  }
  void remove(std::string_view path) override {
    layer_.items.erase(std::string(path));
  }
  void finish() override { layer_.is_finished = true; }

 private:
  void check_parent(std::string_view path) const {
    const std::string parent(store::parent_path(path));
    if (parent.empty()) return;
    const auto it = layer_.items.find(parent);
    if (it == layer_.items.end() ||
        it->second.entry.type != store::EntryType::directory) {
      throw std::logic_error("no directory " + parent);
    }
  }
  WrittenLayer& layer_;
};

}  // namespace

std::unique_ptr<store::TreeWriter> write_to(WrittenLayer& layer) {
  return std::make_unique<MemoryWriter>(layer);
}

void write_file(const std::filesystem::path& path, std::string_view content) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << content;
}

}  // namespace tests
