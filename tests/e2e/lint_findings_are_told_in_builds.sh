#!/usr/bin/env bash
# Every build tells what lint finds, in front of its steps; a file can silence
# rules or have findings fail the build before anything runs.
# Shows: [D37] [D127] [D441] [D443] [D444] [D471]
. "$(dirname "$0")/lib.sh"
base
dockerfile <<'END'
FROM base AS Tools
RUN echo made > /made
CMD cat /made
END
build -t linted --build-arg WOH=typo
expect_status 0
expect_out 'warning: strake/UnusedBuildArg: --build-arg WOH: no ARG declares it'
expect_out 'warning: Dockerfile:1: StageNameCasing: stage name "Tools" has capitals'
expect_out '   1 | FROM base AS Tools'
expect_out '     |              ^~~~~'
expect_out 'warning: Dockerfile:3: JSONArgsRecommended: '
[[ ${out%%'#1 ['*} == *JSONArgsRecommended* ]] || fail "told after the first step"

# A cached build tells the same, a quiet one nothing.
build -t linted
expect_out 'CACHED'
expect 1 "$(count_out 'Dockerfile:1: StageNameCasing')"
build -q
expect_no_out 'StageNameCasing'

# For the file, for one instruction, or from outside.
sed -i '1i # check=skip=StageNameCasing' context/Dockerfile
sed -i 's/^CMD/# check=skip=all it is a test\nCMD/' context/Dockerfile
build
expect_status 0
expect_no_out 'Dockerfile:'
build --build-arg BUILDKIT_DOCKERFILE_CHECK=skip=JSONArgsRecommended
expect_out 'StageNameCasing'
build --build-arg BUILDKIT_DOCKERFILE_CHECK=skp=all
expect_status 2
expect_out 'did you mean "skip"?'

# error=true: nothing runs.
dockerfile <<'END'
# check=error=true
FROM base AS Tools
RUN echo ran
END
build -t failed
expect_status 3
expect_out 'strake: Dockerfile:2:14: lint violation found for rules: StageNameCasing'
expect_no_out '[tools'
strake inspect failed
expect_status 1

# What stands before a syntax error is told as well.
printf 'FROM base AS Tools\nBADCMD\n' | dockerfile
build
expect_status 3
expect_out 'StageNameCasing'
expect_out 'unknown instruction "BADCMD"'

# Of many findings the first few are told.
{ echo 'FROM base'; for i in $(seq 20); do echo "ENV a$i b"; done; } | dockerfile
build
expect 8 "$(count_out LegacyKeyValueFormat)"
expect_out 'warning: 12 more; "strake build --check" shows all'
