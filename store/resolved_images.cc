#include "store/resolved_images.h"

#include <fmt/format.h>

#include <utility>

#include "base/error.h"
#include "store/blob_store.h"
#include "store/chains.h"
#include "store/collect_unrecorded.h"
#include "store/database.h"

namespace store {
namespace {

using std::chrono::sys_seconds;

constexpr std::string_view kSelectName =
    "SELECT reference, platform, manifest_digest, image_id, resolved_at, "
    "last_used FROM resolved_images";

sys_seconds time_at(const Statement& row, int column) {
  return sys_seconds(std::chrono::seconds(row.integer(column)));
}

std::int64_t seconds_of(sys_seconds time) {
  return time.time_since_epoch().count();
}

// Throws: corrupt where a digest is none.
ResolvedName read_row(const Statement& row) {
  return {row.text(0),   row.text(1),     row.digest(2),
          row.digest(3), time_at(row, 4), time_at(row, 5)};
}

bool means_another(Database& database, std::string_view reference,
                   std::string_view platform, const base::Digest& manifest) {
  Statement statement = database.prepare(
      "SELECT 1 FROM resolved_images "
      "WHERE reference = ? AND platform = ? AND manifest_digest <> ?");
  statement.bind(0, reference).bind(1, platform).bind(2, manifest);
  return statement.step();
}

// The store lacks it or has it wrong, which asking the registry mends.
bool is_damage(const base::Error& error) {
  return error.kind() == base::ErrorKind::not_found ||
         error.kind() == base::ErrorKind::corrupt ||
         error.kind() == base::ErrorKind::invalid_input;
}

}  // namespace

base::Descriptor ImageDocuments::descriptor() const {
  return {.media_type = manifest.media_type,
          .digest = base::Digest::of(manifest_bytes),
          .size_bytes = manifest_bytes.size(),
          .annotations = {}};
}

ImageDocuments read_image_documents(std::string manifest, std::string config) {
  ImageDocuments documents;
  documents.manifest = parse_manifest(manifest);
  const base::Digest actual = base::Digest::of(config);
  if (actual != documents.image_id()) {
    throw base::Error(
        base::ErrorKind::corrupt,
        fmt::format("the image's configuration is {}, and its manifest names "
                    "{}",
                    actual.str(), documents.image_id().str()))
        .hint("it was cut or altered on its way; get it again");
  }
  documents.config = parse_image_config(config);
  const std::size_t layers = documents.manifest.layers.size();
  const std::size_t diff_ids = documents.config.diff_ids.size();
  if (layers != diff_ids) {
    throw base::Error(
        base::ErrorKind::invalid_input,
        fmt::format("the image's manifest lists {} layers, its configuration "
                    "{}",
                    layers, diff_ids))
        .hint("whoever pushed it must build it again");
  }
  documents.manifest_bytes = std::move(manifest);
  documents.config_bytes = std::move(config);
  return documents;
}

ResolvedImages::ResolvedImages(Database& database, BlobStore& blobs)
    : database_(database), blobs_(blobs) {}

void ResolvedImages::remember(const Lease& lease, std::string_view reference,
                              std::string_view platform,
                              const ImageDocuments& documents,
                              sys_seconds now) {
  const base::Digest manifest = blobs_.put(lease, documents.manifest_bytes);
  const base::Digest image_id = blobs_.put(lease, documents.config_bytes);
  Transaction transaction(database_);
  const bool is_moved = means_another(database_, reference, platform, manifest);
  const base::Digest chain = put_chain(database_, documents.config.diff_ids);
  Statement statement = database_.prepare(
      "INSERT OR REPLACE INTO resolved_images (reference, platform, "
      "manifest_digest, image_id, chain_id, resolved_at, last_used) "
      "VALUES (?, ?, ?, ?, ?, ?, ?)");
  statement.bind(0, reference).bind(1, platform).bind(2, manifest);
  statement.bind(3, image_id);
  if (chain.is_set()) statement.bind(4, chain);
  statement.bind(5, seconds_of(now)).bind(6, seconds_of(now)).run();
  transaction.commit();
  if (is_moved) collect_unmentioned(database_, blobs_);
}

ImageDocuments ResolvedImages::read(const ResolvedName& name) const {
  return read_image_documents(blobs_.read(name.manifest_digest),
                              blobs_.read(name.image_id));
}

std::optional<ResolvedImage> ResolvedImages::find(
    std::string_view reference, std::string_view platform) const {
  try {
    std::optional<ResolvedName> name;
    {
      const auto lock = database_.lock();
      Statement statement = database_.prepare(
          fmt::format("{} WHERE reference = ? AND platform = ?", kSelectName));
      statement.bind(0, reference).bind(1, platform);
      if (!statement.step()) return std::nullopt;
      name = read_row(statement);
    }
    ImageDocuments documents = read(*name);
    return ResolvedImage{std::move(*name), std::move(documents)};
  } catch (const base::Error& error) {
    if (is_damage(error)) return std::nullopt;
    throw;
  }
}

void ResolvedImages::confirm(const ResolvedName& name, sys_seconds now) {
  const auto lock = database_.lock();
  database_
      .prepare(
          "UPDATE resolved_images SET resolved_at = ?1, last_used = ?1 "
          "WHERE reference = ?2 AND platform = ?3 AND manifest_digest = ?4")
      .bind(0, seconds_of(now))
      .bind(1, std::string_view(name.reference))
      .bind(2, std::string_view(name.platform))
      .bind(3, name.manifest_digest)
      .run();
}

void ResolvedImages::touch(const ResolvedName& name, sys_seconds now) {
  if (now - name.last_used < kUseGrain) return;
  const auto lock = database_.lock();
  database_
      .prepare(
          "UPDATE resolved_images SET last_used = ? "
          "WHERE reference = ? AND platform = ?")
      .bind(0, seconds_of(now))
      .bind(1, std::string_view(name.reference))
      .bind(2, std::string_view(name.platform))
      .run();
}

std::vector<ResolvedName> ResolvedImages::list() const {
  const auto lock = database_.lock();
  Statement statement =
      database_.prepare(fmt::format("{} WHERE length(manifest_digest) = 32 AND "
                                    "length(image_id) = 32 "
                                    "ORDER BY reference, platform",
                                    kSelectName));
  std::vector<ResolvedName> names;
  while (statement.step()) names.push_back(read_row(statement));
  return names;
}

std::unordered_set<base::Digest> ResolvedImages::own_blobs() const {
  const auto lock = database_.lock();
  Statement statement = database_.prepare(
      "SELECT digest FROM (SELECT manifest_digest AS digest "
      "FROM resolved_images UNION SELECT image_id FROM resolved_images) "
      "WHERE length(digest) = 32 "
      "EXCEPT SELECT image_id FROM images "
      "EXCEPT SELECT manifest_digest FROM manifests");
  std::unordered_set<base::Digest> digests;
  while (statement.step()) digests.insert(statement.digest(0));
  return digests;
}

std::size_t ResolvedImages::forget(std::string_view reference) {
  return erase(reference, std::nullopt);
}

std::size_t ResolvedImages::forget(std::string_view reference,
                                   std::string_view platform) {
  return erase(reference, platform);
}

// One transaction, so that no chain outlives its last row.
std::size_t ResolvedImages::erase(std::string_view reference,
                                  std::optional<std::string_view> platform) {
  Transaction transaction(database_);
  std::size_t count = 0;
  {
    Statement statement = database_.prepare(
        "DELETE FROM resolved_images WHERE reference = ?1 "
        "AND (?2 IS NULL OR platform = ?2) RETURNING platform");
    statement.bind(0, reference);
    if (platform) statement.bind(1, *platform);
    while (statement.step()) ++count;
  }
  forget_unused_chains(database_);
  transaction.commit();
  return count;
}

std::vector<std::string> ResolvedImages::list_damage() const {
  std::vector<std::string> damage;
  const auto lock = database_.lock();
  Statement statement = database_.prepare(
      fmt::format("{} ORDER BY reference, platform", kSelectName));
  while (statement.step()) {
    try {
      read(read_row(statement));
    } catch (const base::Error& error) {
      damage.push_back(fmt::format(
          "what {} is for {}: {}; the next build that needs it asks its "
          "registry again",
          statement.text(0), statement.text(1), error.message()));
    }
  }
  return damage;
}

}  // namespace store
