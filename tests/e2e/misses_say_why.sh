#!/usr/bin/env bash
# Through a session of edits, every step that runs says the first thing that is
# not as it was when this Dockerfile was last built; hits say their age.
. "$(dirname "$0")/lib.sh"
base
mkdir context/src
echo a > context/src/main.c
echo b > context/src/run.sh
dockerfile <<'END'
FROM base AS build
ARG VERSION=1.2
COPY src /src
RUN cat /src/* > /out && echo $VERSION
RUN --mount=type=bind,source=src,target=/m cat /m/main.c
FROM base
ARG NPM_TOKEN
COPY --from=build /out /app
RUN test -f /app
END
because() { expect_status 0; expect_out "#$1 because $2"; }

build
because 2 'it was not built here before'
build
expect_no_out because
expect 5 "$(grep -c 'CACHED (.* ago)' <<< "$out")"
expect 1 "$(grep -cE '^#[0-9]+ CACHED$' <<< "$out")" # the base

echo c >> context/src/main.c
build --metadata-file meta --trace trace
because 2 'src/main.c changed (content)'
because 3 'step [build 2/4] ran again'
because 4 'src/main.c changed (content)'
expect_out 'because /out of stage build changed (content)'
expect '"src/main.c changed (content)"' \
  "$(jq -c '.["strake.steps"][] | select(.place == "[build 2/4]") | .because' meta)"
grep -q '"because":"src/main.c changed (content)"' trace || fail "not traced"

chmod +x context/src/run.sh
build --explain
because 2 'src/run.sh changed (mode 0644 → 0755)'
expect_out '  made 20' # what is cached says when, and on what
expect_out '  key '
echo n > context/src/new.c
rm context/src/run.sh
build --explain
because 2 'src/new.c is new'
expect_out '#2   also src/run.sh is gone'
ln -s main.c context/src/lib
build
ln -sfn new.c context/src/lib
build
because 2 'src/lib changed (link main.c → new.c)'
rm context/src/lib
build

build --build-arg VERSION=1.3
because 3 'ARG VERSION: 1.2 → 1.3'
build --build-arg VERSION=1.3 --build-arg NPM_TOKEN=hush
expect_out 'because ARG NPM_TOKEN is new'
expect_no_out hush
build
build --network none
because 3 'network default → none'
build

# A line put in, changed and taken out leaves the others what they were.
sed -i 's/^COPY src/ENV DEBUG=1\n&/' context/Dockerfile
build
because 3 'ENV DEBUG: (not set) → 1'
sed -i '/^ENV DEBUG/d; s/^RUN cat/RUN true \&\& cat/' context/Dockerfile
build
because 3 'the instruction changed: RUN cat '
sed -i 's/^COPY src/RUN touch \/new\n&/' context/Dockerfile
build
because 4 'step [build 2/5] is new'
sed -i '/^RUN touch/d' context/Dockerfile
build
expect_no_out because
sed -i 's/^COPY src/USER ann\n&/; s,/out,/tmp/out,' context/Dockerfile
build
expect_out 'because the instruction changed: '
build --no-cache
because 2 '--no-cache'
build --no-cache-filter build
because 2 '--no-cache-filter'

# What a failed build did not come to is compared with the last result.
sed -i 's/^RUN test.*/RUN false/' context/Dockerfile
build
expect_failure
sed -i 's/^RUN false/RUN true/' context/Dockerfile
build
expect_out 'because the instruction changed: RUN test -f /app → RUN true'

# A base that moved.
mkdir -p other/bin other/tmp
chmod 1777 other/tmp
cp "$(command -v busybox)" other/bin/sh
cp other/bin/sh other/bin/cat
printf 'root:x:0:0::/root:/bin/sh\nann:x:1000:1000::/:/bin/sh\n' > other/passwd
tar -C other --transform 's,^./passwd,./etc/passwd,' -c . |
  "$STRAKE" import - base > /dev/null
build
grep -qE '^#3 because base base:latest moved [0-9a-f]{4}… → [0-9a-f]{4}…$' \
  <<< "$out" || fail "no word of the base"

# A report's wish to know more does not make the lines more.
build --report page.html
expect_out '#2 CACHED'
! grep -qE '^#[0-9]+   ' <<< "$out" || fail "told as with --explain"

# A layer that somebody took away.
build
for layer in "$STRAKE_ROOT"/overlay2/*/diff/src; do rm -rf "${layer%/src}"; done
build
because 2 'its layer is no longer in the store'
