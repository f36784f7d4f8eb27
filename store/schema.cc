#include "store/schema.h"

#include <fmt/format.h>

#include "base/error.h"
#include "store/database.h"
#include "store/directory.h"

namespace store {
namespace {

// The oldest format that can be brought up to date.
constexpr std::int64_t kOldestFormat = 2;

// Format 2, which every store starts from. Digests are blobs of 32 bytes, times
// are seconds since the epoch (UTC).
constexpr const char* kTables = R"sql(
-- What is known about a layer (store/layer_store.h).
CREATE TABLE layers (
  diff_id         BLOB PRIMARY KEY,
  stable_digest   BLOB,              -- NULL until its index was made
  state           INTEGER NOT NULL,  -- LayerState: 0 remote 1 blob 2 extracted
  source          INTEGER NOT NULL,  -- LayerSource: 0 canonical 1 blob
  tar_bytes       INTEGER NOT NULL DEFAULT 0,
  file_bytes      INTEGER NOT NULL DEFAULT 0,
  index_digest    BLOB,              -- of overlay2/<id>/index's bytes
  tar_format      INTEGER,           -- kTarFormat, of a canonical layer
  needs_parent    BLOB,              -- chain_id it can only be extracted on
  boot_id         TEXT NOT NULL DEFAULT '',  -- store/boot_id.h
  short_link      TEXT UNIQUE,       -- name of the link in overlay2/l
  created         INTEGER NOT NULL,
  last_used       INTEGER NOT NULL
) WITHOUT ROWID;

-- Every stack that an image has, also one that only a registry told of
-- (config.md "Layer ChainID").
CREATE TABLE chains (
  chain_id BLOB PRIMARY KEY,
  parent   BLOB,                     -- chain_id below; NULL at the bottom
  diff_id  BLOB NOT NULL
) WITHOUT ROWID;

-- A layer's tar as a blob whose bytes are in blobs/: as it came from elsewhere
-- (no compressor is known), or made here for pushing and saving. That this blob
-- holds this tar was seen when the bytes passed.
CREATE TABLE layer_blobs (
  diff_id     BLOB NOT NULL,
  blob_digest BLOB NOT NULL,
  blob_bytes  INTEGER NOT NULL,
  media_type  TEXT NOT NULL,         -- OCI's, by the bytes' compression
  compressor  TEXT NOT NULL,         -- e.g. 'isa-l'; '' when it came so
  version     TEXT NOT NULL,         -- of the compressor and its framing
  level       INTEGER NOT NULL,
  PRIMARY KEY (diff_id, blob_digest)
) WITHOUT ROWID;

-- Not WITHOUT ROWID: the rowid orders images of one second.
CREATE TABLE images (
  image_id  BLOB PRIMARY KEY NOT NULL,  -- digest of its configuration blob
  chain_id  BLOB,                       -- NULL for an image without layers
  stored_at INTEGER NOT NULL
);

-- The manifest that an image came with: its blob, kept as it was.
CREATE TABLE manifests (
  image_id        BLOB PRIMARY KEY NOT NULL,
  manifest_digest BLOB NOT NULL
) WITHOUT ROWID;

CREATE TABLE tags (
  reference TEXT PRIMARY KEY,        -- in full
  image_id  BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX tags_by_image ON tags (image_id);

-- Not WITHOUT ROWID: the rowid orders records of one second.
CREATE TABLE cache_records (
  key           BLOB PRIMARY KEY NOT NULL,
  operation     BLOB NOT NULL,
  parent        BLOB NOT NULL,
  diff_id       BLOB,                -- NULL when the step made no layer
  stable_digest BLOB,
  parts         TEXT NOT NULL,
  created       INTEGER NOT NULL
);
CREATE INDEX cache_records_by_operation ON cache_records (operation, created);
CREATE INDEX cache_records_by_result
  ON cache_records (parent, stable_digest, created);

-- Build contexts, numbered so that file rows stay short.
CREATE TABLE contexts (
  id   INTEGER PRIMARY KEY,
  path BLOB NOT NULL UNIQUE
);

-- The path has NUL where the file system has '/', so that the key's byte order
-- is the order of a depth-first walk with sorted siblings.
CREATE TABLE file_digests (
  context    INTEGER NOT NULL,
  path       BLOB NOT NULL,
  device     INTEGER NOT NULL,
  inode      INTEGER NOT NULL,
  size_bytes INTEGER NOT NULL,
  mtime_ns   INTEGER NOT NULL,
  ctime_ns   INTEGER NOT NULL,
  content    BLOB NOT NULL,
  PRIMARY KEY (context, path)
) WITHOUT ROWID;

-- Facts about the store as a whole: 'boot_id' of the last collection.
CREATE TABLE facts (
  name  TEXT PRIMARY KEY,
  value TEXT NOT NULL
) WITHOUT ROWID;
)sql";

// What each later format added, so that a new store and an older one end alike.
constexpr const char* kFormat3 = R"sql(
-- When the step last ran under this key: later than "created", its layer's
-- time, where that run made an older layer again.
ALTER TABLE cache_records ADD COLUMN recorded INTEGER NOT NULL DEFAULT 0;
-- Written at most hourly.
ALTER TABLE cache_records ADD COLUMN last_used INTEGER NOT NULL DEFAULT 0;
-- What that run took, and why it had to be.
ALTER TABLE cache_records ADD COLUMN elapsed_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE cache_records ADD COLUMN reason TEXT NOT NULL DEFAULT '';
UPDATE cache_records SET recorded = created, last_used = created;

-- The log of that run: a path below logs/.
ALTER TABLE cache_records ADD COLUMN log TEXT NOT NULL DEFAULT '';

-- What the steps of a Dockerfile were when it was last built, to tell what has
-- changed since (store/last_builds.h).
CREATE TABLE last_builds (
  project     BLOB PRIMARY KEY NOT NULL,  -- digest of its name
  fingerprint BLOB NOT NULL,              -- of what the builder compares first
  steps       TEXT NOT NULL               -- JSON, builder/step_facts.h
);
-- The files behind an input of a key (store/input_listings.h).
CREATE TABLE input_listings (
  input BLOB PRIMARY KEY NOT NULL,        -- the digest that the key has
  files BLOB NOT NULL                     -- gzip of a layer index
);
)sql";

constexpr const char* kFormat4 = R"sql(
-- What a registry said that a name is (store/resolved_images.h). The two blobs
-- are held by the row; the layers that they speak of need not be here.
CREATE TABLE resolved_images (
  reference       TEXT NOT NULL,     -- in full, with a tag or a digest
  platform        TEXT NOT NULL,     -- 'linux/arm/v7'
  manifest_digest BLOB NOT NULL,     -- of the image manifest, not of an index
  image_id        BLOB NOT NULL,     -- of the configuration
  chain_id        BLOB,              -- of its layers; NULL when it has none
  resolved_at     INTEGER NOT NULL,  -- when the registry last said so
  last_used       INTEGER NOT NULL,  -- written at most hourly
  PRIMARY KEY (reference, platform)
) WITHOUT ROWID;

-- Where a layer's tar is as which blob (store/layer_locations.h): seen, as the
-- blob was fetched from there and unpacked, or pushed there. The bytes need not
-- be in blobs/; those that are have a row in layer_blobs, too.
CREATE TABLE layer_locations (
  diff_id     BLOB NOT NULL,
  blob_digest BLOB NOT NULL,
  repository  TEXT NOT NULL,         -- 'host:port/path'
  blob_bytes  INTEGER NOT NULL,
  media_type  TEXT NOT NULL,         -- these four: as in layer_blobs
  compressor  TEXT NOT NULL,
  version     TEXT NOT NULL,
  level       INTEGER NOT NULL,
  last_used   INTEGER NOT NULL,      -- written at most hourly
  PRIMARY KEY (diff_id, blob_digest, repository)
) WITHOUT ROWID;
)sql";

struct Upgrade {
  std::int64_t format;  // that it leads to
  const char* sql;
};
constexpr Upgrade kUpgrades[] = {{3, kFormat3}, {4, kFormat4}};

std::int64_t read_format(Database& database) {
  Statement statement = database.prepare("PRAGMA user_version");
  statement.step();
  return statement.integer(0);
}

void refuse_other(std::int64_t format) {
  if (format == 0) return;
  if (format >= kOldestFormat && format <= kStoreFormat) return;
  if (format < kOldestFormat) {
    throw base::Error(
        base::ErrorKind::unsupported,
        fmt::format("it has store format {}, and this strake knows formats "
                    "from {}",
                    format, kOldestFormat))
        .hint("use another --root, or remove that directory and build again");
  }
  throw base::Error(
      base::ErrorKind::unsupported,
      fmt::format("it has store format {}, and this strake knows formats up "
                  "to {}",
                  format, kStoreFormat))
      .hint("use the newer strake that wrote it, or another --root");
}

}  // namespace

void prepare_schema(Database& database, const std::filesystem::path& file) {
  const std::int64_t format = read_format(database);
  refuse_other(format);
  if (format == kStoreFormat) return;

  // SQLite answers "locked" at once, without waiting, to one of two processes
  // that switch a file to WAL at the same time; so creation has its own lock,
  // on the directory, which needs no file of its own.
  const DirectoryLock lock(file.parent_path(), DirectoryLock::Mode::exclusive);
  database.execute("PRAGMA journal_mode = WAL");
  Transaction transaction(database);
  const std::int64_t found = read_format(database);
  refuse_other(found);
  if (found == kStoreFormat) return;
  if (found == 0) database.execute(kTables);
  for (const Upgrade& upgrade : kUpgrades) {
    if (upgrade.format > found) database.execute(upgrade.sql);
  }
  database.execute(
      fmt::format("PRAGMA user_version = {}", kStoreFormat).c_str());
  transaction.commit();
}

}  // namespace store
