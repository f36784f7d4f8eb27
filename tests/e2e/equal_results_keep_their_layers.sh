#!/usr/bin/env bash
# A step that runs again and gives what it gave keeps its older layer: all that
# follows is found, and the image is the same. --no-cache asks for new layers.
# Shows: [D437] [D438] [D440]
. "$(dirname "$0")/lib.sh"
base
mkdir context/src
printf 'code\n# a comment\n' > context/src/main.c
printf 'one\n' > context/other
dockerfile <<'END'
FROM base AS build
RUN --mount=target=/in,source=src grep -v '^#' /in/main.c > /program
RUN wc -c < /program > /size
COPY other /other
RUN cat /other | head -c 3 > /head
FROM base
COPY --from=build /program /size /head /
RUN cat /program /size /head > /all
END
build -t image
expect_status 0
id=$(inspect image '.[0].Id')
build -t stage --target build
stage=$(inspect stage '.[0].Id')

# What a comment says changes an input of the first step, and no result.
printf 'code\n# another comment\n' > context/src/main.c
build -t image
expect 1 "$(count_out DONE)"
expect "$id" "$(inspect image '.[0].Id')"
build -t stage --target build
expect "$stage" "$(inspect stage '.[0].Id')"
build -t image
expect 0 "$(count_out DONE)"

# A chain: each step that is made again stops what comes behind it or does not.
printf 'one more\n' > context/other
build -t image
expect 2 "$(count_out DONE)" # COPY, and the RUN that sees the first word alone
expect "$id" "$(inspect image '.[0].Id')"
printf 'two more\n' > context/other
build -t image
expect 4 "$(count_out DONE)"
[ "$id" != "$(inspect image '.[0].Id')" ] || fail 'it is the same image'
printf 'one more\n' > context/other
build -t image
expect 0 "$(count_out DONE)"
expect "$id" "$(inspect image '.[0].Id')"

# A file that is only touched is not even copied.
touch -d '2001-01-01' context/other context/src/main.c
build -t image
expect 0 "$(count_out DONE)"

# New layers are what these are for, so that equal ones take no older place; the
# next build has them.
layers() { inspect "$1" '.[0].RootFS.Layers'; }
build -t filtered --no-cache-filter build
expect_status 0
expect 4 "$(count_out DONE)"
expect "$id" "$(inspect filtered '.[0].Id')" # what is copied of it is the same
build -t anew --no-cache
expect 6 "$(count_out DONE)"
[ "$(layers image)" != "$(layers anew)" ] || fail '--no-cache kept old layers'
build -t after
expect 0 "$(count_out DONE)"
expect "$(layers anew)" "$(layers after)"

# A changed result differs to the end.
printf 'other code\n' > context/src/main.c
build -t image
expect 'other code' "$(run image head -n 1 /all)"
[ "$id" != "$(inspect image '.[0].Id')" ] || fail 'it is the same image'
