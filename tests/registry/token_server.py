#!/usr/bin/env python3
"""A token service whose tokens docker-registry accepts.

    token_server.py KEY CERTIFICATE LOG [OPTION...]

Listens on a free port of 127.0.0.1, prints it. Tokens are JWTs, RS256 with
KEY's signature and CERTIFICATE in their "x5c" (distribution's
docs/spec/auth/jwt.md); who asks, and what for, is what oci_registry.py says:
ann, "secret", "refresh-ann". Who asks for offline_token=true gets that one.

    lasts=N     seconds that a token does for (300)
    tls=F       with TLS; F has certificate and key
"""
import base64
import json
import secrets
import ssl
import subprocess
import sys
import time
import urllib.parse

from request_handler import RequestHandler, Server

key, certificate, log, *words = sys.argv[1:]
options = dict(word.split("=", 1) for word in words)


def encode(content):
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


with open(certificate, encoding="ascii") as pem:
    chain = [base64.b64encode(ssl.PEM_cert_to_DER_cert(pem.read())).decode()]
head = encode(json.dumps({"typ": "JWT", "alg": "RS256", "x5c": chain}).encode())


def sign(claims):
    text = head + "." + encode(json.dumps(claims).encode())
    signature = subprocess.run(
        ["openssl", "dgst", "-sha256", "-sign", key], input=text.encode(),
        stdout=subprocess.PIPE, check=True).stdout
    return text + "." + encode(signature)


class Handler(RequestHandler):
    log = log
    server_name = "token"

    def do_GET(self):
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
        name = password = None
        value = self.headers.get("Authorization", "")
        if value.startswith("Basic "):
            name, _, password = base64.b64decode(
                value[6:]).decode().partition(":")
        self.give(query, query.get("scope", []), name,
                  (name, password) == ("ann", "secret"))

    def do_POST(self):
        form = urllib.parse.parse_qs(self.read_body().decode())
        is_ann = form.get("refresh_token") == ["refresh-ann"] or \
            form.get("password") == ["secret"]
        self.give(form, " ".join(form.get("scope", [])).split(), "ann", is_ann)

    def give(self, form, scopes, name, is_known):
        if form.get("service") != ["test-registry"] or (name and not is_known):
            return self.reply(401)
        access = []
        for scope in scopes:
            kind, _, rest = scope.partition(":")
            where, _, actions = rest.rpartition(":")
            granted = [action for action in actions.split(",") if is_known or (
                action == "pull" and not where.startswith("secret/"))]
            access.append({"type": kind, "name": where, "actions": granted})
        now = int(time.time())
        lasts = int(options.get("lasts", 300))
        token = sign({"iss": "test-issuer", "sub": name or "",
                      "aud": "test-registry", "iat": now, "nbf": now - 10,
                      "exp": now + lasts, "jti": secrets.token_hex(8),
                      "access": access})
        answer = {"token": token, "access_token": token, "expires_in": lasts}
        if is_known and "true" in form.get("offline_token", []):
            answer["refresh_token"] = "refresh-ann"
        return self.reply(200, json.dumps(answer).encode(),
                          content_type="application/json")


server = Server(("127.0.0.1", 0), Handler)
if "tls" in options:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(options["tls"])
    server.socket = context.wrap_socket(server.socket, server_side=True)
sys.stdout.write("%d\n" % server.server_address[1])
sys.stdout.flush()
server.serve_forever()
