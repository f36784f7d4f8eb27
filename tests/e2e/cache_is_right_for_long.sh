#!/usr/bin/env bash
# As "cache gives what building anew gives", with many more projects.
export SEEDS=1000-100000 SECONDS_AT_MOST=240
. "$(dirname "$0")/cache_gives_what_building_anew_gives.sh"
