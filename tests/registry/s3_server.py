#!/usr/bin/env python3
"""An S3 that checks signatures and is as bad as its bucket's name says.

    s3_server.py LOG [CERTIFICATE]

Keeps objects in memory and serves them on a free port of 127.0.0.1, by path or
as BUCKET.localhost, with TLS when it is given a file with key and certificate;
prints the port once it listens. Each request becomes a line of LOG: "METHOD
PATH status name=value...", with those headers that matter.

Keys: "AKIDTEST" with "test/secret+key"; "ASIATEST" with "temporary" and the
session token "the=token". The signatures are made here once more from what has
arrived, after AWS's "Create a signed AWS API request".

    plain          all that S3 can do
    old            knows no conditions: ignores them
    older          refuses them as NotImplemented
    paged          lists two keys at a time
    endless        lists pages without an end
    frankfurt      is in eu-central-1: 301 elsewhere, without a body
    milan          is in eu-south-1: 400 AuthorizationHeaderMalformed elsewhere
    moved          307 to the bucket "plain" of localhost
    downgraded     307 to http://
    skewed         an hour ahead of everybody
    busy           every other request is 503 SlowDown
    cut            every other GET ends in the middle
    swapped        the same, and then the object is another one
    deaf           does what it is asked, but says so only the second time
    late           the first end of an upload is 200 and yet an error
    broken         every end of an upload is
    full           takes one part of an upload, then refuses
    private        403 AccessDenied
    weary          says that tokens have expired
    page           answers with a page for people
"""
import datetime
import email.utils
import hashlib
import hmac
import http.server
import re
import ssl
import sys
import threading
import time
import urllib.parse
from xml.sax.saxutils import escape

log = sys.argv[1]
secrets = {"AKIDTEST": ("test/secret+key", None),
           "ASIATEST": ("temporary", "the=token")}
regions = {"frankfurt": "eu-central-1", "milan": "eu-south-1"}
buckets = set(re.findall(r"^    (\w+) ", __doc__, re.M))
objects = {}  # (bucket, key): (bytes, etag, time)
uploads = {}  # id: (bucket, key, {number: bytes})
seen = {}
lock = threading.RLock()


def count(*key):
    with lock:
        seen[key] = seen.get(key, 0) + 1
        return seen[key]


def etag_of(content):
    return '"%s"' % hashlib.md5(content).hexdigest()


class Refusal(Exception):
    def __init__(self, status, code, text="it is refused", extra="", headers=()):
        self.status, self.headers = status, headers
        self.body = ("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>%s"
                     "</Code><Message>%s</Message>%s</Error>" %
                     (code, escape(text), extra)).encode() if code else b""


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *words):
        pass

    def date_time_string(self, timestamp=None):
        ahead = 3600 if self.bucket == "skewed" else 0
        return email.utils.formatdate(time.time() + ahead, usegmt=True)

    def reply(self, status, body=b"", headers=(), length=None):
        words = [self.command, self.path, str(status)]
        for name in ("Host", "Range", "If-Match", "If-None-Match",
                     "X-Amz-Content-Sha256", "Content-Type"):
            if name in self.headers:
                words.append(f"{name}={self.headers[name]}")
        with lock, open(log, "a", encoding="latin-1") as file:
            file.write(" ".join(words) + "\n")
        if self.bucket == "deaf" and self.command != "GET" \
                and self.command != "HEAD" and status < 300 \
                and count(self.command, self.path) == 1:
            self.close_connection = True
            return
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length",
                         str(len(body) if length is None else length))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def handle_one(self):
        self.bucket = ""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        url = urllib.parse.urlsplit(self.path)
        path = urllib.parse.unquote(url.path)
        host = self.headers["Host"].split(":")[0]
        if host.endswith(".localhost"):
            path = "/" + host.split(".")[0] + path
        _, self.bucket, self.key = (path + "/").split("/", 2)
        self.key = self.key[:-1]
        self.query = dict(urllib.parse.parse_qsl(url.query, True))
        try:
            if self.bucket == "page":
                return self.reply(200, b"<html><p>Log in<br></html>")
            self.behave()
            self.verify(url, body)
            getattr(self, "on_" + self.command)(body)
        except Refusal as refusal:
            self.reply(refusal.status, refusal.body, refusal.headers)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = handle_one

    def behave(self):
        bucket = self.bucket
        if bucket not in buckets:
            raise Refusal(404, "NoSuchBucket", "The bucket does not exist")
        if bucket == "private":
            raise Refusal(403, "AccessDenied", "Access Denied")
        if bucket == "skewed":
            raise Refusal(403, "RequestTimeTooSkewed", "too large")
        if bucket == "weary":
            raise Refusal(400, "ExpiredToken", "The token has expired.")
        if bucket == "busy" and count("busy") % 2:
            raise Refusal(503, "SlowDown", "Please reduce your request rate.")
        port = self.server.server_address[1]
        if bucket == "moved":
            to = "http://localhost:%d%s" % (
                port, self.path.replace("/moved", "/plain", 1))
            raise Refusal(307, "TemporaryRedirect", headers=[("Location", to)])
        if bucket == "downgraded":
            raise Refusal(307, "TemporaryRedirect",
                          headers=[("Location", "http://127.0.0.1:%d/" % port)])

    def verify(self, url, body):
        words = re.fullmatch(
            r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/s3/"
            r"aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})",
            self.headers.get("Authorization", ""))
        if not words:
            raise Refusal(403, "AccessDenied", "no signature")
        identity, day, region, names, signature = words.groups()
        home = regions.get(self.bucket, "us-east-1")
        if region != home and self.bucket == "milan":
            raise Refusal(400, "AuthorizationHeaderMalformed",
                          "the region is wrong",
                          "<Region>%s</Region>" % home)
        if region != home:
            raise Refusal(301, "" if self.command == "HEAD" else
                          "PermanentRedirect",
                          headers=[("x-amz-bucket-region", home)])
        if identity not in secrets:
            raise Refusal(403, "InvalidAccessKeyId", "who is this?")
        secret, token = secrets[identity]
        if self.headers.get("X-Amz-Security-Token") != token:
            raise Refusal(400, "InvalidToken", "The token is not valid.")
        moment = self.headers.get("X-Amz-Date", "")
        then = datetime.datetime.strptime(moment, "%Y%m%dT%H%M%SZ")
        if abs((datetime.datetime.utcnow() - then).total_seconds()) > 900 or \
                not moment.startswith(day):
            raise Refusal(403, "RequestTimeTooSkewed", "too large")
        hashed = self.headers.get("X-Amz-Content-Sha256", "")
        if hashed == "UNSIGNED-PAYLOAD":
            if len(sys.argv) < 3:
                raise Refusal(400, "InvalidRequest", "unsigned without TLS")
        elif hashed != hashlib.sha256(body).hexdigest():
            raise Refusal(400, "XAmzContentSHA256Mismatch", "another body")
        signed = names.split(";")
        for name in self.headers:  # what must be signed where it is sent
            low = name.lower()
            if (low.startswith("x-amz-") or low in ("host", "content-type")) \
                    and low not in signed:
                raise Refusal(403, "AccessDenied", name + " is not signed")
        query = "&".join(sorted(
            "%s=%s" % tuple(urllib.parse.quote(word, safe="-_.~")
                            for word in pair)
            for pair in urllib.parse.parse_qsl(url.query, True)))
        canonical = "\n".join([
            self.command,
            urllib.parse.quote(urllib.parse.unquote(url.path), safe="/-_.~"),
            query,
            "".join("%s:%s\n" % (name, ",".join(
                re.sub(" +", " ", value.strip())
                for value in self.headers.get_all(name))) for name in signed),
            names, hashed])
        key = ("AWS4" + secret).encode()
        for part in (day, region, "s3", "aws4_request"):
            key = hmac.digest(key, part.encode(), "sha256")
        text = "\n".join(["AWS4-HMAC-SHA256", moment,
                          f"{day}/{region}/s3/aws4_request",
                          hashlib.sha256(canonical.encode()).hexdigest()])
        if hmac.digest(key, text.encode(), "sha256").hex() != signature:
            raise Refusal(403, "SignatureDoesNotMatch", "another signature")

    def find(self):
        with lock:
            found = objects.get((self.bucket, self.key))
        if not found:
            raise Refusal(404, "" if self.command == "HEAD" else "NoSuchKey",
                          "The specified key does not exist.")
        return found

    def headers_of(self, etag, when):
        return [("ETag", etag),
                ("Last-Modified", email.utils.formatdate(when, usegmt=True))]

    def on_HEAD(self, _):
        content, etag, when = self.find()
        self.reply(200, headers=self.headers_of(etag, when),
                   length=len(content))

    def on_GET(self, _):
        if not self.key:
            return self.list()
        content, etag, when = self.find()
        if self.headers.get("If-Match", etag) != etag:
            raise Refusal(412, "PreconditionFailed")
        status, headers = 200, self.headers_of(etag, when)
        begin = 0
        if "Range" in self.headers:
            begin = int(self.headers["Range"].split("=")[1].rstrip("-"))
            status = 206
            headers.append(("Content-Range", "bytes %d-%d/%d" % (
                begin, len(content) - 1, len(content))))
        part = content[begin:]
        if self.bucket in ("cut", "swapped") and count(self.path) % 2:
            self.reply(status, part[:len(part) // 2], headers, len(part))
            self.close_connection = True
            if self.bucket == "swapped":
                self.store(self.key, content + b"!")
        else:
            self.reply(status, part, headers)

    def store(self, key, content):
        with lock:
            objects[self.bucket, key] = (content, etag_of(content), time.time())

    def check_conditions(self):
        if self.bucket == "old":
            return
        asked = {"If-None-Match", "If-Match"} & set(self.headers)
        if asked and self.bucket == "older":
            raise Refusal(501, "NotImplemented", "what is this?")
        with lock:
            there = objects.get((self.bucket, self.key))
        if "If-None-Match" in self.headers and there:
            raise Refusal(412, "PreconditionFailed")
        if "If-Match" in self.headers and (
                not there or there[1] != self.headers["If-Match"]):
            raise Refusal(412 if there else 404, "PreconditionFailed")

    def on_PUT(self, body):
        if "partNumber" in self.query:
            return self.put_part(body)
        source = self.headers.get("X-Amz-Copy-Source")
        if source:
            if urllib.parse.unquote(source) != "/%s/%s" % (self.bucket,
                                                           self.key):
                raise Refusal(400, "InvalidArgument", "another source")
            self.store(self.key, self.find()[0])
            return self.reply(200, b"<CopyObjectResult></CopyObjectResult>")
        self.check_conditions()
        self.store(self.key, body)
        self.reply(200, headers=[("ETag", etag_of(body))])

    def upload(self):
        with lock:
            found = uploads.get(self.query["uploadId"])
        if not found:
            raise Refusal(404, "NoSuchUpload", "The upload does not exist.")
        return found

    def put_part(self, body):
        parts = self.upload()[2]
        if self.bucket == "full" and parts:
            raise Refusal(403, "QuotaExceeded", "there is no more room")
        parts[int(self.query["partNumber"])] = body
        self.reply(200, headers=[("ETag", etag_of(body))])

    def on_POST(self, body):
        if "uploads" in self.query:
            identity = "upload/+%d" % count("uploads")
            with lock:
                uploads[identity] = (self.bucket, self.key, {})
            return self.reply(200, (
                "<InitiateMultipartUploadResult><UploadId>%s</UploadId>"
                "</InitiateMultipartUploadResult>" % identity).encode())
        parts = self.upload()[2]
        asked = re.findall(r"<PartNumber>(\d+)</PartNumber><ETag>([^<]*)",
                           body.decode())
        if self.bucket == "broken" or \
                self.bucket == "late" and count("late") == 1:
            code = "InvalidPart" if self.bucket == "broken" else "InternalError"
            return self.reply(200, Refusal(0, code).body)
        content = b""
        for place, (number, etag) in enumerate(asked, 1):
            part = parts[int(number)]
            if etag.replace("&quot;", '"') != etag_of(part) or \
                    place < len(asked) and len(part) < 5 << 20 or \
                    place != int(number):
                raise Refusal(400, "InvalidPart", "it is another part")
            content += part
        self.store(self.key, content)
        with lock:
            del uploads[self.query["uploadId"]]
        self.reply(200, b"  \n<?xml version=\"1.0\"?>\n"
                   b"<CompleteMultipartUploadResult/>")

    def on_DELETE(self, _):
        with lock:
            if "uploadId" in self.query:
                self.upload()
                del uploads[self.query["uploadId"]]
            else:
                objects.pop((self.bucket, self.key), None)
        self.reply(204)

    def list(self):
        with lock:
            found = sorted((key, value) for (bucket, key), value
                           in objects.items() if bucket == self.bucket and
                           key.startswith(self.query.get("prefix", "")))
        after = self.query.get("continuation-token", "")[1:]
        rest = [item for item in found if item[0] > after]
        page = rest[:2] if self.bucket == "paged" else rest
        token = ""
        if len(page) < len(rest):
            token = "/" + page[-1][0]
        if self.bucket == "endless":
            token = "/%d" % (count("endless") % 3)
        text = "".join(
            "<Contents><Key>%s</Key><LastModified>2026-01-02T03:04:05.678Z"
            "</LastModified><ETag>%s</ETag><Size>%d</Size></Contents>" %
            (urllib.parse.quote_plus(key), escape(value[1], {'"': "&quot;"}),
             len(value[0])) for key, value in page)
        self.reply(200, (
            "<?xml version=\"1.0\"?>\n<ListBucketResult xmlns=\"x\"><EncodingType>"
            "url</EncodingType>%s<IsTruncated>%s</IsTruncated>%s"
            "</ListBucketResult>" % (
                text, "true" if token else "false",
                "<NextContinuationToken>%s</NextContinuationToken>" %
                escape(token) if token else "")).encode())


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass  # clients leave when they like


server = Server(("127.0.0.1", 0), Handler)
if len(sys.argv) > 2:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[2])
    server.socket = context.wrap_socket(server.socket, server_side=True)
sys.stdout.write("%d\n" % server.server_address[1])
sys.stdout.flush()
server.serve_forever()
