# shellcheck shell=bash
# S3 for a test; sourced after lib.sh. Both check signatures, and both set
# $S3_ENDPOINT, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION.
#
#   s3_server        # tests/registry/s3_server.py, which misbehaves by the
#                    # bucket's name; the bucket "plain" does not
#   s3_asked         # what it was asked since the last call, a line each
#   swift_server     # swift (python3-swift) with its s3api; make a bucket first
#   s3 PUT /cache    # a request of one's own: s3_request.py says how
s3() { python3 "$checkout/tests/e2e/s3_request.py" "$@"; }

s3_server() {
  : > s3.log
  python3 "$checkout/tests/registry/s3_server.py" s3.log "$@" > s3.port &
  wait_for test -s s3.port
  export S3_ENDPOINT AWS_REGION=us-east-1
  export AWS_ACCESS_KEY_ID=AKIDTEST AWS_SECRET_ACCESS_KEY=test/secret+key
  S3_ENDPOINT=http://127.0.0.1:$(cat s3.port)
}
s3_asked() {
  cat s3.log
  : > s3.log
}

swift_server() {
  /usr/bin/python3 "$checkout/tests/e2e/swift_server.py" swift \
    > swift.port 2> swift.log &
  local server=$!
  until [ -s swift.port ]; do
    kill -0 $server 2> /dev/null || fail "swift ends: $(cat swift.log)"
    sleep 0.1
  done
  export S3_ENDPOINT AWS_REGION=us-east-1
  export AWS_ACCESS_KEY_ID=test:tester AWS_SECRET_ACCESS_KEY=testing
  S3_ENDPOINT=http://127.0.0.1:$(cat swift.port)
}
