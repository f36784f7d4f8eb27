#!/usr/bin/env bash
# What no step can see, or what its flags replace, makes no step run; what a
# step may see does, however small.
# Shows: [D281] [D429] [D430] [D431] [D432] [D434] [D435] [D436]
. "$(dirname "$0")/lib.sh"
base

# A checkout with an umask: the modes that git gives are 644 and 755.
check_out() {
  local to=$1
  (
    umask "$2"
    mkdir -p "$to/src/empty"
    printf 'int main;\n' > "$to/src/main.c"
    printf '#!/bin/sh\n' > "$to/src/run"
    chmod +x "$to/src/run"
    ln -s main.c "$to/src/link"
    truncate -s 1M "$to/src/sparse"
    echo data > "$to/data"
  )
}
context=context
build() { strake build -t image -f file --network none "$@" "$context"; }
first() {
  build "$@"
  expect_status 0
}
hits() {
  build "${@:2}"
  expect_status 0
  [ "$(count_out DONE)" = 0 ] || fail "$1: steps are made"
}
# The number of steps that are made.
misses() {
  build "${@:3}"
  expect_status 0
  [ "$(count_out DONE)" = "$2" ] ||
    fail "$1: wanted $2 steps made, got $(count_out DONE)"
}

rm -r context
check_out context 022
dockerfile file <<'END'
FROM base AS lib
ARG OWNER=5
RUN mkdir /lib && echo lib > /lib/a && chown $OWNER /lib/a
ARG LATE_IN_LIB
FROM base
COPY --chmod=u=rwX,go=rX src /src
COPY --chmod=755 --chown=ann src data /bits/
COPY --from=lib --chown=7:8 /lib /lib
ARG SEEN
RUN echo ${SEEN:-nothing} > /seen
ARG NEVER=given
END
first
id=$(inspect image '.[0].Id')
hits 'an argument that only later lines see' --build-arg LATE_IN_LIB=x
hits 'proxies' --build-arg http_proxy=http://proxy --build-arg NO_PROXY=x
hits 'labels' --label b=1 --label a=2
touch -d '2001-01-01' context/src/main.c context/data
hits 'times'
cp -a context/src/main.c copy && mv copy context/src/main.c
hits 'another inode'
cp --sparse=never context/src/sparse solid && mv solid context/src/sparse
hits 'holes'
cp file plain
sed -i 's/^COPY/# a comment\n\nCOPY/
  s/--chmod=755 --chown=ann/--chown=ann \\\n  # joined\n  --chmod=0755/
  s/src data/.\/src data/' file
hits 'comments, joined lines, the order of flags'
cp plain file
build
expect "$id" "$(inspect image '.[0].Id')"

# Elsewhere, under another umask, in another order, owned by another user.
check_out elsewhere 077
mv elsewhere/data elsewhere/src/late && mv elsewhere/src/late elsewhere/data
chown -R 1000:1000 elsewhere
context=elsewhere
hits 'another checkout with another umask'
expect "$id" "$(inspect image '.[0].Id')"
context=context
# The other stage runs; what is copied of it has the owner of the flag.
misses 'an owner that --chown replaces' 1 --build-arg OWNER=6
expect "$id" "$(inspect image '.[0].Id')"
misses 'an argument that RUN sees' 1 --build-arg SEEN=yes
chmod +x context/src/main.c
misses 'a file that becomes executable, where X is asked for' 2
chmod -x context/src/main.c
hits 'and back'

# Without flags all of it counts.
dockerfile file <<'END'
FROM base
COPY . /all
END
first
chmod 600 context/data
misses 'a mode' 1
ln -sfn run context/src/link
misses 'where a link leads' 1
mkdir context/src/hollow
misses 'an empty directory' 1
mv context/data context/Data
misses 'the case of a name' 1
attribute() {
  python3 -c 'import os, sys; os.setxattr(sys.argv[1], sys.argv[2], b"x")' "$@"
}
attribute context/Data user.note
misses 'an attribute that layers keep' 1
attribute context/Data trusted.note
hits 'an attribute of this machine'
printf 'src\n' > context/.dockerignore
misses 'what is ignored' 1
printf 'src\n!src/run\n' > context/.dockerignore
misses 'what an exception lets in' 1
touch -d '2001-01-01' context/.dockerignore
hits 'the time of that'
rm context/.dockerignore

# Two names of one file are one file in what is copied at once, else copies.
dockerfile file <<'END'
FROM base
COPY one /one
COPY two /two
END
echo same > context/one
cp -a context/one context/two
first
ln -f context/one context/two
hits 'names of one file that are copied apart'

# Of a secret its name counts, of limits their values.
dockerfile file <<'END'
FROM base
RUN --mount=type=secret,id=s test -e /run/secrets/s
END
echo one > value
first --secret id=s,src=value --ulimit core=1 --ulimit nofile=64
echo two > value
hits 'the value of a secret, the order of limits' \
  --secret id=s,src=value --ulimit nofile=64 --ulimit core=1
misses 'a limit' 1 --secret id=s,src=value --ulimit core=1 --ulimit nofile=65
misses 'the name of a host' 1 --secret id=s,src=value --add-host one:10.0.0.1
hits 'its address, and that it has two' --secret id=s,src=value \
  --add-host one:10.0.0.3 --add-host one:10.0.0.2
