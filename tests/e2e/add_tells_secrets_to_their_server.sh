#!/usr/bin/env bash
# Secrets for an address go to its own server alone, and are kept nowhere;
# proxies are honoured.
# Shows: [D390]
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/http.sh"
http_server
echo private > files/file
dockerfile <<END
FROM scratch
ADD $http/auth/file /a
ADD $http/to?http://localhost:${http##*:}/plain/file /b
ADD "http://me:it's-pa55word@127.0.0.1:${http##*:}/plain/file" /c
END
build
expect_failure
expect_out "says 401"
expect_out "--secret id=HTTP_AUTH_TOKEN_127.0.0.1"
asked > /dev/null

echo 'open sesame' > secret
build -t image --secret id=HTTP_AUTH_HEADER_127.0.0.1,src=secret
expect_status 0
expect_no_out pa55word
asked > requests
grep -q '/auth/file 200 .*Authorization=open sesame' requests || fail "not told"
! grep 'Host=localhost' requests | grep -q Authorization ||
  fail "told to another server"
grep -q '/plain/file 200 .*Authorization=open sesame' requests ||
  fail "the secret does not count before the address's own"
! grep -raq -e 'open sesame' -e pa55word store || fail "kept in the store"
"$STRAKE" history --no-trunc image > history
grep -q xxxxx: history || fail "history: $(cat history)"
! grep -q pa55word history || fail "kept in the image"

export TOKEN=abc
build --no-cache --secret id=HTTP_AUTH_TOKEN_127.0.0.1,env=TOKEN
expect_failure
asked | grep -q '/auth/file 401 .*Authorization=Bearer abc' || fail "no bearer"

# Through a proxy, whether the machine has it or the build.
dockerfile <<END
FROM scratch
ADD http://strake.test/plain/file /
END
build --build-arg HTTP_PROXY="$http"
expect_status 0
asked | grep -q 'Host=strake.test' || fail "the proxy was not asked"
http_proxy=$http build --no-cache
expect_status 0
asked | grep -q 'Host=strake.test' || fail "the proxy was not asked"
