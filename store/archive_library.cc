#include "store/archive_library.h"

#include "base/dynamic_library.h"

namespace store {
namespace {

ArchiveLibrary load() {
  const base::DynamicLibrary library("libarchive.so.13");
  ArchiveLibrary all{};
  library.load(all.read_new, "archive_read_new");
  library.load(all.read_free, "archive_read_free");
  library.load(all.support_format_tar, "archive_read_support_format_tar");
  library.load(all.support_format_raw, "archive_read_support_format_raw");
  library.load(all.support_format_empty, "archive_read_support_format_empty");
  library.load(all.support_filter_bzip2, "archive_read_support_filter_bzip2");
  library.load(all.support_filter_xz, "archive_read_support_filter_xz");
  library.load(all.support_filter_zstd, "archive_read_support_filter_zstd");
  library.load(all.read_open, "archive_read_open2");
  library.load(all.next_header, "archive_read_next_header");
  library.load(all.read_data, "archive_read_data");
  library.load(all.read_data_block, "archive_read_data_block");
  library.load(all.filter_bytes, "archive_filter_bytes");
  library.load(all.error_string, "archive_error_string");
  library.load(all.set_error, "archive_set_error");
  library.load(all.pathname, "archive_entry_pathname");
  library.load(all.hardlink, "archive_entry_hardlink");
  library.load(all.symlink, "archive_entry_symlink");
  library.load(all.filetype, "archive_entry_filetype");
  library.load(all.perm, "archive_entry_perm");
  library.load(all.uid, "archive_entry_uid");
  library.load(all.gid, "archive_entry_gid");
  library.load(all.size, "archive_entry_size");
  library.load(all.sparse_count, "archive_entry_sparse_count");
  library.load(all.mtime, "archive_entry_mtime");
  library.load(all.mtime_nsec, "archive_entry_mtime_nsec");
  library.load(all.rdevmajor, "archive_entry_rdevmajor");
  library.load(all.rdevminor, "archive_entry_rdevminor");
  library.load(all.xattr_reset, "archive_entry_xattr_reset");
  library.load(all.xattr_next, "archive_entry_xattr_next");
  return all;
}

}  // namespace

const ArchiveLibrary& archive_library() {
  static const ArchiveLibrary all = load();
  return all;
}

}  // namespace store
