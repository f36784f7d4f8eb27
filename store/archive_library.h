// libarchive's functions, loaded when the first archive is opened.
#pragma once

#include <archive.h>
#include <archive_entry.h>

namespace store {

struct ArchiveLibrary {
  decltype(&::archive_read_new) read_new;
  decltype(&::archive_read_free) read_free;
  decltype(&::archive_read_support_format_tar) support_format_tar;
  decltype(&::archive_read_support_format_raw) support_format_raw;
  decltype(&::archive_read_support_format_empty) support_format_empty;
  decltype(&::archive_read_support_filter_bzip2) support_filter_bzip2;
  decltype(&::archive_read_support_filter_xz) support_filter_xz;
  decltype(&::archive_read_support_filter_zstd) support_filter_zstd;
  decltype(&::archive_read_open2) read_open;
  decltype(&::archive_read_next_header) next_header;
  decltype(&::archive_read_data) read_data;
  decltype(&::archive_read_data_block) read_data_block;
  decltype(&::archive_filter_bytes) filter_bytes;
  decltype(&::archive_error_string) error_string;
  decltype(&::archive_set_error) set_error;
  decltype(&::archive_entry_pathname) pathname;
  decltype(&::archive_entry_hardlink) hardlink;
  decltype(&::archive_entry_symlink) symlink;
  decltype(&::archive_entry_filetype) filetype;
  decltype(&::archive_entry_perm) perm;
  decltype(&::archive_entry_uid) uid;
  decltype(&::archive_entry_gid) gid;
  decltype(&::archive_entry_size) size;
  decltype(&::archive_entry_sparse_count) sparse_count;
  decltype(&::archive_entry_mtime) mtime;
  decltype(&::archive_entry_mtime_nsec) mtime_nsec;
  decltype(&::archive_entry_rdevmajor) rdevmajor;
  decltype(&::archive_entry_rdevminor) rdevminor;
  decltype(&::archive_entry_xattr_reset) xattr_reset;
  decltype(&::archive_entry_xattr_next) xattr_next;
};

// Throws: unsupported when libarchive is not installed.
const ArchiveLibrary& archive_library();

}  // namespace store
