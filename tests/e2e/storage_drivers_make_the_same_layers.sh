#!/usr/bin/env bash
# Overlayfs, fuse-overlayfs and copies: whiteouts, opaque directories, renames,
# links, attributes and times end up the same in the image, and a layer made by
# one serves the others.
. "$(dirname "$0")/lib.sh"
base
dockerfile << 'END'
FROM base AS made
RUN mkdir -p /d/sub /e/deep /keep && echo 1 > /d/f && echo 2 > /d/g && \
    echo x > /d/sub/x && echo k > /keep/k && echo y > /e/deep/y && ln -s d /link
RUN rm /d/g && echo more >> /d/f && rm -r /d/sub && mkdir /d/sub && \
    echo new > /d/sub/new && ln /d/sub/new /d/hard && \
    chown 5:6 /keep && chmod 711 /keep && rm /link && mkdir /link && \
    touch -d '2001-02-03 00:00:00' /link && chown 1000:1000 /home/ann
RUN mv /d/sub /d/moved && mv /d/f /d/f2 && rm -r /e && mkdir /e && \
    chmod 4755 /d/f2 && mkfifo /d/pipe && rmdir /keep/nothing 2> /dev/null; \
    [ ! -e /e/deep ] && [ ! -e /d/sub ] && grep -q more /d/f2
# Old directories and files below new ones, at the paths that they had.
RUN mkdir -p /app/src/deep /app/gone /app-a /p/q /r/q && echo 1 > /t && \
    echo main > /app/src/deep/main.c && echo z > /app/gone/z && \
    echo p > /p/q/p && echo r > /r/q/r && \
    echo 2 > /u && touch -r /t /u && mkdir /was && echo w > /was/w
RUN mkdir /app.new && mv /app/* /app.new/ && rmdir /app && mv /app.new /app && \
    rm /app/gone/z && mv /p /s && mv /r /p && cp -p /u /v && mv /v /t && \
    mv /was /is && echo file > /was && rm /u && mkdir /u && mv /is /u/is
FROM base
COPY --from=made / /all
RUN --mount=type=cache,target=/cache rm -r /all/d/moved && echo seen > /cache/f
RUN [ ! -e /all/d/moved ] && [ "$(cat /all/t)" = 2 ] && find /all -exec stat -c '%n %a %u:%g %F' {} + | \
    sort > /list && ls /e /d /keep > /dev/null 2>&1; touch /done
END
entries() {
  "$STRAKE" export tree | TZ=UTC tar -tv --numeric-owner --full-time |
    grep -vE ' (list|done|all/?|\./?)$' | sed -E 's/ [0-9]{4}-[0-9-]+ [0-9:.]+ +/ /'
}
build -t tree --storage-driver overlay
expect_status 0
wanted=$(entries)
list=$(run tree cat /list)
[ -n "$list" ] || fail "nothing was listed"

drivers=(copy)
if [ -w /dev/fuse ] && [ -r /dev/fuse ]; then drivers+=(fuse-overlayfs); fi
for driver in "${drivers[@]}"; do
  build --no-cache -t tree --storage-driver "$driver"
  expect_status 0
  expect_out "$([ "$driver" = copy ] && echo copies || echo "$driver")"
  expect '' "$(diff <(echo "$wanted") <(entries))"
  expect '' "$(diff <(echo "$list") <(run tree cat /list))"
  expect "$list" "$(run --storage-driver "$driver" tree cat /list)"
  "$STRAKE" system check > check || fail "$(cat check)"
  expect_no_traces
done

# Out of a renamed directory, and one to the place of a renamed one: nothing that
# fuse-overlayfs 1.10 can do ("Directory not empty").
dockerfile << 'END'
FROM base
RUN mkdir -p /app/src /x /y && echo main > /app/src/main.c && \
    echo f > /x/f && ln /x/f /y/f
RUN mv /app /app.old && mkdir /app && mv /app.old/* /app/ && rmdir /app.old
RUN mv /x /z && mv /y /x
END
for driver in overlay copy; do
  build --no-cache -t back --storage-driver "$driver"
  expect_status 0
  expect 'main f f' "$(run back cat /app/src/main.c /x/f /z/f | xargs)"
  expect '/app/src/main.c /x/f /z/f' \
    "$(run back find /app /app.old /x /y /z -type f 2> /dev/null | xargs)"
done

# The times that a step gives stay; what it did not touch is not in its layer.
expect 981158400 "$(run tree stat -c %Y /all/link)"
dockerfile << 'END'
FROM base
RUN echo one > /home/ann/one
END
build -t small --storage-driver copy -o type=oci,dest=layout,tar=false
expect_status 0
layer=layout/blobs/sha256/$(jq -r '.manifests[0].digest' layout/index.json |
  cut -d: -f2 | xargs -I{} jq -r '.layers[1].digest' layout/blobs/sha256/{} |
  cut -d: -f2)
expect 'home/ home/ann/ home/ann/one' "$(tar -tzf "$layer" | sort | xargs)"

# A driver that there is not, by flag or environment.
strake build --storage-driver btrfs context
expect_status 2
expect_out 'it is one of overlay, fuse-overlayfs, copy'
STRAKE_STORAGE_DRIVER=btrfs build --no-cache
expect_status 2
