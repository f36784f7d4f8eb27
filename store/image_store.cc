#include "store/image_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <iterator>

#include "base/error.h"
#include "base/file.h"
#include "store/chains.h"
#include "store/collect_unrecorded.h"
#include "store/database.h"

namespace store {
namespace {

// A stack's size comes from walking its chain down to the bottom.
constexpr std::string_view kSelectImage =
    "SELECT image_id, stored_at, (WITH RECURSIVE stack(parent, diff_id) AS ("
    "SELECT parent, diff_id FROM chains WHERE chain_id = images.chain_id "
    "UNION ALL SELECT c.parent, c.diff_id FROM chains AS c "
    "JOIN stack ON c.chain_id = stack.parent) "
    "SELECT total(file_bytes) FROM stack JOIN layers USING (diff_id)) "
    "FROM images";

bool is_by_digest(std::string_view reference) {
  return reference.find('@') != std::string_view::npos;
}

// Of a full reference, which has a tag or a digest.
std::string_view repository_of(std::string_view reference) {
  const std::size_t at = reference.find('@');
  return reference.substr(
      0, at != std::string_view::npos ? at : reference.rfind(':'));
}

void read_names(Database& database, Image& image) {
  Statement statement = database.prepare(
      "SELECT reference FROM tags WHERE image_id = ? ORDER BY reference");
  statement.bind(0, image.id);
  while (statement.step()) {
    std::string name = statement.text(0);
    (is_by_digest(name) ? image.digests : image.tags)
        .push_back(std::move(name));
  }
}

Image read_row(Database& database, const Statement& row) {
  Image image;
  image.id = row.digest(0);
  image.stored_at =
      std::chrono::sys_seconds(std::chrono::seconds(row.integer(1)));
  image.size_bytes = static_cast<std::uint64_t>(row.integer(2));
  read_names(database, image);
  return image;
}

std::optional<Image> find_exactly(Database& database, const base::Digest& id) {
  Statement statement =
      database.prepare(fmt::format("{} WHERE image_id = ?", kSelectImage));
  statement.bind(0, id);
  if (!statement.step()) return std::nullopt;
  return read_row(database, statement);
}

[[noreturn]] void throw_no_image(const base::Digest& id) {
  throw base::Error(base::ErrorKind::not_found,
                    fmt::format("no image {} in the store", id.str()));
}

void require_layer(Database& database, const base::Digest& diff_id) {
  Statement statement =
      database.prepare("SELECT 1 FROM layers WHERE diff_id = ?");
  statement.bind(0, diff_id);
  if (statement.step()) return;
  throw base::Error(
      base::ErrorKind::invalid_input,
      fmt::format("the image's layer {} is not in the store", diff_id.str()));
}

// What registries said of the name before counts no longer, except of a digest,
// which never means anything else. Whether they had said something.
bool put_tag(Database& database, const base::Digest& id,
             std::string_view reference) {
  database
      .prepare(
          "INSERT INTO tags (reference, image_id) VALUES (?, ?) "
          "ON CONFLICT (reference) DO UPDATE SET image_id = excluded.image_id "
          "WHERE image_id <> excluded.image_id")
      .bind(0, reference)
      .bind(1, id)
      .run();
  if (is_by_digest(reference)) return false;
  bool was_resolved = false;
  {
    Statement statement = database.prepare(
        "DELETE FROM resolved_images WHERE reference = ? RETURNING 1");
    statement.bind(0, reference);
    while (statement.step()) was_resolved = true;
  }
  if (was_resolved) forget_unused_chains(database);
  return was_resolved;
}

// The same for all of them.
bool put_tags(Database& database, const base::Digest& id,
              const std::vector<std::string>& tags) {
  bool were_resolved = false;
  for (const std::string& tag : tags) {
    were_resolved |= put_tag(database, id, tag);
  }
  return were_resolved;
}

// Whether the image came with another one before.
bool put_manifest(Database& database, const base::Digest& id,
                  const base::Digest& manifest) {
  bool had_another = false;
  {
    Statement statement = database.prepare(
        "SELECT 1 FROM manifests WHERE image_id = ? AND manifest_digest <> ?");
    had_another = statement.bind(0, id).bind(1, manifest).step();
  }
  database
      .prepare(
          "INSERT OR REPLACE INTO manifests (image_id, manifest_digest) "
          "VALUES (?, ?)")
      .bind(0, id)
      .bind(1, manifest)
      .run();
  return had_another;
}

bool is_resolved(Database& database, const std::string& reference) {
  Statement statement =
      database.prepare("SELECT 1 FROM resolved_images WHERE reference = ?");
  statement.bind(0, reference);
  return statement.step();
}

// A power loss may have left a blob without its bytes; putting it again heals.
bool has_bytes(const BlobStore& blobs, const base::Digest& id,
               std::string_view bytes) {
  const std::optional<base::Fd> file = blobs.find(id);
  return file && base::read_all(*file) == bytes;
}

// Whether each of these names already means the image, and nothing else.
bool has_all(Database& database, const Image& image,
             const std::vector<std::string>& tags) {
  return std::all_of(tags.begin(), tags.end(), [&](const std::string& tag) {
    const bool is_digest = is_by_digest(tag);
    const auto& names = is_digest ? image.digests : image.tags;
    return std::binary_search(names.begin(), names.end(), tag) &&
           (is_digest || !is_resolved(database, tag));
  });
}

// The lowest and highest digests whose hex starts with these digits.
struct DigestRange {
  base::Digest first;
  base::Digest last;
};

std::optional<DigestRange> find_range(std::string_view id) {
  constexpr std::string_view kPrefix = "sha256:";
  if (id.starts_with(kPrefix)) id.remove_prefix(kPrefix.size());
  if (id.empty() || id.size() > 2 * sizeof(base::Digest::Bytes)) {
    return std::nullopt;
  }
  const std::size_t missing = 2 * sizeof(base::Digest::Bytes) - id.size();
  const auto padded = [&](char digit) {
    return base::Digest::find_in(
        fmt::format("{}{}{}", kPrefix, id, std::string(missing, digit)));
  };
  const auto first = padded('0');
  const auto last = padded('f');
  if (!first || !last) return std::nullopt;
  return DigestRange{*first, *last};
}

std::int64_t now_seconds() {
  return std::chrono::floor<std::chrono::seconds>(
             std::chrono::system_clock::now())
      .time_since_epoch()
      .count();
}

}  // namespace

ImageStore::ImageStore(Database& database, BlobStore& blobs)
    : database_(database), blobs_(blobs) {}

Image ImageStore::put(const Lease& lease, const ImageConfig& config,
                      const std::vector<std::string>& tags) {
  const std::string bytes = render_image_config(config);
  const base::Digest id = base::Digest::of(bytes);
  {
    // A build that found everything cached ends here without a write.
    const auto lock = database_.lock();
    const std::optional<Image> known = find_exactly(database_, id);
    if (known && has_all(database_, *known, tags) &&
        has_bytes(blobs_, id, bytes)) {
      return *known;
    }
  }
  blobs_.put(lease, bytes);
  Transaction transaction(database_);
  insert(id, config);
  const bool has_loose_blobs = put_tags(database_, id, tags);
  Image image = find_exactly(database_, id).value();
  transaction.commit();
  if (has_loose_blobs) collect_unmentioned(database_, blobs_);
  return image;
}

void ImageStore::put_foreign(const Lease& lease,
                             const std::vector<ForeignImage>& foreign) {
  std::vector<ImageConfig> configs;
  for (const ForeignImage& image : foreign) {
    configs.push_back(parse_image_config(image.config));
    blobs_.put(lease, image.config);
    if (!image.manifest.empty()) blobs_.put(lease, image.manifest);
  }
  Transaction transaction(database_);
  bool has_loose_blobs = false;
  for (std::size_t i = 0; i < foreign.size(); ++i) {
    const ForeignImage& image = foreign[i];
    const base::Digest id = image.id();
    insert(id, configs[i]);
    if (!image.manifest.empty()) {
      has_loose_blobs |=
          put_manifest(database_, id, base::Digest::of(image.manifest));
    }
    has_loose_blobs |= put_tags(database_, id, image.tags);
  }
  transaction.commit();
  if (has_loose_blobs) collect_unmentioned(database_, blobs_);
}

// A row for the image, unless there is one.
void ImageStore::insert(const base::Digest& id, const ImageConfig& config) {
  for (const base::Digest& diff_id : config.diff_ids) {
    require_layer(database_, diff_id);
  }
  const base::Digest chain = put_chain(database_, config.diff_ids);
  Statement statement = database_.prepare(
      "INSERT OR IGNORE INTO images (image_id, chain_id, stored_at) "
      "VALUES (?, ?, ?)");
  statement.bind(0, id).bind(2, now_seconds());
  if (chain.is_set()) statement.bind(1, chain);
  statement.run();
}

std::optional<base::Digest> ImageStore::find_manifest_digest(
    const base::Digest& id) const {
  const auto lock = database_.lock();
  Statement statement = database_.prepare(
      "SELECT manifest_digest FROM manifests WHERE image_id = ?");
  statement.bind(0, id);
  if (!statement.step()) return std::nullopt;
  return statement.digest(0);
}

std::optional<std::string> ImageStore::find_manifest(
    const base::Digest& id) const {
  const auto digest = find_manifest_digest(id);
  if (!digest) return std::nullopt;
  return blobs_.read(*digest);
}

std::optional<Image> ImageStore::find_tag(std::string_view reference) const {
  const auto lock = database_.lock();
  Statement statement = database_.prepare(
      fmt::format("{} WHERE image_id = (SELECT image_id FROM tags WHERE "
                  "reference = ?)",
                  kSelectImage));
  statement.bind(0, reference);
  if (!statement.step()) return std::nullopt;
  return read_row(database_, statement);
}

std::optional<Image> ImageStore::find_id(std::string_view id) const {
  const std::optional<DigestRange> range = find_range(id);
  if (!range) return std::nullopt;
  const auto lock = database_.lock();
  Statement statement = database_.prepare(
      fmt::format("{} WHERE image_id BETWEEN ? AND ? LIMIT 2", kSelectImage));
  statement.bind(0, range->first).bind(1, range->last);
  if (!statement.step()) return std::nullopt;
  Image image = read_row(database_, statement);
  if (statement.step()) {
    throw base::Error(base::ErrorKind::invalid_input,
                      fmt::format("image ID \"{}\" fits several images", id))
        .hint("give more of its digits");
  }
  return image;
}

ImageConfig ImageStore::config(const base::Digest& id) const {
  return parse_image_config(blobs_.read(id));
}

std::vector<Image> ImageStore::list() const {
  const auto lock = database_.lock();
  Statement statement = database_.prepare(
      fmt::format("{} ORDER BY stored_at DESC, rowid DESC", kSelectImage));
  std::vector<Image> images;
  while (statement.step()) images.push_back(read_row(database_, statement));
  return images;
}

void ImageStore::tag(const base::Digest& id, std::string_view reference) {
  Transaction transaction(database_);
  if (!find_exactly(database_, id)) throw_no_image(id);
  const bool has_loose_blobs = put_tag(database_, id, reference);
  transaction.commit();
  if (has_loose_blobs) collect_unmentioned(database_, blobs_);
}

std::vector<std::string> ImageStore::untag(std::string_view reference) {
  Transaction transaction(database_);
  const std::optional<Image> image = find_tag(reference);
  if (!image) return {};
  const std::string_view repository = repository_of(reference);
  const auto is_there = [&](const std::string& name) {
    return repository_of(name) == repository;
  };
  std::vector<std::string> gone = {std::string(reference)};
  if (!is_by_digest(reference) &&
      std::count_if(image->tags.begin(), image->tags.end(), is_there) == 1) {
    std::copy_if(image->digests.begin(), image->digests.end(),
                 std::back_inserter(gone), is_there);
  }
  for (const std::string& name : gone) {
    database_.prepare("DELETE FROM tags WHERE reference = ?")
        .bind(0, name)
        .run();
  }
  transaction.commit();
  return gone;
}

void ImageStore::remove(const base::Digest& id) {
  Transaction transaction(database_);
  if (!find_exactly(database_, id)) throw_no_image(id);
  erase(id);
  transaction.commit();
}

bool ImageStore::remove_unnamed(const base::Digest& id) {
  Transaction transaction(database_);
  const std::optional<Image> image = find_exactly(database_, id);
  if (!image || !image->tags.empty()) return false;
  erase(id);
  transaction.commit();
  return true;
}

// Its rows, within the caller's transaction.
void ImageStore::erase(const base::Digest& id) {
  for (const char* sql : {"DELETE FROM tags WHERE image_id = ?",
                          "DELETE FROM manifests WHERE image_id = ?",
                          "DELETE FROM images WHERE image_id = ?"}) {
    database_.prepare(sql).bind(0, id).run();
  }
}

}  // namespace store
