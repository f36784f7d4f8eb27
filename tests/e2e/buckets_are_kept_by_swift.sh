#!/usr/bin/env bash
# What the registry room does with buckets, at an S3 that others have written:
# Debian's swift, which makes each signature once more.
. "$(dirname "$0")/lib.sh"
. "$checkout/tests/e2e/s3.sh"
# Beside the program where all was built, else where it was built for its units.
tests=$(dirname "$STRAKE")/tests/registry/registry_tests
[ -x "$tests" ] || tests=$checkout/build/asan/tests/registry/registry_tests

swift_server
s3 PUT /cache || fail "making a bucket: $(cat swift.log)"
try "$tests" '[s3-server]'
expect_status 0
# Nothing stays of the upload that failed.
expect 0 "$(s3 GET '/cache?uploads' | grep -c '<UploadId>')"
