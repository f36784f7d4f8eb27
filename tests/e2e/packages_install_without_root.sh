#!/usr/bin/env bash
# apt-get in a Debian base: it drops to its own user for downloads, and dpkg
# gives files to others and runs scripts. Ran as an ordinary user, too.
. "$(dirname "$0")/lib.sh"
debian_base
mkdir -p context/repo package/{DEBIAN,srv/data}
echo content > package/srv/data/file
cat > package/DEBIAN/control << 'END'
Package: sample
Version: 1.0
Architecture: all
Maintainer: nobody <nobody@example.org>
Description: sample
END
cat > package/DEBIAN/postinst << 'END'
#!/bin/sh
set -e
chown -R www-data:www-data /srv/data
chmod 2750 /srv/data
END
chmod 755 package/DEBIAN/postinst
dpkg-deb --root-owner-group --build package context/repo/sample.deb > /dev/null ||
  fail "the package"
(cat package/DEBIAN/control &&
  printf 'Filename: ./sample.deb\nSize: %s\nSHA256: %s\n' \
    "$(stat -c %s context/repo/sample.deb)" \
    "$(sha256sum context/repo/sample.deb | cut -d' ' -f1)") > context/repo/Packages
dockerfile << 'END'
FROM debian:12
COPY repo /repo
RUN rm -f /etc/apt/sources.list /etc/apt/sources.list.d/* && \
    echo 'deb [trusted=yes] file:/repo ./' > /etc/apt/sources.list && \
    apt-get update && apt-get install -y --no-install-recommends sample
USER www-data
RUN id -u > /srv/data/uid && ls -ld /srv/data
END
build -t packages
expect_status 0
expect 'www-data:www-data 2750' "$(run packages stat -c '%U:%G %a' /srv/data)"
expect 33 "$(run packages cat /srv/data/uid)"
# A cache of packages made by root in the image belongs to root outside too:
# the image is the same for whoever built it.
expect '0/0 33/33' "$("$STRAKE" export packages | tar -tv --numeric-owner |
  awk '$6 ~ "^(repo|srv/data)/$" { print $2 }' | sort | xargs)"
expect_no_traces
