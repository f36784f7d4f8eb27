#include "builder/layout_writer.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "builder/output_file.h"
#include "store/entry.h"
#include "store/tar_encoder.h"

namespace builder {
namespace {

class DirectoryWriter : public LayoutWriter {
 public:
  explicit DirectoryWriter(std::filesystem::path root)
      : root_(std::move(root)) {
    make(root_);
  }
  void add_directory(const std::string& path) override { make(root_ / path); }
  void add(const std::string& path, std::string_view content) override {
    base::replace_file(root_ / path, content);
  }
  void add_blob(const std::string& path, std::uint64_t,
                const Write& write) override {
    OutputFile file(root_ / path);
    write([&file](std::string_view bytes) { file.write(bytes); });
    file.commit();
  }
  void finish() override {}

 private:
  static void make(const std::filesystem::path& directory) {
    std::error_code error;
    std::filesystem::create_directories(directory, error);
    if (error) {
      throw base::system_error(error.value(),
                               fmt::format("making {}", directory.native()));
    }
  }

  std::filesystem::path root_;
};

// One without times or owners, so that the same files give the same bytes.
class ArchiveWriter : public LayoutWriter {
 public:
  explicit ArchiveWriter(const std::filesystem::path& destination)
      : file_(destination),
        tar_([this](std::string_view bytes) { file_.write(bytes); }) {}
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
  void add_blob(const std::string& path, std::uint64_t size_bytes,
                const Write& write) override {
    tar_.add(file_entry(path, size_bytes));
    write([this](std::string_view bytes) { tar_.write(bytes); });
  }
  void finish() override {
    tar_.finish();
    file_.commit();
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

  OutputFile file_;
  store::TarEncoder tar_;
};

}  // namespace

std::unique_ptr<LayoutWriter> open_layout_writer(
    const std::filesystem::path& destination, LayoutForm form) {
  if (form == LayoutForm::directory) {
    return std::make_unique<DirectoryWriter>(destination);
  }
  return std::make_unique<ArchiveWriter>(destination);
}

}  // namespace builder
