#!/usr/bin/env bash
# --build-context gives the files, or the image, that a name of FROM, --from or
# a mount's from stands for.
# Shows: [D186] [D188] [D189] [D190] [D191] [D416]
. "$(dirname "$0")/lib.sh"
base
mkdir -p lib/sub
echo one > lib/sub/file
echo hidden > lib/secret
printf 'secret\n.dockerignore\n' > lib/.dockerignore
chown -R 1000:1000 lib
dockerfile <<'END'
FROM base AS tool
RUN exit 3
FROM base
COPY --from=lib . /copied
RUN --mount=from=lib:latest,target=/m cd /m && find . | sort | xargs > /bound
COPY --from=tool /sub/file /of-stage
END
build -t all --build-context lib=lib --build-context docker.io/library/tool=lib
expect_status 0
wanted='. ./sub ./sub/file'
expect "$wanted" "$(run all sh -c 'cd /copied && find . | sort | xargs')"
expect "$wanted" "$(run all cat /bound)"
expect one "$(run all cat /of-stage)"
expect 0:0 "$(run all stat -c %u:%g /copied/sub/file)"

# The key is the content: another place for the same files changes nothing.
cp -a lib moved
echo other > moved/secret
build -t all --build-context lib=moved --build-context tool=moved
expect_status 0
expect 0 "$(count_out DONE)"

# What is missing is looked for in the context that was named.
printf 'FROM base\nCOPY --from=lib sub/fil /\n' | dockerfile
build --build-context lib=lib
expect_out "there is no \"sub/fil\" in build context lib ($work/lib)"
expect_out 'did you mean "sub/file"?'
printf 'FROM base\nCOPY --from=lib secret /\n' | dockerfile
build --build-context lib=lib
expect_out '.dockerignore line 1 leaves it out'
printf 'FROM base\nRUN --mount=from=lib,source=x,target=/m true\n' | dockerfile
build --build-context lib=lib
expect_out "mount source \"x\" is not in build context lib ($work/lib)"
echo '[' > moved/.dockerignore
build --build-context lib=moved
expect_out "$work/moved/.dockerignore:1:1: class in a pattern is never closed"

# FROM a directory: its files on nothing.
printf 'FROM lib\nCOPY Dockerfile /\n' | dockerfile
build -t files --build-context lib=lib
expect_status 0
expect_out '[stage-0 1/2] FROM lib'
"$STRAKE" export files 2>/dev/null | tar -t > list || {
  build -o type=tar,dest=files.tar --build-context lib=lib
  tar -tf files.tar > list
}
expect 'Dockerfile sub/ sub/file' "$(sed 's,^\./,,; /^$/d' list | sort | xargs)"
expect 2 "$(inspect files '.[0].RootFS.Layers | length')"

# An image brings its configuration and its triggers; a layout's too, and it
# needs no name in the store.
printf 'FROM base\nENV FROM_BASE=1\nONBUILD RUN echo triggered > /t\n' |
  dockerfile one.docker
build -f one.docker -t one -o type=oci,dest=layout.tar -o type=image
expect_status 0
mkdir layout && tar -xf layout.tar -C layout
printf 'FROM mine\nRUN echo $FROM_BASE > /env\n' | dockerfile
for form in docker-image://one oci-layout://layout oci-layout://layout:latest \
  "oci-layout://layout@$(jq -r '.manifests[0].digest' layout/index.json)"; do
  build --no-cache -t child --build-context "mine=$form"
  expect_status 0
  expect 1:triggered "$(run child sh -c 'echo "$(cat /env):$(cat /t)"')"
done
rm -rf "$STRAKE_ROOT"
base
build -t child --build-context mine=oci-layout://layout
expect_status 0
build -t child --build-context mine=oci-layout://layout
expect_status 0
expect 0 "$(count_out DONE)"
strake images
expect_no_out mine
build --build-context mine=oci-layout://layout:v9
expect_out 'Dockerfile:1:6: --build-context mine: the image layout has no "v9"'
build --build-context mine=docker-image://nowhere
expect_out 'image "nowhere" is not in the store'
build --build-context mine=docker-image://scratch
expect_out 'the image has no shell, as scratch has none'

# "scratch" and "context" cannot be overridden.
printf 'FROM scratch\nCOPY --from=scratch / /\n' | dockerfile
build -t nothing --build-context scratch=lib --build-context context=lib
expect_status 0
expect null "$(inspect nothing '.[0].RootFS.Layers[1]')"
expect_no_traces
