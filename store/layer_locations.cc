#include "store/layer_locations.h"

#include <cstdint>

#include "store/database.h"

namespace store {
namespace {

std::int64_t seconds_of(std::chrono::sys_seconds time) {
  return time.time_since_epoch().count();
}

}  // namespace

LayerLocations::LayerLocations(Database& database) : database_(database) {}

// Others' bytes that come back from where we pushed ours to are still ours.
void LayerLocations::remember(const LayerLocation& location) {
  Transaction transaction(database_);
  database_
      .prepare(
          "INSERT INTO layer_locations (diff_id, blob_digest, repository, "
          "blob_bytes, media_type, compressor, version, level, last_used) "
          "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) "
          "ON CONFLICT DO UPDATE SET blob_bytes = ?4, media_type = ?5, "
          "compressor = iif(?6 = '', compressor, ?6), "
          "version = iif(?6 = '', version, ?7), "
          "level = iif(?6 = '', level, ?8), last_used = ?9 "
          "WHERE last_used <= ?9 - ?10 OR (compressor = '' AND ?6 <> '')")
      .bind(0, location.diff_id)
      .bind(1, location.blob.digest)
      .bind(2, std::string_view(location.repository))
      .bind(3, static_cast<std::int64_t>(location.blob.size_bytes))
      .bind(4, std::string_view(location.blob.media_type))
      .bind(5, std::string_view(location.form.compressor))
      .bind(6, std::string_view(location.form.version))
      .bind(7, std::int64_t{location.form.level})
      .bind(8, seconds_of(location.last_used))
      .bind(9, std::int64_t{std::chrono::seconds(kUseGrain).count()})
      .run();
  transaction.commit();
}

std::vector<LayerLocation> LayerLocations::find(
    const base::Digest& diff_id) const {
  const auto lock = database_.lock();
  Statement row = database_.prepare(
      "SELECT blob_digest, blob_bytes, media_type, compressor, version, level, "
      "repository, last_used FROM layer_locations "
      "WHERE diff_id = ? AND length(blob_digest) = 32 "
      "ORDER BY last_used DESC, blob_digest, repository");
  row.bind(0, diff_id);
  std::vector<LayerLocation> locations;
  while (row.step()) {
    locations.push_back(
        {.diff_id = diff_id,
         .blob = {.media_type = row.text(2),
                  .digest = row.digest(0),
                  .size_bytes = static_cast<std::uint64_t>(row.integer(1)),
                  .annotations = {}},
         .form = {row.text(3), row.text(4), static_cast<int>(row.integer(5))},
         .repository = row.text(6),
         .last_used =
             std::chrono::sys_seconds(std::chrono::seconds(row.integer(7)))});
  }
  return locations;
}

void LayerLocations::forget(std::string_view repository,
                            const base::Digest& blob) {
  const auto lock = database_.lock();
  database_
      .prepare(
          "DELETE FROM layer_locations WHERE repository = ? AND "
          "blob_digest = ?")
      .bind(0, repository)
      .bind(1, blob)
      .run();
}

void LayerLocations::remove_unused() {
  const auto lock = database_.lock();
  database_.execute(
      "DELETE FROM layer_locations WHERE diff_id NOT IN ("
      "SELECT diff_id FROM layers "
      "UNION SELECT diff_id FROM cache_records WHERE diff_id NOT NULL "
      "UNION SELECT diff_id FROM chains)");
}

}  // namespace store
