-- The database of a store of format 2 with one build in it (sqlite3 .dump).
PRAGMA user_version = 2;
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
INSERT INTO layers VALUES(X'f44ab08d514aeaea9840665b75e7a75f334697bf82111cd6af9d522de75a4d42',X'1494bc5035cd83be878be2d1dacd32c718eb257f292b114146343d7ffa8dd5d2',2,0,3072,3,X'9a98530796236ca136a711691e797e4b65d75a4db89e0c267ad3fd56b6944ac3',1,NULL,'4f967341-c34a-4c7a-9e78-221339290ebc','6RFLBDKRJLVOVGCAMZNXLZ5HL4',1795308849,1795308849);
CREATE TABLE chains (
  chain_id BLOB PRIMARY KEY,
  parent   BLOB,                     -- chain_id below; NULL at the bottom
  diff_id  BLOB NOT NULL
) WITHOUT ROWID;
INSERT INTO chains VALUES(X'f44ab08d514aeaea9840665b75e7a75f334697bf82111cd6af9d522de75a4d42',NULL,X'f44ab08d514aeaea9840665b75e7a75f334697bf82111cd6af9d522de75a4d42');
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
INSERT INTO images VALUES(X'5d0d7e2816a0a086dfa45a555caea19dcd78e7166fb2b4a13122c2af61b73d23',X'f44ab08d514aeaea9840665b75e7a75f334697bf82111cd6af9d522de75a4d42',1795308849);
CREATE TABLE manifests (
  image_id        BLOB PRIMARY KEY NOT NULL,
  manifest_digest BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE tags (
  reference TEXT PRIMARY KEY,        -- in full
  image_id  BLOB NOT NULL
) WITHOUT ROWID;
INSERT INTO tags VALUES('docker.io/library/x:latest',X'5d0d7e2816a0a086dfa45a555caea19dcd78e7166fb2b4a13122c2af61b73d23');
CREATE TABLE cache_records (
  key           BLOB PRIMARY KEY NOT NULL,
  operation     BLOB NOT NULL,
  parent        BLOB NOT NULL,
  diff_id       BLOB,                -- NULL when the step made no layer
  stable_digest BLOB,
  parts         TEXT NOT NULL,
  created       INTEGER NOT NULL
);
INSERT INTO cache_records VALUES(X'524fe77a1483c637384995bd696b17ac498b2f611ffcd83296915d2900b659bb',X'993d13a375c21a38c5f33465fd6e801f12c890bb91f0f3ca6384ee66b135fe16',X'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',X'f44ab08d514aeaea9840665b75e7a75f334697bf82111cd6af9d522de75a4d42',X'1494bc5035cd83be878be2d1dacd32c718eb257f292b114146343d7ffa8dd5d2','{"inputs":[["files","sha256:aa1331a850cd75adc17091180382b99c86278e715f44e5da640e724255ed0744"]],"operation":{"destination":"/","directory":true,"excludes":[],"inline":[],"link":false,"op":"copy","parents":false,"sources":[{"archive":false,"from":"context","path":"f"}],"unpack":false},"parent":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}',1795308849);
INSERT INTO cache_records VALUES(X'9f72b8e3f87f8e0ef76815e17ad1228cd1b5ec7387de782c4f7ee6dfdbcbbc39',X'993d13a375c21a38c5f33465fd6e801f12c890bb91f0f3ca6384ee66b135fe16',X'0da59952a001f5b24004da150132a3970701d5b4dd7923ff789c1ccc682b11e4',X'f44ab08d514aeaea9840665b75e7a75f334697bf82111cd6af9d522de75a4d42',X'1494bc5035cd83be878be2d1dacd32c718eb257f292b114146343d7ffa8dd5d2','{"inputs":[["files","sha256:aa1331a850cd75adc17091180382b99c86278e715f44e5da640e724255ed0744"]],"operation":{"destination":"/","directory":true,"excludes":[],"inline":[],"link":false,"op":"copy","parents":false,"sources":[{"archive":false,"from":"context","path":"f"}],"unpack":false},"parent":"sha256:0da59952a001f5b24004da150132a3970701d5b4dd7923ff789c1ccc682b11e4"}',1795308849);
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
CREATE INDEX tags_by_image ON tags (image_id);
CREATE INDEX cache_records_by_operation ON cache_records (operation, created);
CREATE INDEX cache_records_by_result
  ON cache_records (parent, stable_digest, created);
COMMIT;
