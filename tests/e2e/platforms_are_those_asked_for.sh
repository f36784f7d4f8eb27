#!/usr/bin/env bash
# --platform decides TARGETPLATFORM and what the image says it is for; a base
# for another machine is used; programs of another machine fail with the reason.
# Shows: [D143] [D145] [D178] [D180] [D181] [D182] [D184]
. "$(dirname "$0")/lib.sh"
base
own=$(inspect base '.[0].Architecture' | tr -d '"')
platform_of() { inspect "$1" '.[0] | [.Os, .Architecture, .Variant // ""]'; }

dockerfile <<'END'
FROM --platform=$BUILDPLATFORM base AS cross
ARG TARGETPLATFORM TARGETARCH TARGETVARIANT BUILDARCH
RUN echo "$TARGETPLATFORM $TARGETARCH $TARGETVARIANT $BUILDARCH" > /built-for
FROM scratch
COPY --from=cross /built-for /
END
build -t arm --platform linux/arm
expect_status 0
expect '["linux","arm","v7"]' "$(platform_of arm)"
"$STRAKE" export arm | tar -xO built-for > built-for || fail "exporting"
expect "linux/arm/v7 arm v7 $own" "$(cat built-for)"
build -t own
expect "[\"linux\",\"$own\",\"\"]" "$(platform_of own)"
build -t twice --platform linux/arm64 --platform aarch64
expect_status 0
expect '["linux","arm64",""]' "$(platform_of twice)"

# A base there is one image of, for another platform.
dockerfile <<< $'FROM --platform=linux/riscv64 base\nRUN true'
build -t other
expect_status 0
expect "[\"linux\",\"$own\",\"\"]" "$(platform_of other)"

build --platform linux/amd64,linux/arm64
expect_status 1
expect_out 'several platforms at once is not supported yet'
build --platform linux/amd64/v1/x
expect_status 2
expect_out '"linux/amd64/v1/x" is not a platform'
dockerfile <<< $'FROM --platform=nonsense base AS unused\nFROM base'
build
expect_status 3
expect_out 'Dockerfile:1:17: "nonsense" is not a platform'

# A program that no kernel knows: an ELF header of a machine there is none of.
{
  printf '\177ELF\002\002\001' && printf '\0%.0s' {1..9}
  printf '\0\002\253\315\0\0\0\001' && printf '\0%.0s' {1..128}
} > context/program
chmod +x context/program
dockerfile <<'END'
FROM scratch
COPY program /program
RUN ["/program"]
END
build --platform linux/s390x
expect_status 4
expect_out 'Dockerfile:3:1: "/program": cannot execute'
expect_out 'the image is for linux/s390x'
expect_out 'binfmt_misc'
