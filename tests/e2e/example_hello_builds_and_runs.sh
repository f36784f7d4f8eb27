#!/usr/bin/env bash
# What examples/README.md promises of examples/hello.
. "$(dirname "$0")/lib.sh"
cp "$checkout/examples/hello/Dockerfile" context
cp "$(command -v busybox)" context
build -t hello
expect_status 0
expect 'hello from strake' "$(run --rm hello)"
build -t hello
expect 3 "$(count_out CACHED)"
sed -i 's/hello from/greetings from/' context/Dockerfile
build -t hello
expect 2 "$(count_out CACHED)"
expect 'greetings from strake' "$(run --rm hello)"
