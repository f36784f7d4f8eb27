#include "builder/load_images.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/error.h"
#include "builder/image_choice.h"
#include "builder/layout_choice.h"
#include "store/docker_archive.h"
#include "store/manifest.h"

namespace builder {
namespace {

// What BlobStore::read takes.
constexpr std::uint64_t kMaxDocumentBytes = 16U << 20U;
constexpr int kMostNested = 4;

base::Error invalid(std::string text) {
  return base::Error(base::ErrorKind::invalid_input, std::move(text));
}

FileRange require(const SavedFiles& files, const std::string& path) {
  auto file = files.find(path);
  if (!file) {
    throw base::Error(base::ErrorKind::not_found,
                      fmt::format("the archive has no file {}", path))
        .hint("it may be cut, or made without all of its images' layers");
  }
  return std::move(*file);
}

std::string read_document(const FileRange& file, const std::string& path) {
  try {
    return file.read(kMaxDocumentBytes);
  } catch (base::Error& error) {
    error.add_context(path);
    throw;
  }
}

// Brings the parts of an image into the store, whatever named them.
class Loader {
 public:
  Loader(store::Store& store, const SavedFiles& files,
         const store::Lease& lease,
         const std::function<void(const NamedImage&)>& loaded,
         base::Trace* trace)
      : store_(store),
        files_(files),
        lease_(lease),
        loaded_(loaded),
        trace_(trace) {}

  // `blob` is set where a manifest names the layer's bytes.
  void load_layer(const FileRange& file, const std::string& path,
                  const std::vector<base::Digest>& diff_ids, std::size_t number,
                  const base::Descriptor* blob) {
    const auto open = [this, &file]() -> store::ByteSource {
      return [this, from = file.source()](std::byte* buffer, std::size_t size) {
        lease_.throw_if_stopped();
        return from(buffer, size);
      };
    };
    store::ForeignLayer foreign;
    foreign.tar = open();
    foreign.diff_id = diff_ids[number];
    foreign.parents = std::span(diff_ids).first(number);
    foreign.reopen = open;
    if (blob != nullptr) {
      foreign.blob = blob->digest;
      foreign.blob_bytes = blob->size_bytes;
      // A plain tar is its own diffID, and kept only if it cannot be made.
      foreign.keep_bytes = blob->digest != diff_ids[number];
    }
    base::Span span(trace_, "load", "layer");
    span.add("file", path);
    span.add("layer", diff_ids[number]);
    span.add("bytes", file.size_bytes);
    try {
      store_.layers().extract(lease_, foreign);
    } catch (base::Error& error) {
      error.add_context(path);
      throw;
    }
  }

  void add(store::ForeignImage image) { images_.push_back(std::move(image)); }

  // All of them or, when one cannot be had, none.
  void put_all() {
    store_.images().put_foreign(lease_, images_);
    for (const store::ForeignImage& image : images_) {
      loaded_({image.id(), image.tags});
    }
  }

  const SavedFiles& files() const noexcept { return files_; }

 private:
  store::Store& store_;
  const SavedFiles& files_;
  const store::Lease& lease_;
  const std::function<void(const NamedImage&)>& loaded_;
  base::Trace* trace_;
  std::vector<store::ForeignImage> images_;
};

void require_layer_count(std::size_t layers, std::size_t diff_ids) {
  if (layers == diff_ids) return;
  throw invalid(
      fmt::format("the image has {} layers, but its configuration lists {}",
                  layers, diff_ids));
}

// What an image layout names by digest; the files of a layout and of "dir:"
// differ only in where they are.
class Layout {
 public:
  Layout(Loader& loader, std::string folder)
      : loader_(loader), folder_(std::move(folder)) {}

  std::string path_of(const base::Descriptor& descriptor) const {
    return folder_ + descriptor.digest.hex();
  }

  FileRange find(const base::Descriptor& descriptor) const {
    const std::string path = path_of(descriptor);
    FileRange file = require(loader_.files(), path);
    if (file.size_bytes != descriptor.size_bytes) {
      throw base::Error(base::ErrorKind::corrupt,
                        fmt::format("{} has {} bytes, not {}", path,
                                    file.size_bytes, descriptor.size_bytes))
          .hint("it was cut or altered on its way; get it again");
    }
    return file;
  }

  std::string read(const base::Descriptor& descriptor) const {
    const std::string path = path_of(descriptor);
    std::string text = read_document(find(descriptor), path);
    if (const auto digest = base::Digest::of(text);
        digest != descriptor.digest) {
      throw base::Error(base::ErrorKind::corrupt,
                        fmt::format("{} is {}", path, digest.str()))
          .hint("it was cut or altered on its way; get it again");
    }
    return text;
  }

  void load(const std::string& manifest_text, std::vector<std::string> names) {
    const store::Manifest manifest = store::parse_manifest(manifest_text);
    const std::string config = read(manifest.config);
    const auto diff_ids = store::parse_image_config(config).diff_ids;
    require_layer_count(manifest.layers.size(), diff_ids.size());
    for (std::size_t i = 0; i < diff_ids.size(); ++i) {
      const base::Descriptor& layer = manifest.layers[i];
      loader_.load_layer(find(layer), path_of(layer), diff_ids, i, &layer);
    }
    loader_.add({config, manifest_text, std::move(names)});
  }

 private:
  Loader& loader_;
  std::string folder_;  // with its '/'
};

// Signatures and charts travel in layouts too, as manifests of other things.
bool is_image(const store::Manifest& manifest) {
  return std::all_of(manifest.layers.begin(), manifest.layers.end(),
                     [](const base::Descriptor& layer) {
                       return layer.media_type.find(".tar") !=
                              std::string::npos;
                     });
}

std::string resolve(const Layout& layout, store::IndexEntry entry,
                    const Platform& platform) {
  for (int depth = 0; depth < kMostNested; ++depth) {
    std::string text = layout.read(entry.descriptor);
    if (!entry.is_index()) return text;
    entry = choose_image(store::parse_index(text), platform,
                         entry.descriptor.digest.str());
  }
  throw invalid("the image index leads to indexes only");
}

// Several entries may name one image, and one name may have an entry for each
// platform. What has no name is an image of its own.
void load_layout(Loader& loader, const std::string& index) {
  Layout layout(loader, "blobs/sha256/");
  std::map<std::string, std::vector<store::IndexEntry>> by_name;
  std::vector<std::pair<store::IndexEntry, std::vector<std::string>>> chosen;
  for (store::IndexEntry& entry : store::parse_index(index)) {
    if (is_attestation(entry)) continue;
    if (auto name = find_layout_name(entry.descriptor)) {
      by_name[*name].push_back(std::move(entry));
    } else {
      chosen.push_back({std::move(entry), {}});
    }
  }
  for (auto& [name, entries] : by_name) {
    chosen.push_back(
        {choose_image(std::move(entries), host_platform(), name), {name}});
  }
  std::map<std::string, std::vector<std::string>> names_of;  // by manifest
  for (auto& [entry, names] : chosen) {
    std::string manifest = resolve(layout, std::move(entry), host_platform());
    if (chosen.size() > 1 && !is_image(store::parse_manifest(manifest))) {
      continue;
    }
    auto& all = names_of[std::move(manifest)];
    all.insert(all.end(), names.begin(), names.end());
  }
  if (names_of.empty()) throw invalid("index.json lists no image");
  for (auto& [manifest, names] : names_of) {
    layout.load(manifest, std::move(names));
  }
}

// The name of a configuration is its digest, in every version of the format.
void check_config_name(const std::string& path, const base::Digest& digest) {
  std::string stem = path.substr(path.rfind('/') + 1);
  if (stem.ends_with(".json")) stem.resize(stem.size() - 5);
  const auto named = base::Digest::find_in("sha256:" + stem);
  if (!named || *named == digest) return;
  throw base::Error(base::ErrorKind::corrupt,
                    fmt::format("{} is {}", path, digest.str()))
      .hint("it was cut or altered on its way; get it again");
}

void load_docker_archive(Loader& loader, const std::string& manifest) {
  const auto images = store::parse_docker_archive(manifest);
  if (images.empty()) throw invalid("manifest.json lists no image");
  for (const store::DockerArchiveImage& image : images) {
    const std::string config =
        read_document(require(loader.files(), image.config), image.config);
    check_config_name(image.config, base::Digest::of(config));
    const auto diff_ids = store::parse_image_config(config).diff_ids;
    require_layer_count(image.layers.size(), diff_ids.size());
    for (std::size_t i = 0; i < diff_ids.size(); ++i) {
      const std::string& path = image.layers[i];
      loader.load_layer(require(loader.files(), path), path, diff_ids, i,
                        nullptr);
    }
    std::vector<std::string> names;
    for (const std::string& tag : image.repo_tags) {
      if (auto name = find_image_name(tag)) names.push_back(std::move(*name));
    }
    loader.add({config, {}, std::move(names)});
  }
}

bool is_in_store(store::Store& store, const base::Digest& id) {
  if (!store.images().find_id(id.str())) return false;
  const auto diff_ids = store.images().config(id).diff_ids;
  return std::all_of(diff_ids.begin(), diff_ids.end(), [&](const auto& layer) {
    return store.layers().find(layer).has_value();
  });
}

bool is_list(const std::string& json) {
  const std::size_t first = json.find_first_not_of(" \t\r\n");
  return first != std::string::npos && json[first] == '[';
}

}  // namespace

void load_images(store::Store& store, const SavedFiles& files,
                 const store::Lease& lease,
                 const std::function<void(const NamedImage&)>& loaded,
                 base::Trace* trace) {
  Loader loader(store, files, lease, loaded, trace);
  if (const auto index = files.find("index.json")) {
    load_layout(loader, read_document(*index, "index.json"));
    loader.put_all();
    return;
  }
  if (const auto file = files.find("manifest.json")) {
    const std::string manifest = read_document(*file, "manifest.json");
    if (is_list(manifest)) {
      load_docker_archive(loader, manifest);
    } else {
      Layout(loader, "").load(manifest, {});
    }
    loader.put_all();
    return;
  }
  if (files.find("repositories")) {
    throw base::Error(base::ErrorKind::unsupported,
                      "the archive is of a version of Docker before 1.10")
        .hint("save it again with a newer one");
  }
  throw invalid(
      "this holds no saved image: there is neither an index.json nor a "
      "manifest.json")
      .hint("a root file system is brought in with \"strake import\"");
}

base::Digest load_layout_image(store::Store& store, const SavedFiles& files,
                               const store::Lease& lease,
                               const LayoutImage& wanted, base::Trace* trace) {
  const auto index = files.find("index.json");
  if (!index) {
    throw base::Error(base::ErrorKind::not_found,
                      "the directory is no image layout: it has no index.json");
  }
  const std::function<void(const NamedImage&)> ignore = [](const auto&) {};
  Loader loader(store, files, lease, ignore, trace);
  Layout layout(loader, "blobs/sha256/");
  const std::string manifest = resolve(
      layout,
      choose_image(choose_layout_entries(
                       store::parse_index(read_document(*index, "index.json")),
                       wanted.reference),
                   wanted.platform, "the image layout"),
      wanted.platform);
  const base::Digest id = store::parse_manifest(manifest).config.digest;
  if (!is_in_store(store, id)) {
    layout.load(manifest, {});
    loader.put_all();
  }
  return id;
}

}  // namespace builder
