#include "store/layer_use.h"

#include <fcntl.h>

#include <system_error>

#include "base/file.h"
#include "store/store.h"

namespace store {
namespace {

namespace fs = std::filesystem;

constexpr const char* kLayers = "layers";
constexpr const char* kLog = "log";

std::string read_if_there(const fs::path& path) {
  const auto file = base::find_file(path, O_RDONLY);
  return file ? base::read_all(*file) : std::string();
}

}  // namespace

void hold_layers(const Lease& lease, std::span<const base::Digest> diff_ids) {
  const base::Fd file = base::open_file(lease.directory() / kLayers,
                                        O_WRONLY | O_CREAT | O_APPEND, 0600);
  std::string lines;
  for (const base::Digest& diff_id : diff_ids) lines += diff_id.hex() + "\n";
  base::write_all(file, lines);
}

LayerUse::LayerUse(Store& store) : store_(store) {
  whole_.emplace(store.root() / "overlay2", DirectoryLock::Mode::shared);
}

LayerUse::Moment LayerUse::moment() const {
  if (whole_) return std::nullopt;
  return Moment(std::in_place, store_.root() / "overlay2",
                DirectoryLock::Mode::shared);
}

void LayerUse::add(const base::Digest& diff_id) {
  const auto layers = layers_.lock();
  if (lease_) return hold_layers(*lease_, {&diff_id, 1});
  layers->push_back(diff_id);
}

void LayerUse::write_down(std::string_view log) {
  if (lease_) return;
  lease_.emplace(store_.lease());
  base::replace_file(lease_->directory() / kLog, log, 0600);
  hold_layers(*lease_, *layers_.lock());
  whole_.reset();
}

HeldByLeases read_held(const fs::path& root) {
  HeldByLeases held;
  std::error_code error;
  for (fs::directory_iterator it(root / "tmp", error), end; !error && it != end;
       it.increment(error)) {
    const std::string log = read_if_there(it->path() / kLog);
    if (!log.empty()) held.logs.insert(log);
    const std::string layers = read_if_there(it->path() / kLayers);
    for (std::size_t start = 0; start < layers.size();) {
      const std::size_t end_of_line =
          std::min(layers.find('\n', start), layers.size());
      const auto digest = base::Digest::find_in(
          "sha256:" + layers.substr(start, end_of_line - start));
      if (digest) held.layers.insert(*digest);
      start = end_of_line + 1;
    }
  }
  return held;
}

}  // namespace store
