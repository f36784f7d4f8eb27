#include "builder/tree_output.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <functional>
#include <unordered_map>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "builder/output_file.h"
#include "store/tar_encoder.h"

namespace builder {
namespace {

constexpr std::size_t kBufferBytes = 256U << 10U;

// Every visible entry in order, later names of one file as hard links to its
// first.
void for_each_entry(
    const store::MergedTree& tree,
    const std::function<void(const store::Entry& entry,
                             const store::Entry& visible)>& visit) {
  std::unordered_map<const store::Entry*, const std::string*> first_names;
  for (const store::Entry* visible : tree.below("")) {
    store::Entry entry = *visible;
    entry.opaque = false;  // there is nothing below it to hide
    if (entry.type == store::EntryType::regular) {
      const auto [first, is_new] =
          first_names.try_emplace(tree.file_of(*visible), &visible->path);
      if (!is_new) {
        entry.type = store::EntryType::hardlink;
        entry.link_target = *first->second;
        entry.size_bytes = 0;
      }
    }
    visit(entry, *visible);
  }
}

class Copier {
 public:
  Copier(const store::MergedTree& tree, std::stop_token stop)
      : tree_(tree), stop_(std::move(stop)) {}

  void throw_if_stopped() const {
    if (!stop_.stop_requested()) return;
    throw base::Error(base::ErrorKind::cancelled, "the output was stopped");
  }

  // Exactly the bytes that the entry is said to have.
  template <typename Sink>
  void copy(const store::Entry& visible, const Sink& sink) {
    if (visible.size_bytes == 0) return;
    const base::Fd file = tree_.open(visible);
    std::uint64_t left = visible.size_bytes;
    while (left > 0) {
      throw_if_stopped();
      const std::size_t count =
          base::read_some(file, buffer_.data(),
                          static_cast<std::size_t>(
                              std::min<std::uint64_t>(left, buffer_.size())));
      if (count == 0) {
        throw base::Error(
            base::ErrorKind::corrupt,
            fmt::format("/{} was changed in the store", visible.path))
            .hint("\"strake system check\" names what is damaged");
      }
      sink({reinterpret_cast<const char*>(buffer_.data()), count});
      left -= count;
    }
  }

 private:
  const store::MergedTree& tree_;
  std::stop_token stop_;
  std::vector<std::byte> buffer_ = std::vector<std::byte>(kBufferBytes);
};

// Rights that went with the old owner end with it: a program that was setuid
// to anybody must not become setuid to us.
store::Entry give_to_caller(store::Entry entry) {
  const store::Owner caller{::geteuid(), ::getegid()};
  if (entry.owner != caller) entry.mode &= ~std::uint32_t{S_ISUID | S_ISGID};
  entry.owner = caller;
  std::erase_if(entry.xattrs, [](const auto& xattr) {
    return xattr.first.starts_with("security.");
  });
  return entry;
}

bool is_device(const store::Entry& entry) {
  return entry.type == store::EntryType::character ||
         entry.type == store::EntryType::block;
}

}  // namespace

void write_tree_tar(store::Store& store, std::span<const base::Digest> diff_ids,
                    const std::filesystem::path& destination,
                    std::stop_token stop) {
  const store::MergedTree tree = store.layers().merged(diff_ids);
  Copier copier(tree, stop);
  OutputFile file(destination, std::move(stop));
  store::TarEncoder tar([&](std::string_view bytes) { file.write(bytes); });
  for_each_entry(
      tree, [&](const store::Entry& entry, const store::Entry& visible) {
        copier.throw_if_stopped();
        tar.add(entry);
        if (entry.type != store::EntryType::regular) return;
        copier.copy(visible, [&](std::string_view bytes) { tar.write(bytes); });
      });
  tar.finish();
  file.commit();
}

std::size_t write_tree(store::Store& store,
                       std::span<const base::Digest> diff_ids,
                       const std::filesystem::path& directory,
                       std::stop_token stop) {
  const store::MergedTree tree = store.layers().merged(diff_ids);
  Copier copier(tree, std::move(stop));
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) {
    throw base::system_error(error.value(),
                             fmt::format("making {}", directory.native()));
  }
  const auto writer = store.layers().io().write(directory);
  std::size_t left_out = 0;
  for_each_entry(
      tree, [&](const store::Entry& original, const store::Entry& visible) {
        copier.throw_if_stopped();
        if (is_device(original)) {
          ++left_out;
          return;
        }
        const store::Entry entry = give_to_caller(original);
        if (entry.type != store::EntryType::regular) {
          writer->add(entry);
          return;
        }
        writer->add_file(entry, [&](const base::Fd& to) {
          copier.copy(visible, [&](std::string_view bytes) {
            base::write_all(to, bytes);
          });
        });
      });
  writer->finish();
  return left_out;
}

}  // namespace builder
