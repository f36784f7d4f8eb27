#!/usr/bin/env bash
# ADD takes files from addresses: under their own names, with their own times,
# once, and only when they have changed.
# Needs: root, because it looks at owners in the store from outside.
# Shows: [D385] [D386] [D387] [D388] [D389] [D402]
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/http.sh"
http_server
echo one > files/one
echo two > files/two.txt
touch -d '2001-02-03 04:05:06 UTC' files/one
mkdir tree && echo inside > tree/inside && tar -cf files/a.tar -C tree inside
echo local > context/local
mkdir context/there && touch context/there/keep

dockerfile <<END
FROM scratch
ADD $http/full/one $http/plain/two.txt?name=x $http/full/one local <<heredoc /many/
here
heredoc
ADD $http/redirect/3/full/one /renamed
COPY there /there
ADD $http/full/one /there
ADD $http/named/ /slash/
ADD --chmod=755 --chown=7:8 $http/full/one /owned
ADD $http/full/a.tar /kept/
ADD --unpack=true $http/full/a.tar /unpacked/
END
build -t image -o type=image -o type=local,dest=out \
  -o type=tar,dest=out.tar
expect_status 0
expect "heredoc local one two.txt" "$(ls out/many | xargs)"
expect one "$(cat out/many/one)"
expect two "$(cat out/many/two.txt)"
expect here "$(cat out/many/heredoc)"
expect one "$(cat out/renamed)"
expect one "$(cat out/there/one)"
expect "name" "$(cat out/slash/named)"
expect inside "$(cat out/unpacked/inside)"
cmp out/kept/a.tar files/a.tar || fail "the archive was changed"
expect "600 0:0 981173106" "$(stat -c '%a %u:%g %Y' out/many/one)"
expect "600 0:0 0" "$(stat -c '%a %u:%g %Y' out/many/two.txt)"
expect "-rwxr-xr-x 7/8" "$(tar --numeric-owner -tvf out.tar owned | cut -c -14)"
"$STRAKE" history --no-trunc image > history
grep -qF "ADD $http/redirect/3/full/one /renamed # buildkit" history ||
  fail "history: $(cat history)"
# Each address once, whoever wants it: one by itself and one behind redirects.
asked > first
expect 2 "$(grep -c 'GET /full/one 200' first)"
expect 1 "$(grep -c 'GET /plain/two' first)"

# Again: asked for news; what has no validators comes again, and costs no more.
build -t image
expect_status 0
expect 2 "$(count_out DONE)" # two.txt and named
asked > second
expect 0 "$(grep -c '/full/[^ ]* 200' second)"
expect 2 "$(grep -c 'GET /full/one 304' second)"
expect 1 "$(grep -c 'GET /plain/two.txt?name=x 200' second)"

# A change reaches the image, and makes nothing else again.
echo ONE > files/one
build -t image -o out2
expect_status 0
expect ONE "$(cat out2/renamed)"
expect_out 'CACHED'

# Several of any kind have no place in a file.
dockerfile <<END
FROM scratch
ADD $http/full/one $http/full/a.tar /plain
END
build
expect_failure
expect_out "several sources need a directory"

# One that is not there.
dockerfile <<END
FROM scratch
ADD $http /nothing/
END
build
expect_failure
expect_out "Dockerfile:2:5: cannot fetch $http: 127.0.0.1:${http##*:} says 404"
expect_out "   2 | ADD $http /nothing/"
