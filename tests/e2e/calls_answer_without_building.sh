#!/usr/bin/env bash
# --call=targets and --call=outline tell what can be built and what a build
# takes, for people and as JSON.
# Shows: [D21] [D478] [D479] [D480]
. "$(dirname "$0")/lib.sh"
dockerfile <<'END'
# VERSION is the compiler's version
ARG VERSION=12
# build compiles the program
FROM debian:${VERSION} AS build
RUN --mount=type=secret,id=login,required=true --mount=type=cache,target=/cc true
FROM scratch
COPY nothing /
# ship is what is run
FROM build AS ship
ARG MODE=fast
END
build --call=targets
expect_status 0
expect 'TARGET           BASE                DESCRIPTION
build            debian:${VERSION}   compiles the program
ship (default)   build               is what is run' "$(sed 's/ *$//' <<< "$out")"
expect '[["build",null,"debian:${VERSION}",4],[null,null,"scratch",6],["ship",true,"build",9]]' \
  "$("$STRAKE" build --call=targets,format=json context |
     jq -c '[.targets[] | [.name, .default, .base, .location.ranges[0].start.line]]')"

build --call=outline --build-arg VERSION=13
expect_status 0
expect 'TARGET:      ship
DESCRIPTION: is what is run

BUILD ARG   VALUE   DESCRIPTION
VERSION     13      is the compiler'"'"'s version
MODE        fast

SECRET   REQUIRED
login    true

CACHE
/cc' "$(sed 's/ *$//' <<< "$out")"
outline=$("$STRAKE" build --call=outline,format=json --target build context)
expect '["build","compiles the program",[["VERSION","12",2]],[["login",true]],["/cc"]]' \
  "$(jq -c '[.name, .description,
             [.args[] | [.name, .value, .location.ranges[0].start.line]],
             [.secrets[] | [.name, .required]], [.cache[].ID]]' <<< "$outline")"
expect "$(cat context/Dockerfile)" "$(jq -r '.sources[0]' <<< "$outline" | base64 -d)"
build --call=outline --target nope
expect_status 3
expect_no_file "$STRAKE_ROOT"
