#include "builder/oci_output.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <set>

#include "base/error.h"
#include "base/file.h"
#include "registry/reference.h"
#include "store/byte_stream.h"
#include "store/manifest.h"
#include "store/tar_encoder.h"

namespace builder {
namespace {

constexpr std::string_view kLayoutFile = R"({"imageLayoutVersion":"1.0.0"})";

void copy(const store::ByteSource& from, const store::ByteSink& to) {
  std::vector<std::byte> buffer(1U << 20U);
  while (const std::size_t count = from(buffer.data(), buffer.size())) {
    to({reinterpret_cast<const char*>(buffer.data()), count});
  }
}

// Puts files into the layout, whichever form it has.
class LayoutWriter {
 public:
  virtual ~LayoutWriter() = default;
  virtual void add_directory(const std::string& path) = 0;
  virtual void add(const std::string& path, std::string_view content) = 0;
  virtual void add_blob(const std::string& path, const store::ByteSource& blob,
                        std::uint64_t size_bytes) = 0;
  virtual void finish() = 0;
};

class DirectoryWriter : public LayoutWriter {
 public:
  explicit DirectoryWriter(std::filesystem::path root)
      : root_(std::move(root)) {
    std::filesystem::create_directories(root_);
  }
  void add_directory(const std::string& path) override {
    std::filesystem::create_directories(root_ / path);
  }
  void add(const std::string& path, std::string_view content) override {
    base::replace_file(root_ / path, content);
  }
  void add_blob(const std::string& path, const store::ByteSource& blob,
                std::uint64_t) override {
    const std::filesystem::path temporary = root_ / (path + ".tmp");
    try {
      const base::Fd file =
          base::open_file(temporary, O_WRONLY | O_CREAT | O_TRUNC, 0644);
      copy(blob,
           [&file](std::string_view bytes) { base::write_all(file, bytes); });
    } catch (const base::Error&) {
      ::unlink(temporary.c_str());
      throw;
    }
    std::filesystem::rename(temporary, root_ / path);
  }
  void finish() override {}

 private:
  std::filesystem::path root_;
};

class ArchiveWriter : public LayoutWriter {
 public:
  explicit ArchiveWriter(const std::filesystem::path& destination)
      : destination_(destination),
        temporary_(fmt::format("{}.{}.tmp", destination.native(), ::getpid())),
        file_(base::open_file(temporary_, O_WRONLY | O_CREAT | O_TRUNC, 0644)),
        tar_([this](std::string_view bytes) {
          base::write_all(file_, bytes);
        }) {}
  ArchiveWriter(const ArchiveWriter&) = delete;
  ArchiveWriter& operator=(const ArchiveWriter&) = delete;
  ~ArchiveWriter() override {
    if (!is_finished_) ::unlink(temporary_.c_str());
  }
  void add_directory(const std::string& path) override {
    store::Entry entry;
    entry.type = store::EntryType::directory;
    entry.path = path;
    entry.mode = 0755;
    tar_.add(entry);
  }
  void add(const std::string& path, std::string_view content) override {
    tar_.add(file_entry(path, content.size()));
    tar_.write(content);
  }
  void add_blob(const std::string& path, const store::ByteSource& blob,
                std::uint64_t size_bytes) override {
    tar_.add(file_entry(path, size_bytes));
    copy(blob, [this](std::string_view bytes) { tar_.write(bytes); });
  }
  void finish() override {
    tar_.finish();
    std::filesystem::rename(temporary_, destination_);
    is_finished_ = true;
  }

 private:
  static store::Entry file_entry(const std::string& path,
                                 std::uint64_t size_bytes) {
    store::Entry entry;
    entry.path = path;
    entry.mode = 0644;
    entry.size_bytes = size_bytes;
    return entry;
  }

  std::filesystem::path destination_;
  std::string temporary_;
  base::Fd file_;
  store::TarEncoder tar_;
  bool is_finished_ = false;
};

std::unique_ptr<LayoutWriter> open_writer(
    const std::filesystem::path& destination, LayoutForm form) {
  if (form == LayoutForm::directory) {
    return std::make_unique<DirectoryWriter>(destination);
  }
  return std::make_unique<ArchiveWriter>(destination);
}

std::string blob_path(const base::Digest& digest) {
  return "blobs/sha256/" + digest.hex();
}

std::vector<base::Descriptor> name_manifest(
    const base::Descriptor& manifest, const std::vector<std::string>& names) {
  std::vector<base::Descriptor> out;
  for (const std::string& name : names) {
    base::Descriptor named = manifest;
    const auto reference = registry::parse_reference(name);
    named.annotations["io.containerd.image.name"] = reference.full();
    named.annotations["org.opencontainers.image.ref.name"] =
        reference.tag.value_or("latest");
    out.push_back(std::move(named));
  }
  if (out.empty()) out.push_back(manifest);
  return out;
}

}  // namespace

base::Digest write_oci_layout(store::Store& store, const base::Digest& image,
                              const std::vector<std::string>& names,
                              const std::filesystem::path& destination,
                              LayoutForm form, std::stop_token stop) {
  store::Lease lease = store.lease();
  lease.stop_on(std::move(stop));
  const store::ImageConfig config = store.images().config(image);
  const std::string config_text = store.blobs().read(image);
  store::Manifest manifest;
  manifest.config = {
      std::string(base::media_type::kOciConfig), image, config_text.size(), {}};
  for (const base::Digest& diff_id : config.diff_ids) {
    manifest.layers.push_back(
        store.layers().ensure_blob(lease, diff_id, store::Compression::gzip));
  }
  const std::string manifest_text = store::render_manifest(manifest);
  const base::Digest digest = base::Digest::of(manifest_text);

  const auto writer = open_writer(destination, form);
  writer->add_directory("blobs");
  writer->add_directory("blobs/sha256");
  std::set<base::Digest> written;
  for (const base::Descriptor& layer : manifest.layers) {
    if (!written.insert(layer.digest).second) continue;
    const auto blob = store.blobs().find(layer.digest);
    if (!blob) {
      throw base::Error(
          base::ErrorKind::not_found,
          fmt::format("blob {} is not in the store", layer.digest.str()));
    }
    const auto read = [&](std::byte* buffer, std::size_t size) {
      lease.throw_if_stopped();
      return base::read_some(*blob, buffer, size);
    };
    writer->add_blob(blob_path(layer.digest), read, layer.size_bytes);
  }
  writer->add(blob_path(image), config_text);
  writer->add(blob_path(digest), manifest_text);
  writer->add(
      "index.json",
      store::render_index(name_manifest(
          {manifest.media_type, digest, manifest_text.size(), {}}, names)));
  writer->add("oci-layout", kLayoutFile);
  writer->finish();
  return digest;
}

}  // namespace builder
