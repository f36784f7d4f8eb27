#!/usr/bin/env python3
"""A registry in memory: OCI distribution-spec v1.1, and its bad habits.

    oci_registry.py LOG [OPTION...]

Listens on two free ports of 127.0.0.1, prints "REGISTRY OTHER". The other one
is another server to a client: it has the token service, and the blobs that the
registry redirects to; it refuses a GET of those that has an Authorization.
Each request becomes a line of LOG, as request_handler.py says; SERVER is
"registry" or "other".

Users: ann, whose password is "secret" and whose refresh token "refresh-ann";
she may do everything. Nobody else may, but pull what is not in secret/.

    basic           wants Basic credentials
    token           wants tokens, for the scopes of what is asked
    token-uses=N    a token does for N requests
    token-lasts=N   and for N seconds, which is said
    same-token      the service gives one token for ever
    pages=N         lists have N entries a page
    no-referrers    has no referrers API
    no-digest       says no Docker-Content-Digest
    no-head-length  nor a Content-Length in replies to HEAD
    no-mount        begins an upload where a mount is asked for
    mount-fails=N   answers N to a mount
    absolute        locations are whole addresses
    query           locations have a query
    redirect        blobs are at the other server
    loop            blobs are redirected for ever
    no-ranges       gives all of a blob, whatever was asked for
    wrong-range     gives another part than was asked for
    cut-blobs=N     the first N replies with a blob end in the middle
    cut-uploads=N   the first N bodies of uploads are cut in the middle
    cut-at=N        after N bytes (40000)
    forgets         keeps nothing of a body that was cut
    loses=N         the first N uploads are unknown when bytes come
    lost-replies=N  the first N commits are done, and not answered
    thinks=N        answers to the end of an upload after N seconds
    busy=N          the first N requests get 429, "Retry-After: 1"; who comes
                    back earlier gets 400
    busy-for=N      the same with N seconds
    dated           and as a date
    most-body=N     bodies of more than N bytes get 413
    token-moves=TO  the service leads to another address: "own", one of the
                    "registry", which gives tokens as well, or in a "circle";
                    with "clear" it is the registry, and leads out of its TLS
    token-busy=N    the first N of the token service 503, the same
    chunk-min=N     OCI-Chunk-Min-Length
    circle          the last page of a list leads to the first
    endless         blobs have no end
    index           can be searched: /v1/search, as docker.io's index; what
                    has more tags has more stars, and library/ is official
    no-catalog      does not list what it has
    pages-for-people  has HTML for what it does not know, and calls it good
    html            the same for each GET of a manifest or blob
    trusting        keeps blobs by the digest that is said, and as a manifest
                    whatever comes
    moves=N         bodies of uploads are to go to the other server, by status N
    says-range=TEXT  what Range says of uploads
    here=URL        what locations of uploads begin with
    tls=FILE        the registry has TLS, with the certificate and key in FILE
    trickle         manifests come a byte at a time, ten a second
    slow-blobs      blobs come fifty bytes at a time, ten times a second
    wrong-blobs     layers are other bytes of the same length
    yes             calls everything good, and keeps nothing
    bulky           errors come with 100 kB of blanks behind them
    says=TEXT       to manifests: 400, with TEXT for its message
    with=N          N in place of 400
"""
import base64
import email.utils
import hashlib
import json
import math
import re
import ssl
import sys
import threading
import time
import urllib.parse

from request_handler import RequestHandler, Server, lock

log, *words = sys.argv[1:]
options = {name: value for name, _, value in (w.partition("=") for w in words)}
most_body = int(options.get("most-body", 1 << 62))
left = {name: int(value) for name, value in options.items() if value.isdigit()}
blobs, manifests, tags, uploads, tokens, busy = {}, {}, {}, {}, {}, {}
ports = []


def take(name):
    """Whether it is still to be done, of what is done some times."""
    with lock:
        left[name] = left.get(name, 0) - 1
        return left[name] >= 0


def repositories():
    return sorted({name for name, _ in tags})


def digest_of(content):
    return "sha256:" + hashlib.sha256(content).hexdigest()


class Handler(RequestHandler):
    log = log

    def error(self, status, code, message="", **headers):
        body = json.dumps({"errors": [{"code": code, "message": message}]})
        if "bulky" in options:
            body += " " * 100_000
        self.reply(status, body.encode(), content_type="application/json",
                   **headers)

    def handle_one(self):
        self.has_read = False
        if "yes" in options:
            return self.reply(200, b"<html>", content_type="text/html",
                              content_length=None, connection="close",
                              location=f"{self.path}?and=more")
        parts = urllib.parse.urlsplit(self.path)
        self.query = dict(urllib.parse.parse_qsl(parts.query))
        self.scopes = urllib.parse.parse_qs(parts.query).get("scope", [])
        return self.route(urllib.parse.unquote(parts.path))

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = handle_one

    def trickle(self, content, size, status=200, **headers):
        """So many bytes, ten times a second."""
        self.reply(status, b"", content_length=len(content), **headers)
        for at in range(0, len(content), size):
            self.wfile.write(content[at:at + size])
            time.sleep(0.1)

    def user_of_basic(self):
        value = self.headers.get("Authorization", "")
        if not value.startswith("Basic "):
            return None
        return base64.b64decode(value[6:]).decode() == "ann:secret"

    def give_token(self):
        field = self.query
        scopes = self.scopes
        is_ann = self.user_of_basic()
        if self.command == "POST":
            field = dict(urllib.parse.parse_qsl(self.read_body().decode()))
            scopes = field.get("scope", "").split()
            is_ann = field.get("refresh_token") == "refresh-ann"
        if is_ann is False or field.get("service") != "test-registry":
            return self.error(401, "DENIED")
        if take("token-busy"):
            return self.reply(503, retry_after=1)
        granted = set()
        for scope in scopes:
            _, name, actions = scope.split(":")
            for action in actions.split(","):
                if is_ann or (action == "pull" and
                              not name.startswith("secret/")):
                    granted.add((name, action))
        with lock:
            token = "one" if "same-token" in options else \
                f"token-{len(tokens)}"
            lasts = float(options.get("token-lasts", 300))
            tokens[token] = [granted, int(options.get("token-uses", 1 << 30)),
                             time.monotonic() + lasts]
        answer = {"token": token, "scopes": scopes}
        if "token-lasts" in options:
            answer["expires_in"] = lasts
        self.reply(200, json.dumps(answer).encode())


class Uploads(Handler):
    def refuse_size(self):
        """Before all of the body has come, as proxies do."""
        self.note(413)
        self.send_response(413)
        self.send_header("Content-Length", "0")
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.flush()
        for _ in self.body_parts():
            pass
        self.close_connection = True

    def keep(self, name, digest, content):
        with lock:
            blobs[name, digest] = blobs[digest] = content

    def location(self, name, upload):
        path = f"/v2/{name}/blobs/uploads/{upload}"
        if "query" in options:
            path += "?_state=a%2Fb"
        if "here" in options:
            path = options["here"] + path
        if "absolute" in options:
            path = f"http://127.0.0.1:{ports[0]}{path}"
        return path

    def upload(self, name, upload):
        if "moves" in options and self.server_name == "registry" and \
                "begin" not in self.query:
            return self.move()
        if self.command == "POST":
            return self.start_upload(name)
        if upload not in uploads or (self.command in ("PATCH", "PUT") and
                                     take("loses")):
            uploads.pop(upload, None)
            return self.error(404, "BLOB_UPLOAD_UNKNOWN", "upload unknown")
        if self.command == "DELETE":
            del uploads[upload]
            return self.reply(204)
        if self.command in ("PATCH", "PUT") and not self.receive(upload):
            return None
        size = len(uploads[upload])
        if self.command == "PUT":
            content = bytes(uploads.pop(upload))
            time.sleep(int(options.get("thinks", 0)))
            digest = self.query.get("digest")
            if digest_of(content) != digest and "trusting" not in options:
                return self.error(400, "DIGEST_INVALID", "other bytes")
            self.keep(name, digest, content)
            if take("lost-replies"):
                self.note(0)
                self.close_connection = True
                return None
            return self.reply(201, location=f"/v2/{name}/blobs/{digest}",
                              docker_content_digest=digest)
        status = 202 if self.command == "PATCH" else 204
        return self.reply(status, location=self.location(name, upload),
                          range=options.get("says-range",
                                            f"0-{max(size - 1, 0)}"))

    def move(self):
        """Elsewhere, with its body: said before that has come."""
        to = f"http://127.0.0.1:{ports[1]}{self.path}"
        if self.command == "POST":
            to = self.path + "?begin=1"
        self.has_read = True
        self.reply(int(options["moves"]), location=to)
        for _ in self.body_parts():
            pass

    def start_upload(self, name):
        source = (self.query.get("from"), self.query.get("mount"))
        if source[1] and "mount-fails" in options:
            return self.error(int(options["mount-fails"]), "UNSUPPORTED")
        if source in blobs and "no-mount" not in options:
            self.keep(name, source[1], blobs[source])
            return self.reply(201, location=f"/v2/{name}/blobs/{source[1]}")
        with lock:
            upload = f"upload-{len(uploads)}-{time.monotonic_ns()}"
            uploads[upload] = bytearray()
        return self.reply(202, location=self.location(name, upload),
                          range="0-0", oci_chunk_min_length=options.get(
                              "chunk-min"))

    def receive(self, upload):
        """The request's body; False when that was cut, or out of order."""
        begin = len(uploads[upload])
        asked = self.headers.get("Content-Range")
        if asked and int(asked.split("-")[0]) != begin:
            self.error(416, "RANGE_INVALID", location=self.location(
                "", upload), range=f"0-{max(begin - 1, 0)}")
            return False
        least = int(options.get("cut-at", 40_000))
        is_cut = self.headers.get("Content-Length") != "0" and \
            take("cut-uploads")
        for part in self.body_parts():
            uploads[upload] += part
            if len(uploads[upload]) - begin > most_body:
                del uploads[upload][begin:]
                self.refuse_size()
                return False
            if is_cut and len(uploads[upload]) - begin > least:
                if "forgets" in options:
                    del uploads[upload][begin:]
                self.note(0)
                self.close_connection = True
                return False
        return True


class Other(Uploads):
    """The token service, and blobs."""
    server_name = "other"

    def route(self, path):
        if path == "/token" and "token-moves" in options:
            return self.move_asker(options["token-moves"])
        if path in ("/token", "/moved"):
            return self.give_token()
        if "Authorization" in self.headers:
            return self.error(400, "INVALID", "one way to authorize at a time")
        if match := re.fullmatch(r"/v2/(.+)/blobs/uploads/([^/]+)", path):
            return self.upload(*match.groups())
        return send_blob(self, blobs.get(path.rsplit("/", 1)[-1]))

    def move_asker(self, place):
        location = self.path
        if place != "circle":
            location = location.replace("/token", "/moved")
        if place == "registry":
            location = f"http://127.0.0.1:{ports[0]}{location}"
        return self.reply(307, location=location)


def send_blob(handler, content):
    if content is None:
        return handler.error(404, "BLOB_UNKNOWN", "blob unknown to registry")
    if "endless" in options and handler.command == "GET":
        handler.note(200)
        handler.send_response(200)
        handler.end_headers()
        while True:
            handler.wfile.write(b"x" * 65536)
    if "wrong-blobs" in options and not content.startswith(b"{"):
        content = bytes(len(content))
    asked = re.fullmatch(r"bytes=(\d+)-(\d*)", handler.headers.get("Range", ""))
    headers = {"content_type": "application/octet-stream"}
    if "no-digest" not in options:
        headers["docker_content_digest"] = digest_of(content)
    status, part = 200, content
    if asked and "no-ranges" not in options:
        first = int(asked[1])
        last = min(int(asked[2] or len(content)), len(content) - 1)
        if first > last:
            return handler.error(416, "RANGE_INVALID")
        if "wrong-range" in options:
            first -= 1
        status, part = 206, content[first:last + 1]
        headers["content_range"] = f"bytes {first}-{last}/{len(content)}"
    if "slow-blobs" in options and handler.command == "GET":
        return handler.trickle(part, 50, status=status, **headers)
    if handler.command == "GET" and take("cut-blobs"):
        handler.close_connection = True
        return handler.reply(status, part[:len(part) // 2],
                             content_length=len(part), **headers)
    return handler.reply(status, part, **headers)


class Registry(Uploads):
    server_name = "registry"

    def route(self, path):
        if path == "/token":
            return self.reply(307, location=f"http://127.0.0.1:{ports[1]}"
                              f"{self.path.replace('/token', '/moved')}")
        if path == "/moved":
            return self.give_token()
        if path != "/v2/":
            if time.time() < busy.get("until", 0):
                return self.error(400, "TOOMANYREQUESTS", "too early")
            if take("busy"):
                return self.refuse_for_now()
        if self.is_too_large():
            return self.refuse_size()
        if path == "/v2/":
            return self.allow([]) and self.reply(200, b"{}")
        for pattern, method in (
                (r"/v2/(.+)/manifests/([^/]+)", self.manifest),
                (r"/v2/(.+)/blobs/uploads/([^/]*)", self.upload),
                (r"/v2/(.+)/blobs/([^/]+)", self.blob),
                (r"/v2/(.+)/tags/list", self.list_tags),
                (r"/v2/(.+)/referrers/([^/]+)", self.list_referrers)):
            if match := re.fullmatch(pattern, path):
                action = {"GET": "pull", "HEAD": "pull",
                          "DELETE": "delete"}.get(self.command, "push")
                needs = [(match[1], action)]
                if self.command == "POST" and "from" in self.query:
                    needs.append((self.query["from"], "pull"))
                if "/uploads/" in path:
                    needs[0] = (match[1], "push")
                return self.allow(needs) and method(*match.groups())
        return self.handle_whole(path)

    def refuse_for_now(self):
        busy["until"] = time.time() + int(options.get("busy-for", 1))
        says = options.get("busy-for", 1)
        if "dated" in options:
            busy["until"] = math.ceil(busy["until"])
            says = email.utils.formatdate(busy["until"], usegmt=True)
        self.reply(429, retry_after=says)

    def is_too_large(self):
        return int(self.headers.get("Content-Length", 0)) > most_body

    def handle_whole(self, path):
        """Of no one repository."""
        if path == "/v1/search" and "index" in options:
            return self.search()
        if path == "/v2/_catalog" and "no-catalog" not in options:
            return self.allow([("catalog", "*")], "registry") and \
                self.send_list("repositories", repositories(), {})
        if "pages-for-people" in options:
            return self.give_page()
        return self.error(404, "NOT_FOUND")

    def search(self):
        found = [{
            "name": name.removeprefix("library/"),
            "description": f"What {name} is about,\nin more words than a "
                           "table has room for",
            "star_count": sum(1 for other, _ in tags if other == name),
            "is_official": name.startswith("library/"), "is_automated": False,
        } for name in repositories() if self.query["q"] in name]
        self.reply(200, json.dumps({
            "query": self.query["q"], "num_results": len(found),
            "results": found[:int(self.query["n"])]}).encode())

    def allow(self, needs, kind="repository"):
        if "basic" in options:
            if self.user_of_basic():
                return True
            self.error(401, "UNAUTHORIZED", "authentication required",
                       www_authenticate='Basic realm="test"')
            return False
        if "token" not in options:
            return True
        value = self.headers.get("Authorization", "").removeprefix("Bearer ")
        with lock:
            granted, uses, ends = tokens.get(value, [set(), 0, 0])
            is_good = uses > 0 and time.monotonic() < ends and \
                granted.issuperset(needs)
            if is_good:
                tokens[value][1] -= 1
        if is_good:
            return True
        scope = " ".join(f"{kind}:{n}:{a}" for n, a in needs)
        realm = f"http://127.0.0.1:{ports[1]}/token"
        if options.get("token-moves") == "clear":
            realm = f"https://127.0.0.1:{ports[0]}/token"
        self.error(401, "UNAUTHORIZED", "authentication required",
                   www_authenticate=f'Bearer realm="{realm}",'
                   f'service="test-registry",scope="{scope}"')
        return False

    def give_page(self):
        self.reply(200, b"<html>Welcome!</html>", content_type="text/html")

    def manifest(self, name, reference):
        if "html" in options and self.command == "GET":
            return self.give_page()
        if "says" in options:
            return self.error(int(options.get("with", 400)),
                              "MANIFEST_INVALID", options["says"])
        if self.command == "PUT":
            return self.put_manifest(name, reference)
        digest = tags.get((name, reference), reference)
        found = manifests.get((name, digest))
        if found is None:
            return self.error(404, "MANIFEST_UNKNOWN", "manifest unknown")
        if self.command == "DELETE":
            del manifests[name, digest]
            return self.reply(202)
        content, kind = found
        if "trickle" in options and self.command == "GET":
            return self.trickle(content, 1, content_type=kind)
        says = None if "no-digest" in options else digest
        length = None if self.command == "HEAD" and \
            "no-head-length" in options else len(content)
        return self.reply(200, content, content_type=kind,
                          docker_content_digest=says, content_length=length)

    def put_manifest(self, name, reference):
        content = self.read_body()
        digest = digest_of(content)
        manifests[name, digest] = content, self.headers["Content-Type"]
        if ":" not in reference:
            tags[name, reference] = digest
        subject = "trusting" not in options and \
            json.loads(content).get("subject")
        self.reply(201, location=f"/v2/{name}/manifests/{digest}",
                   docker_content_digest=digest,
                   oci_subject=subject and subject["digest"]
                   if "no-referrers" not in options else None)

    def blob(self, name, digest):
        if "html" in options and self.command == "GET":
            return self.give_page()
        if (name, digest) not in blobs:
            return self.error(404, "BLOB_UNKNOWN", "blob unknown to registry")
        if self.command == "DELETE":
            del blobs[name, digest]
            return self.reply(202)
        if "loop" in options:
            return self.reply(307, location=self.path)
        if "redirect" in options and self.command == "GET":
            return self.reply(
                307, b"<a>elsewhere</a>",
                location=f"http://127.0.0.1:{ports[1]}/storage/{digest}")
        return send_blob(self, blobs[name, digest])

    def send_list(self, field, entries, more):
        size = int(options.get("pages", 1 << 30))
        first = int(self.query.get("first", 0))
        link = None
        rest = self.path.split("?")[0]
        if first + size < len(entries):
            link = f'<{rest}?first={first + size}>; rel="next"'
        elif "circle" in options:
            link = f'<{rest}?first=0>; rel="next"'
        body = json.dumps({**more, field: entries[first:first + size]})
        self.reply(200, body.encode(), content_type=more.get(
            "mediaType", "application/json"), link=link)

    def list_tags(self, name):
        self.send_list("tags", sorted(t for n, t in tags if n == name),
                       {"name": name})

    def list_referrers(self, name, digest):
        if "no-referrers" in options:
            return self.reply(404, b"404 page not found\n")
        found = []
        for (repository, own), (content, kind) in manifests.items():
            manifest = json.loads(content)
            if repository == name and \
                    manifest.get("subject", {}).get("digest") == digest:
                found.append({
                    "mediaType": kind, "digest": own, "size": len(content),
                    "artifactType": manifest.get("artifactType", "")})
        return self.send_list("manifests", found, {
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.index.v1+json"})


servers = [Server(("127.0.0.1", 0), kind) for kind in (Registry, Other)]
if "tls" in options:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(options["tls"])
    servers[0].socket = context.wrap_socket(servers[0].socket,
                                            server_side=True)
ports += [server.server_address[1] for server in servers]
sys.stdout.write("%d %d\n" % tuple(ports))
sys.stdout.flush()
threading.Thread(target=servers[1].serve_forever, daemon=True).start()
servers[0].serve_forever()
