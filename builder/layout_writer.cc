#include "builder/layout_writer.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <utility>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "builder/output_file.h"
#include "store/entry.h"
#include "store/tar_encoder.h"

namespace builder {
namespace {

class DirectoryWriter : public LayoutWriter {
 public:
  DirectoryWriter(std::filesystem::path root, std::stop_token stop)
      : root_(std::move(root)), stop_(std::move(stop)) {
    make(root_);
  }
  void add_directory(const std::string& path) override { make(root_ / path); }
  void add(const std::string& path, std::string_view content) override {
    if (path.find('/') == std::string::npos) {
      last_.emplace_back(path, content);
    } else {
      base::replace_file(root_ / path, content);
    }
  }
  void add_blob(const std::string& path, std::uint64_t size_bytes,
                const Write& write) override {
    OutputFile file(root_ / path, stop_);
    std::uint64_t written = 0;
    write([&](std::string_view bytes) {
      file.write(bytes);
      written += bytes.size();
    });
    if (written != size_bytes) {
      throw base::Error(base::ErrorKind::corrupt,
                        fmt::format("{} has {} bytes in the store, not {}",
                                    path, written, size_bytes));
    }
    file.commit();
  }
  void finish() override {
    for (const auto& [path, content] : last_) {
      base::replace_file(root_ / path, content);
    }
  }

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
  std::stop_token stop_;
  std::vector<std::pair<std::string, std::string>> last_;
};

// One without times or owners, so that the same files give the same bytes.
class ArchiveWriter : public LayoutWriter {
 public:
  ArchiveWriter(const std::filesystem::path& destination, std::stop_token stop)
      : file_(destination, std::move(stop)),
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
    const std::filesystem::path& destination, LayoutForm form,
    std::stop_token stop) {
  if (form == LayoutForm::directory) {
    return std::make_unique<DirectoryWriter>(destination, std::move(stop));
  }
  return std::make_unique<ArchiveWriter>(destination, std::move(stop));
}

}  // namespace builder
