#!/usr/bin/env bash
# What --cache-from and --cache-to do not know is told with the nearest word,
# before anything is built; what will come, as that.
. "$(dirname "$0")/lib.sh"
unset AWS_BUCKET AWS_REGION
printf 'FROM scratch\nLABEL a=b\n' | dockerfile
refused() { # status, text, flags
  local code=$1 text=$2
  shift 2
  build "$@"
  expect_status "$code"
  expect_out "$text"
  expect_no_out LABEL
}
refused 2 'unknown type "loca"; did you mean "local"?' --cache-from type=loca,src=x
refused 2 'unknown key "srk"; did you mean "src"?' --cache-from type=local,srk=x
refused 2 'there is no src=' --cache-from type=local
refused 2 '--cache-from wants a value' --cache-from=
refused 2 '--cache-to wants a value' --cache-to=
refused 2 '"local" has no value' --cache-to local,dest=x
refused 2 'dest wants a value' --cache-to type=local,dest=
refused 2 'quote is never closed' --cache-to '"type=local'
refused 2 '--no-cache-filter wants a stage' --no-cache-filter a,,b
refused 2 'has no stage "other"' --fail-on-miss=other
refused 2 'there is no type=' --cache-from src=x
refused 2 'it has a tag and a digest' --cache-from type=local,src=x,tag=a,digest=b
refused 2 '"b" is not a digest' --cache-from type=local,src=x,digest=b
refused 2 'not an image reference' --cache-from 'UP CASE'
refused 2 'there is no ref=' --cache-from type=registry
refused 2 'unknown key "src"' --cache-from type=registry,ref=x,src=y
refused 2 'not an image reference' --cache-from type=registry,ref=UP
refused 2 'not an image reference' --cache-to UP
refused 2 'a cache is written to a tag' --cache-to type=registry,ref=x@sha256:$(printf %064d 0)
refused 2 'unknown key "dest"' --cache-to type=registry,ref=x,dest=y
refused 2 'registry.insecure is true or false' --cache-to type=registry,ref=x,registry.insecure=perhaps
refused 1 'type=gha is not supported yet' --cache-to type=gha
refused 2 'there is no bucket=' --cache-from type=s3,region=x
refused 2 'there is no region=' --cache-to type=s3,bucket=x
refused 2 'unknown key "ref"' --cache-to type=s3,region=x,bucket=x,ref=y
refused 2 'unknown type "inlin"; did you mean "inline"?' --cache-to type=inlin
refused 2 'unknown mode "maxx"; did you mean "max"?' --cache-to type=local,dest=x,mode=maxx
refused 2 'unknown compression "lzma"' --cache-to type=local,dest=x,compression=lzma
refused 1 'compression-level is not supported' --cache-to type=local,dest=x,compression-level=9
refused 1 'image-manifest=false is not supported' --cache-to type=local,dest=x,image-manifest=false
refused 2 'cannot be a tag' --cache-to type=local,dest=x,tag=a/b
refused 2 'mode wants a value' --cache-to type=local,dest=x,mode=
refused 2 'ignore-error is true or false' --cache-to type=local,dest=x,ignore-error=no
refused 2 'unknown key "mode"' --cache-to type=inline,mode=max

# A target that cannot be written is a warning, or what the build fails of.
: > file
build --cache-to type=local,dest=file/x
expect_status 0
expect_out 'warning: writing the cache to file/x: '
build -t kept --cache-to type=local,dest=file/x,ignore-error=false
expect_status 1
expect '[{"a":"b"}]' "$(inspect kept '[.[].Config.Labels]')" # it is there
build --cache-from type=local,src=nowhere
expect_status 0
