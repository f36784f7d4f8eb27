-- The database of a store of format 3 with one build in it (sqlite3 .dump).
PRAGMA user_version = 3;
BEGIN TRANSACTION;
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
INSERT INTO layers VALUES(X'7c98b81e8c462774c654afca2806b2f2e02c941c05b84f7551c7809d2c8566e0',X'1494bc5035cd83be878be2d1dacd32c718eb257f292b114146343d7ffa8dd5d2',2,0,3072,3,X'0178747de291d19dbc96ee9a013cc5843133490a6b17fc04ef2ee2f6bd56074c',2,NULL,'4f967341-c34a-4c7a-9e78-221339290ebc','PSMLQHUMIYTXJRSUV7FCQBVS6L',1795344624,1795344624);
CREATE TABLE chains (
  chain_id BLOB PRIMARY KEY,
  parent   BLOB,                     -- chain_id below; NULL at the bottom
  diff_id  BLOB NOT NULL
) WITHOUT ROWID;
INSERT INTO chains VALUES(X'7c98b81e8c462774c654afca2806b2f2e02c941c05b84f7551c7809d2c8566e0',NULL,X'7c98b81e8c462774c654afca2806b2f2e02c941c05b84f7551c7809d2c8566e0');
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
CREATE TABLE images (
  image_id  BLOB PRIMARY KEY NOT NULL,  -- digest of its configuration blob
  chain_id  BLOB,                       -- NULL for an image without layers
  stored_at INTEGER NOT NULL
);
INSERT INTO images VALUES(X'66586ad544ded53b97d2c1bde01bed627c3a0c0e3fe306d0cba39a4e8926cdd1',X'7c98b81e8c462774c654afca2806b2f2e02c941c05b84f7551c7809d2c8566e0',1795344624);
CREATE TABLE manifests (
  image_id        BLOB PRIMARY KEY NOT NULL,
  manifest_digest BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE tags (
  reference TEXT PRIMARY KEY,        -- in full
  image_id  BLOB NOT NULL
) WITHOUT ROWID;
INSERT INTO tags VALUES('docker.io/library/x:latest',X'66586ad544ded53b97d2c1bde01bed627c3a0c0e3fe306d0cba39a4e8926cdd1');
CREATE TABLE cache_records (
  key           BLOB PRIMARY KEY NOT NULL,
  operation     BLOB NOT NULL,
  parent        BLOB NOT NULL,
  diff_id       BLOB,                -- NULL when the step made no layer
  stable_digest BLOB,
  parts         TEXT NOT NULL,
  created       INTEGER NOT NULL
, recorded INTEGER NOT NULL DEFAULT 0, last_used INTEGER NOT NULL DEFAULT 0, elapsed_ms INTEGER NOT NULL DEFAULT 0, reason TEXT NOT NULL DEFAULT '', log TEXT NOT NULL DEFAULT '');
INSERT INTO cache_records VALUES(X'63183a63de3fd7aba61747a4530eaaf659cdb282a42d2982208cbe7343fedfe3',X'2ca7c97b5ec0a300c76b0e7de4f14aeba0bcc354d824188009f78f1d2918f20f',X'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',X'7c98b81e8c462774c654afca2806b2f2e02c941c05b84f7551c7809d2c8566e0',X'1494bc5035cd83be878be2d1dacd32c718eb257f292b114146343d7ffa8dd5d2','{"inputs":[["files","sha256:aa1331a850cd75adc17091180382b99c86278e715f44e5da640e724255ed0744"]],"operation":{"destination":"/","directory":true,"inline":[],"link":false,"op":"copy","parents":false,"sources":[{"archive":false,"from":"context","path":"/f"}],"unpack":false},"parent":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","project":"sha256:da333c8c93feb4a0af0dc442de7b62e5ce4c23381644f8c93004320a8447eb7e"}',1795344624,1795344624,1795344624,0,'it was not built here before','');
INSERT INTO cache_records VALUES(X'5e42b2934fcb21eb8edbe1118cafde7d4113e2aced0327c8b7fef353899b6c08',X'2ca7c97b5ec0a300c76b0e7de4f14aeba0bcc354d824188009f78f1d2918f20f',X'0da59952a001f5b24004da150132a3970701d5b4dd7923ff789c1ccc682b11e4',X'7c98b81e8c462774c654afca2806b2f2e02c941c05b84f7551c7809d2c8566e0',X'1494bc5035cd83be878be2d1dacd32c718eb257f292b114146343d7ffa8dd5d2','{"inputs":[["files","sha256:aa1331a850cd75adc17091180382b99c86278e715f44e5da640e724255ed0744"]],"operation":{"destination":"/","directory":true,"inline":[],"link":false,"op":"copy","parents":false,"sources":[{"archive":false,"from":"context","path":"/f"}],"unpack":false},"parent":"sha256:0da59952a001f5b24004da150132a3970701d5b4dd7923ff789c1ccc682b11e4","project":"sha256:da333c8c93feb4a0af0dc442de7b62e5ce4c23381644f8c93004320a8447eb7e"}',1795344624,1795344624,1795344624,0,'it was not built here before','');
CREATE TABLE contexts (
  id   INTEGER PRIMARY KEY,
  path BLOB NOT NULL UNIQUE
);
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
CREATE TABLE facts (
  name  TEXT PRIMARY KEY,
  value TEXT NOT NULL
) WITHOUT ROWID;
INSERT INTO facts VALUES('boot_id','4f967341-c34a-4c7a-9e78-221339290ebc');
INSERT INTO facts VALUES('id_map','host');
CREATE TABLE last_builds (
  project     BLOB PRIMARY KEY NOT NULL,  -- digest of its name
  fingerprint BLOB NOT NULL,              -- of what the builder compares first
  steps       TEXT NOT NULL               -- JSON, builder/step_facts.h
);
INSERT INTO last_builds VALUES(X'da333c8c93feb4a0af0dc442de7b62e5ce4c23381644f8c93004320a8447eb7e',X'93c510a9d254768afa5fdebeec1743b787ed2e56d9dd24a4db3b1e802ba9f769','[{"key":{"inputs":[["files","sha256:aa1331a850cd75adc17091180382b99c86278e715f44e5da640e724255ed0744"]],"operation":{"destination":"/","directory":true,"inline":[],"link":false,"op":"copy","parents":false,"sources":[{"archive":false,"from":"context","path":"/f"}],"unpack":false},"parent":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},"stage":"stage-0","text":"COPY f /"}]');
CREATE TABLE input_listings (
  input BLOB PRIMARY KEY NOT NULL,        -- the digest that the key has
  files BLOB NOT NULL                     -- gzip of a layer index
);
INSERT INTO input_listings VALUES(X'aa1331a850cd75adc17091180382b99c86278e715f44e5da640e724255ed0744',X'1f8b08000000000004ff2a2e294acc4ef58960646060f8b05c70aa0103043032b018e8dba6312e6106f1189867bccaf357ccd7dfc2800300000000ffff03005bca9c4948000000');
CREATE INDEX tags_by_image ON tags (image_id);
CREATE INDEX cache_records_by_operation ON cache_records (operation, created);
CREATE INDEX cache_records_by_result
  ON cache_records (parent, stable_digest, created);
COMMIT;
