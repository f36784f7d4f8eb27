#include "builder/cache_item.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "parser/url.h"
#include "store/cache_layers.h"
#include "store/cache_mounts.h"
#include "store/disk_size.h"
#include "store/file_lock.h"
#include "store/layer_use.h"

namespace builder {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using Kind = CacheItem::Kind;
using std::chrono::sys_seconds;

constexpr const char* kRegular = "regular";
constexpr const char* kGit = "source.git.checkout";

sys_seconds mtime_of(const fs::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return {};
  return sys_seconds(std::chrono::seconds(status.st_mtim.tv_sec));
}

// When it was made, where the file system knows.
sys_seconds birth_of(const fs::path& path) {
  struct statx status {};
  if (::statx(AT_FDCWD, path.c_str(), 0, STATX_BTIME, &status) != 0 ||
      (status.stx_mask & STATX_BTIME) == 0) {
    return mtime_of(path);
  }
  return sys_seconds(std::chrono::seconds(status.stx_btime.tv_sec));
}

bool is_locked(const fs::path& path, int flags) {
  const auto file = base::find_file(path, flags);
  return file && !store::try_lock(*file, store::LockMode::shared);
}

// Bytes above 0x7f are written as code points (operation.cc): back to bytes.
std::string bytes_of(const Json& json) {
  const auto text = json.get<std::string>();
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto lead = static_cast<unsigned char>(text[i]);
    if (lead >= 0xc2 && lead <= 0xc3 && i + 1 < text.size()) {
      const auto next = static_cast<unsigned char>(text[++i]);
      bytes += static_cast<char>(((lead & 3U) << 6U) | (next & 0x3fU));
    } else {
      bytes += text[i];
    }
  }
  return bytes;
}

// The shell in front is not what its author wrote.
std::string describe_exec(const Json& op) {
  const Json& args = op.at("args");
  if (args.size() == 3 && args[1] == "-c") return "RUN " + bytes_of(args[2]);
  std::string text = "RUN";
  for (const Json& arg : args) text += " " + bytes_of(arg);
  return text;
}

std::string describe_copy(const Json& op) {
  std::string text = "COPY";
  for (const Json& source : op.at("sources")) {
    std::string path = bytes_of(source.at("path"));
    // A build context's root is the directory that people write paths from.
    if (source.at("from") == "context" && path.starts_with('/')) {
      path = path.size() == 1 ? "." : path.substr(1);
    }
    text += " " + path;
  }
  return text + " " + bytes_of(op.at("destination"));
}

void add_directories(const fs::path& parent, const CacheItem& like,
                     std::vector<CacheItem>& items) {
  std::error_code error;
  for (fs::directory_iterator it(parent, error), end; !error && it != end;
       it.increment(error)) {
    std::error_code ignored;
    if (!it->is_directory(ignored)) continue;
    CacheItem item = like;
    item.path = it->path();
    item.id = item.path.filename();
    item.size_bytes = store::allocated_below(item.path);
    item.created = birth_of(item.path);
    item.last_used = mtime_of(item.path);
    items.push_back(std::move(item));
  }
}

void add_layers(store::Store& store, std::vector<CacheItem>& items) {
  for (store::CacheLayer& layer : store::list_cache_layers(store)) {
    CacheItem item;
    item.id = layer.diff_id.hex();
    item.description =
        layer.parts.empty() ? "layer of no step" : describe_parts(layer.parts);
    item.type = item.description.starts_with("git ") ? kGit : kRegular;
    item.size_bytes = layer.size_bytes;
    item.created = layer.created;
    item.last_used = layer.last_used;
    item.images = std::move(layer.images);
    item.is_in_use = layer.is_in_use;
    item.digest = layer.diff_id;
    items.push_back(std::move(item));
  }
}

void add_cache_mounts(store::Store& store, std::vector<CacheItem>& items) {
  for (const store::CacheMount& mount : store::CacheMounts(store).list()) {
    CacheItem item;
    item.kind = Kind::cache_mount;
    item.type = "exec.cachemount";
    item.id = mount.directory.filename();
    item.description = "cache mount " + mount.id;
    item.size_bytes = store::allocated_below(mount.directory);
    item.created = mount.created;
    item.last_used = mount.last_used;
    item.is_in_use = mount.is_in_use;
    item.path = mount.directory;
    items.push_back(std::move(item));
  }
}

void add_repositories(const fs::path& root, std::vector<CacheItem>& items) {
  const std::size_t first = items.size();
  add_directories(root / "git", {Kind::git, kGit}, items);
  for (std::size_t i = first; i < items.size(); ++i) {
    CacheItem& item = items[i];
    const auto remote = base::find_file(item.path / "ready", O_RDONLY);
    item.description =
        "repository " + (remote ? base::read_all(*remote) : std::string());
    while (item.description.ends_with('\n')) item.description.pop_back();
    item.last_used = std::max(item.last_used, mtime_of(item.path / "ready"));
    item.is_in_use = is_locked(item.path, O_RDONLY | O_DIRECTORY);
  }
}

// Documents that two names share count with the first.
void add_resolved_images(store::Store& store, std::vector<CacheItem>& items) {
  auto blobs = store.resolved_images().own_blobs();
  for (store::ResolvedName& name : store.resolved_images().list()) {
    CacheItem item;
    item.kind = Kind::resolved_image;
    item.type = "internal";
    item.id = name.manifest_digest.hex();
    item.description =
        fmt::format("what {} is for {}", name.reference, name.platform);
    for (const base::Digest& blob : {name.manifest_digest, name.image_id}) {
      if (blobs.erase(blob) == 0) continue;
      item.size_bytes += store::allocated_bytes(store.blobs().path_of(blob));
    }
    item.created = name.resolved_at;
    item.last_used = name.last_used;
    item.digest = name.manifest_digest;
    item.resolved = std::move(name);
    items.push_back(std::move(item));
  }
}

void add_internal(store::Store& store, std::vector<CacheItem>& items) {
  for (const store::MadeBlob& blob : store::list_made_blobs(store)) {
    CacheItem item;
    item.kind = Kind::blob;
    item.type = "internal";
    item.id = blob.digest.hex();
    item.description = "compressed layer " + blob.diff_id.brief();
    item.size_bytes = blob.size_bytes;
    item.created = item.last_used = blob.created;
    item.is_in_use = blob.is_in_use;
    item.digest = blob.digest;
    items.push_back(std::move(item));
  }
  const fs::path& root = store.root();
  const auto logs = store::read_held(root).logs;
  const std::size_t first = items.size();
  add_directories(root / "logs", {Kind::log, "internal", {}, "logs of a build"},
                  items);
  add_directories(root / "failed",
                  {Kind::failed_step, "internal", {}, "kept failed step"},
                  items);
  for (std::size_t i = first; i < items.size(); ++i) {
    CacheItem& item = items[i];
    item.is_in_use = item.kind == Kind::log
                         ? logs.contains(item.id)
                         : is_locked(item.path / "step.json", O_RDONLY);
  }
}

}  // namespace

std::vector<CacheItem> list_cache(store::Store& store) {
  std::vector<CacheItem> items;
  add_layers(store, items);
  add_cache_mounts(store, items);
  add_repositories(store.root(), items);
  add_resolved_images(store, items);
  add_internal(store, items);
  std::stable_sort(
      items.begin(), items.end(), [](const CacheItem& a, const CacheItem& b) {
        return std::pair(b.size_bytes, a.id) < std::pair(a.size_bytes, b.id);
      });
  return items;
}

std::string describe_parts(std::string_view parts) {
  try {
    const Json json = Json::parse(parts);
    const Json& op = json.at("operation");
    const std::string name = op.at("op");
    if (name == "exec") return parser::redact_credentials(describe_exec(op));
    if (name == "copy") return describe_copy(op);
    if (name == "workdir") return "WORKDIR " + bytes_of(op.at("path"));
    if (name == "http") {
      return "ADD " + bytes_of(op.contains("address") ? op.at("address")
                                                      : op.at("name"));
    }
    if (name == "git") {
      const std::string ref = bytes_of(op.at("ref"));
      return fmt::format("git {}{}{}", bytes_of(op.at("remote")),
                         ref.empty() ? "" : "#", ref);
    }
  } catch (const Json::exception&) {
    // Of another version.
  }
  return "step";
}

}  // namespace builder
