// What S3 says when it does not do what it was asked for: a status and a small
// document, <Error><Code>NoSuchKey</Code><Message>…</Message>…</Error>
// (S3 API reference, "Error responses"). Replies to HEAD have the status alone;
// some to others have a status of success and still an error as their body.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "registry/http_client.h"

namespace registry {

struct S3Error {
  int status = 0;
  std::string code;     // "AccessDenied"; empty when nothing is said
  std::string message;  // one line
  std::string region;   // where the bucket is instead

  // Whether the credentials were temporary and are used up.
  bool is_expiry() const;
};

// From a reply that is an error; a body that is no XML says nothing.
S3Error read_s3_error(const HttpReply& head, std::string_view body);
// Whether a body of a success is one: its root is Error.
bool is_s3_error(std::string_view body);

// What to throw. `head` tells whether this machine's clock is to blame, and how
// long to wait; `who` answered.
// Throws: always; unavailable where another try may help.
[[noreturn]] void throw_s3_error(const S3Error& error, const HttpReply& head,
                                 std::string_view who);

}  // namespace registry
