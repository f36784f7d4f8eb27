#!/usr/bin/env bash
# Wrong words on the command line end with 2 and the nearest right one.
. "$(dirname "$0")/lib.sh"
dockerfile <<< 'FROM scratch'
strake build --targt x context
expect_status 2
expect_out 'unknown flag "--targt"'
expect_out 'did you mean "--target"?'

strake biuld context
expect_status 2
expect_out 'unknown command "biuld"'
expect_out 'did you mean "build"?'

strake build
expect_status 2
strake build context more
expect_status 2
expect_out '"more"'
strake
expect_status 2
strake build -t 'UPPER/Case' context
[ "$status" != 0 ] || fail "an invalid name was taken"
expect_out 'UPPER/Case'
strake build --network bridge context
expect_status 2
expect_out 'default, none, host'
strake build -o type=oci,tar=false context
expect_status 2
expect_out 'dest='

# Help is no error, goes to stdout and has an example.
for command in build history images import inspect login logout parse rmi run search system tag version; do
  "$STRAKE" "$command" --help > help 2> errors || fail "$command --help: $?"
  grep -q "strake $command" help || fail "$command --help shows no example"
  [ ! -s errors ] || fail "$command --help writes to stderr"
done
strake --version
expect_status 0

# A name that cannot be one is a wrong flag, not a failed build.
strake build -t Upper context
expect_status 2
expect_out 'repository names are lower case'

# One line says how a command is called, whole.
strake run --help
expect_status 0
expect 1 "$(grep -c '^Usage:' <<< "$out")"
expect_out 'Usage: strake run [flags] IMAGE [COMMAND...]'

# A command of two words is named by both where its help is meant.
for command in 'builder prune' 'cache ls' 'cache export' 'system df'; do
  # shellcheck disable=SC2086
  strake $command --bogus
  expect_status 2
  expect_out "see \"strake $command --help\""
done
strake explain --bogus
expect_out 'see "strake explain --help"'
# Those of one word list what they have.
for command in builder cache system; do
  strake $command --help
  help=$out
  strake $command -h
  expect_status 0
  expect "$help" "$out"
  expect_out "Usage: strake $command COMMAND"
  strake $command
  expect_status 2
  expect "$help" "$out"
done
strake cache exprot x
expect_status 2
expect_out 'did you mean "export"?'
strake system prune
expect_status 1
expect_out '"strake builder prune" removes build cache'

# What is named by a flag or operand is named by the error.
strake cache import nowhere
expect_status 1
expect_out 'importing the cache in nowhere: there is no such directory'

# A switch is on or off, and takes nothing else for its own.
for value in maybe '' yes; do
  strake build --no-cache=$value context
  expect_status 2
  expect_out "--no-cache is true or false, not \"$value\""
done
strake build --no-cache=false context
expect_status 0
strake build --no-cache=T --quiet=0 context
expect_status 0
# Files to write have names, and each its own.
echo 'FROM scratch' | dockerfile
for flag in --report --trace --iidfile --metadata-file; do
  build "$flag="
  expect_status 2
  expect_out "$flag wants the name of a file"
done
: > page
ln -s page also
for flags in "--report page --trace $PWD/context/../page" "--iidfile page --metadata-file also" \
  "--report page --output type=tar,dest=page"; do
  build $flags
  expect_status 2
  expect_out 'would both write'
  expect_out "${flags%% *} "
  expect 0 "$(stat -c %s page)"
done
strake cache ls --filter until=-5h
expect_status 2
expect_out 'that is in the future'
expect_out 'write the age without its sign: 5h'
