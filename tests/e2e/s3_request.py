#!/usr/bin/env python3
"""One signed request to an S3, for tests that look into its buckets.

    s3_request.py METHOD /BUCKET[/KEY][?QUERY] [FILE]

$S3_ENDPOINT is where it is, $AWS_ACCESS_KEY_ID and $AWS_SECRET_ACCESS_KEY who
asks, $AWS_REGION which region. FILE is the body. Prints the reply's body; a
status of 300 and more is told on standard error, and the exit code is 1.
"""
import datetime
import hashlib
import hmac
import os
import sys
import urllib.error
import urllib.parse
import urllib.request

method, target = sys.argv[1:3]
body = open(sys.argv[3], "rb").read() if len(sys.argv) > 3 else b""
endpoint = os.environ["S3_ENDPOINT"]
region = os.environ.get("AWS_REGION", "us-east-1")
path, _, query = target.partition("?")
path = urllib.parse.quote(path, safe="/-_.~")
query = "&".join(sorted("%s=%s" % tuple(
    urllib.parse.quote(word, safe="-_.~") for word in pair)
    for pair in urllib.parse.parse_qsl(query, True)))
moment = datetime.datetime.utcnow().strftime("%Y%m%dT%H%M%SZ")
hashed = hashlib.sha256(body).hexdigest()
headers = {"host": urllib.parse.urlsplit(endpoint).netloc,
           "x-amz-content-sha256": hashed, "x-amz-date": moment}
names = ";".join(sorted(headers))
canonical = "\n".join([
    method, path, query,
    "".join("%s:%s\n" % item for item in sorted(headers.items())),
    names, hashed])
scope = f"{moment[:8]}/{region}/s3/aws4_request"
key = ("AWS4" + os.environ["AWS_SECRET_ACCESS_KEY"]).encode()
for part in scope.split("/"):
    key = hmac.digest(key, part.encode(), "sha256")
to_sign = "\n".join(["AWS4-HMAC-SHA256", moment, scope,
                     hashlib.sha256(canonical.encode()).hexdigest()])
headers["authorization"] = (
    "AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%s" % (
        os.environ["AWS_ACCESS_KEY_ID"], scope, names,
        hmac.digest(key, to_sign.encode(), "sha256").hex()))
request = urllib.request.Request(
    endpoint + path + ("?" + query if query else ""), body or None, headers,
    method=method)
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
try:
    with opener.open(request) as reply:
        sys.stdout.buffer.write(reply.read())
except urllib.error.HTTPError as error:
    sys.stderr.write("%s %s\n%s\n" % (
        method, error, error.read().decode(errors="replace")))
    sys.exit(1)
