#!/usr/bin/env bash
# RUN --mount: bind, cache and tmpfs are there for the step; nothing of them
# is in the image, and a writable bind reaches neither context nor stage.
. "$(dirname "$0")/lib.sh"
base
mkdir context/src
echo original > context/src/file
dockerfile <<'END'
FROM base AS stage
RUN mkdir /made && echo staged > /made/file
FROM base
RUN --mount=type=bind,source=src,target=/mnt/context \
    --mount=from=stage,source=/made,target=/mnt/stage \
    cat /mnt/context/file /mnt/stage/file > /seen; \
    { echo x > /mnt/context/file; echo x > /mnt/stage/file; } 2>> /refused; true
RUN --mount=type=bind,source=src,target=/mnt/context,rw \
    --mount=from=stage,source=/made,target=/mnt/stage,rw \
    echo changed > /mnt/context/file; echo changed > /mnt/stage/file; \
    cat /mnt/*/file > /changed
RUN --mount=type=tmpfs,target=/scratch,size=1m \
    stat -f -c %T /scratch > /kind; echo x > /scratch/x; stat -c %a /scratch >> /kind
RUN --mount=from=stage,source=/made/file,target=/etc/one-file cat /etc/one-file > /one
COPY --from=stage /made/file /after
END
build -t mounts
expect_status 0
show() { run mounts cat "$1"; }
expect $'original\nstaged' "$(show /seen)"
expect 2 "$(show /refused | grep -c 'Read-only file system')"
expect $'changed\nchanged' "$(show /changed)"
expect $'tmpfs\n1777' "$(show /kind)"
expect staged "$(show /one)"
expect staged "$(show /after)"
expect original "$(cat context/src/file)"
found=$(run mounts sh -c 'ls -d /mnt /scratch /etc/one-file 2> /dev/null')
expect '' "$found"

# A part of the context that the bind does not show is no input of the step.
echo more > context/other
build
expect 0 "$(count_out DONE)"
echo new > context/src/file
build
expect_out '/mnt/context'
[ "$(count_out DONE)" -ge 2 ] || fail "a changed bind source hit"

# A socket of this machine is an empty file there, as COPY has it.
python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("context/src/s")'
printf 'FROM base\nRUN --mount=source=src,target=/m stat -c %%F /m/s > /k\n' \
  | dockerfile
build -t mounts
expect_status 0
expect 'regular empty file' "$(show /k)"
