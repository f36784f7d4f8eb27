#!/usr/bin/env bash
# ADD --checksum: one fetched source, refused when it is another; known content
# is fetched from nowhere.
# Shows: [D391] [D392]
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/http.sh"
http_server
echo content > files/file
echo other > files/other
sum_of() { echo "sha256:$(sha256sum < "$1" | cut -c -64)"; }
sum=$(sum_of files/file)
dockerfile <<END
FROM scratch
ARG SUM=$sum
ADD --checksum=\$SUM $http/plain/file /
END
build -t image
expect_status 0
expect "GET /plain/file 200" "$(asked | cut -d ' ' -f -3)"
build -t image
expect_status 0
expect "" "$(asked)"
# The server may be gone, or another one.
sed -i "s,$http/plain/file,http://127.0.0.1:1/plain/file," context/Dockerfile
build -t image
expect_status 0

sed -i "s,http://127.0.0.1:1/plain/file,$http/plain/other," context/Dockerfile
build -t image
expect_failure
expect_out "$http/plain/other is $(sum_of files/other), not $sum"
expect_out "Dockerfile:3:21:"

# What was fetched without one is known all the same.
dockerfile <<END
FROM scratch
ADD $http/plain/other /
END
build
expect_status 0
dockerfile <<END
FROM scratch
ADD --checksum=$(sum_of files/other) http://127.0.0.1:1/other /
END
build
expect_status 0

refused() { # expected text, instruction
  printf 'FROM scratch\n%s\n' "$2" | dockerfile
  build
  expect_failure
  expect_out "$1"
}
touch context/file
refused "--checksum is for sources that are fetched" "ADD --checksum=$sum file /"
refused "--checksum cannot be of several sources" \
  "ADD --checksum=$sum $http/a $http/b /d/"
refused '"sha512:00" is no checksum of a file' \
  "ADD --checksum=sha512:00 $http/a /"
refused '"sha256:00" is no git commit' "ADD --checksum=sha256:00 $http/a.git /"
