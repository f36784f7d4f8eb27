// The words of type=s3, which are BuildKit's.
#pragma once

#include "builder/bucket_options.h"
#include "cli/flag_words.h"

namespace cli {

// Without a word of its own, the region is that of AWS_REGION and the bucket
// that of AWS_BUCKET, as it is with BuildKit. Knows the words of --cache-from;
// those of --cache-to, and a cache's common ones, are the caller's.
// Throws: usage errors.
builder::BucketOptions read_bucket(const FlagWords& words);

}  // namespace cli
