#!/usr/bin/env bash
# Of two proxies to a git server, the build's counts before the machine's.
# Shows: [D393]
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/git.sh"
git_server
repository app
echo one > app/file
commit app "first"
dockerfile <<END
FROM scratch
ADD http://strake.test/app.git /
END
nobody=http://127.0.0.1:1
http_proxy=$nobody build
expect_failure
http_proxy=$nobody build --build-arg http_proxy="$git" -o out
expect_status 0
expect one "$(cat out/file)"
http_proxy=$git build --no-cache
expect_status 0
