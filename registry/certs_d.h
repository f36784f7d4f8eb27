// Whom to believe, and what to prove oneself with, at one registry: Docker's
// certs.d (docs.docker.com, "Verify repository client with certificates"),
// containers-certs.d(5).
//
// A registry "host[:port]" has a directory of that name. In it *.crt are
// authorities (PEM) beside the machine's own, and NAME.cert with NAME.key is a
// client certificate. The first of these that has the directory counts, alone:
//   ~/.config/containers/certs.d, ~/.config/docker/certs.d, ~/.docker/certs.d,
//   /etc/containers/certs.d, /etc/docker/certs.d
#pragma once

#include <string>

#include "registry/config_places.h"
#include "registry/http_client.h"

namespace registry {

// What the directory of `registry` says; nothing where there is none or it may
// not be looked into. Throws: invalid_input for half a client certificate, for
// an authority that is no PEM; unsupported for several client certificates;
// denied, system. The text names the file.
TlsSettings read_tls_settings(const ConfigPlaces& places,
                              const std::string& registry);

}  // namespace registry
