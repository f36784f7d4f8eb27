#!/usr/bin/env bash
# A build that fails says so by its status; its tag and its output file stay
# what they were.
# Shows: [D473]
. "$(dirname "$0")/lib.sh"
base
dockerfile <<'END'
FROM base
RUN echo first > /which
END
build -t kept -o type=oci,dest=kept.tar
expect_status 0
before=$(inspect kept .) sum=$(sha256sum < kept.tar)
for fault in 'RUN false' 'RUNN x' 'COPY gone /' 'ENV A=${B:?no B}'; do
  printf 'FROM base\n%s\n' "$fault" | dockerfile
  build -t kept -t new -o type=oci,dest=kept.tar
  [ "$status" != 0 ] || fail "\"$fault\" built"
  expect "$before" "$(inspect kept .)"
  expect "$sum" "$(sha256sum < kept.tar)"
  "$STRAKE" inspect new > /dev/null 2>&1 && fail "\"$fault\" was tagged"
done
exit 0
