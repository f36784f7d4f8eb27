// An object on its way into a bucket, of any size: S3's multipart upload.
//
// Bytes are gathered into parts of 8 MiB and each part sent when it is full;
// what fits into one part goes in a single request. S3 takes 10,000 parts, so
// they double every thousand: those of 100 GB have 64 MiB at most.
// A part is sent again until it is there. What is not committed is aborted, so
// that no parts stay which nobody lists and everybody pays for; a process that
// is killed leaves its parts to the bucket's rule for incomplete uploads.
#pragma once

#include <cstdint>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "registry/blob_upload.h"
#include "registry/s3_host.h"

namespace registry {

// Not for several threads. Throws: as S3Bucket.
class S3Upload {
 public:
  // The host must outlive it. Nothing is sent yet.
  S3Upload(S3Host& host, std::string key, OnUpload on_bytes,
           std::stop_token stop);
  S3Upload(const S3Upload&) = delete;
  S3Upload& operator=(const S3Upload&) = delete;
  // Aborts what was not committed, trying for some seconds.
  ~S3Upload();

  void append(std::string_view bytes);
  // The object is there, with all that was appended. Returns its size.
  std::uint64_t commit();

 private:
  void begin();
  void send_part();
  void send_whole();
  void complete();
  bool is_there_after_all() const;
  void abort() noexcept;
  void told(std::size_t bytes);
  std::size_t part_bytes() const;

  S3Host& host_;
  std::string key_;
  OnUpload on_bytes_;
  std::stop_token stop_;
  std::string part_;                // what is gathered
  std::vector<std::string> etags_;  // of the parts that are there
  std::string id_;                  // of the upload, escaped; empty: none
  std::uint64_t sent_bytes_ = 0;
};

}  // namespace registry
