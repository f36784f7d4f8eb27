#include "store/input_listings.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/error.h"
#include "store/database.h"
#include "store/decompressor.h"
#include "store/gzip_writer.h"
#include "store/layer_index.h"

namespace store {
namespace {

constexpr std::size_t kDigestBytes = 8;
// Ten times what compresses to kMostBytes.
constexpr std::uint64_t kMostUnpackedBytes = std::uint64_t{512} << 20U;

// gzip, as zstd is not installed everywhere (zstd_writer.h).
std::string compress(const std::string& text) {
  std::string packed;
  GzipWriter writer([&packed](std::string_view bytes) { packed += bytes; });
  writer.write(text);
  writer.finish();
  return packed;
}

base::Digest shorten(const base::Digest& digest) {
  base::Digest::Bytes bytes = digest.bytes();
  std::fill(bytes.begin() + kDigestBytes, bytes.end(),
            typename base::Digest::Bytes::value_type{});
  return base::Digest(bytes);
}

}  // namespace

InputListings::InputListings(Database& database) : database_(database) {}

bool InputListings::contains(const base::Digest& input) const {
  const auto lock = database_.lock();
  Statement statement =
      database_.prepare("SELECT 1 FROM input_listings WHERE input = ?");
  statement.bind(0, input);
  return statement.step();
}

std::optional<std::vector<Entry>> InputListings::find(
    const base::Digest& input) const {
  std::string packed;
  {
    const auto lock = database_.lock();
    Statement statement =
        database_.prepare("SELECT files FROM input_listings WHERE input = ?");
    statement.bind(0, input);
    if (!statement.step()) return std::nullopt;
    packed = statement.text(0);
  }
  try {
    const LayerIndex index =
        LayerIndex::parse(decompress(packed, kMostUnpackedBytes));
    return std::vector<Entry>(index.entries().begin(), index.entries().end());
  } catch (const base::Error&) {
    return std::nullopt;
  }
}

void InputListings::put(const base::Digest& input, std::vector<Entry> files) {
  if (contains(input)) return;
  for (Entry& file : files) {
    file.mtime = {};
    if (file.content.is_set()) file.content = shorten(file.content);
  }
  const std::string packed = compress(LayerIndex(std::move(files)).render());
  if (packed.size() > kMostBytes) return;
  const auto lock = database_.lock();
  Statement statement = database_.prepare(
      "INSERT OR IGNORE INTO input_listings (input, files) VALUES (?, ?)");
  statement.bind(0, input).bind_blob(1, packed);
  statement.run();
}

// The parts of a record, and of each step of a last build, have their inputs as
// pairs of a name and a digest.
void InputListings::remove_unused() {
  const auto lock = database_.lock();
  database_.execute(
      "DELETE FROM input_listings "
      "WHERE 'sha256:' || lower(hex(input)) NOT IN ("
      "SELECT i.value ->> 1 FROM cache_records AS r, "
      "json_each(r.parts, '$.inputs') AS i WHERE json_valid(r.parts) "
      "UNION SELECT i.value ->> 1 FROM last_builds AS b, "
      "json_each(b.steps) AS s, json_each(s.value, '$.key.inputs') AS i "
      "WHERE json_valid(b.steps))");
}

}  // namespace store
