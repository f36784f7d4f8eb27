#!/usr/bin/env bash
# --check looks at all stages of a file, prints what it finds and ends with 1
# when that is anything; it needs no store and makes none.
# Shows: [D441] [D442] [D471] [D480]
. "$(dirname "$0")/lib.sh"
dockerfile <<'END'
FROM not-at-hand:1 AS first
COPY $foo .
FROM scratch AS second
COPY Dockerfile /
COPY secret.key /
END
echo '*.key' > context/.dockerignore
build --check
expect_status 1
expect_out 'Check complete, 2 warnings have been found!'
expect_out 'WARNING: UndefinedVar - https://docs.docker.com/go/dockerfile/rule/undefined-var/'
expect_out 'Dockerfile:2'
expect_out 'WARNING: CopyIgnoredFile'
expect_out '"secret.key" is hidden by line 1 of the ignore file'
expect_no_file "$STRAKE_ROOT"

# The target alone, when there is one.
build --check --target second
expect 1 "$(count_out WARNING)"

# As JSON of the shape that tools know.
json=$("$STRAKE" build --call=check,format=json context)
expect 1 "$?"
expect '["UndefinedVar",2,2]' \
  "$(jq -c '.warnings[0] | [.ruleName, .location.ranges[0].start.line, .location.ranges[0].end.line]' <<< "$json")"
expect '["description","detail","location","ruleName","url"]' \
  "$(jq -c '.warnings[0] | keys' <<< "$json")"
expect "$(cat context/Dockerfile)" \
  "$(jq -r '.sources[.warnings[0].location.sourceIndex // 0].data' <<< "$json" | base64 -d)"
build --call=check,ignorestatus=true
expect_status 0

# Nothing to find.
printf 'FROM scratch\nCOPY Dockerfile /\n' | dockerfile
build --check
expect_status 0
expect 'Check complete, no warnings found.' "$out"

# A fault is told behind the findings before it.
printf 'FROM scratch AS Bad\nMAINTAINER me\nBADCMD\n' | dockerfile
build --check
expect_status 3
expect_out 'Check complete, 2 warnings have been found!'
expect_out 'strake: Dockerfile:3:1: unknown instruction "BADCMD"'
json=$("$STRAKE" build --call=check,format=json context 2> /dev/null)
expect '[2,3]' "$(jq -c '[(.warnings | length), .buildError.location.ranges[0].start.line]' <<< "$json")"

build --call=chek
expect_status 2
expect_out 'did you mean "check"?'
build --call=check,fromat=json
expect_status 2
build --check --call=outline
expect_status 2
expect_no_file "$STRAKE_ROOT"
