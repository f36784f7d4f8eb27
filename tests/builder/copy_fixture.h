// Files of a build context, a base and what a COPY or ADD writes over it.
#pragma once

#include <fcntl.h>

#include <catch2/catch.hpp>
#include <string>
#include <utility>
#include <vector>

#include "base/file.h"
#include "base/temp_dir.h"
#include "builder/base_view.h"
#include "builder/copy_step.h"
#include "fakes.h"

namespace tests {

// A context of real files beside a base that is only an index.
class Copy {
 public:
  std::filesystem::path context() const { return files_.path(); }

  void add(store::Entry entry, const std::string& content = {}) {
    if (entry.type == store::EntryType::regular) {
      entry.size_bytes = content.size();
      write_file(context() / entry.path, content);
    }
    source_.push_back(std::move(entry));
  }
  void add_file(const std::string& path, const std::string& content = "x",
                std::uint32_t mode = 0644) {
    store::Entry entry = file(path);
    entry.mode = mode;
    entry.mtime = {5, 6};
    add(std::move(entry), content);
  }
  void add_directory(const std::string& path, std::uint32_t mode = 0755) {
    store::Entry entry = directory(path, mode);
    entry.mtime = {7, 8};
    add(std::move(entry));
  }

  void forget() { source_.clear(); }

  // What `COPY words destination` writes over the base.
  std::string run(std::vector<std::string> words, std::string destination) {
    op.sources = sources(std::move(words));
    op.destination_is_directory = destination.ends_with('/');
    op.destination = std::move(destination);
    layer = WrittenLayer();
    const auto tree = tree_of(source_);
    const auto selection = builder::select_files(op, only(tree));
    const auto view =
        builder::view_copy(op, selection, tree_of(base, files_.path()));
    builder::TreeEdit edit(view.tree, write_to(layer));
    builder::write_copy(
        op, selection,
        [this](std::size_t, const std::string& path) {
          return base::open_file(context() / path, O_RDONLY);
        },
        view.owner, store::Timestamp{1000, 0}, edit);
    CHECK(layer.is_finished);
    return layer.list();
  }

  builder::CopyOp op;
  std::vector<store::Entry> base;
  WrittenLayer layer;

 private:
  base::TempDir files_;
  std::vector<store::Entry> source_;
};

}  // namespace tests
