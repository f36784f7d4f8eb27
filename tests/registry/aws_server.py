#!/usr/bin/env python3
"""Those who give out temporary credentials on AWS, on one port.

    aws_server.py LOG

The instance's metadata service (IMDSv2: a token first), the container's
endpoint at /container (with "Authorization: container-token"), the token
service at / (the web identity "good-identity"). What they give out runs out in
an hour; at /soon, in a minute. Each request is a line of LOG: "METHOD PATH
status".
"""
import datetime
import http.server
import json
import sys
import threading
import urllib.parse

lock = threading.Lock()


def ends(seconds):
    time = datetime.datetime.utcnow() + datetime.timedelta(seconds=seconds)
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def credentials(name, seconds=3600):
    return {"AccessKeyId": "AKID-" + name, "SecretAccessKey": "secret-" + name,
            "Token": "token-" + name, "Expiration": ends(seconds)}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *words):
        pass

    def reply(self, status, text=""):
        with lock, open(sys.argv[1], "a") as file:
            file.write(f"{self.command} {self.path} {status}\n")
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def do_PUT(self):
        if self.path != "/latest/api/token" or \
                not self.headers.get("X-aws-ec2-metadata-token-ttl-seconds"):
            return self.reply(400)
        return self.reply(200, "the-imds-token")

    def do_GET(self):
        roles = "/latest/meta-data/iam/security-credentials/"
        if self.path.startswith("/latest/"):
            if self.headers.get("X-aws-ec2-metadata-token") != "the-imds-token":
                return self.reply(401)
            if self.path == roles:
                return self.reply(200, "the role")
            if self.path == roles + "the%20role":
                return self.reply(200, json.dumps(credentials("instance")))
        if self.path == "/container":
            if self.headers.get("Authorization") != "container-token":
                return self.reply(401)
            return self.reply(200, json.dumps(credentials("container")))
        if self.path == "/soon":
            return self.reply(200, json.dumps(credentials("soon", 60)))
        if self.path == "/nonsense":
            return self.reply(200, "[1, 2")
        return self.reply(404)

    def do_POST(self):
        size = int(self.headers.get("Content-Length", 0))
        asked = dict(urllib.parse.parse_qsl(self.rfile.read(size).decode()))
        if asked.get("Action") != "AssumeRoleWithWebIdentity" or \
                asked.get("Version") != "2011-06-15":
            return self.reply(400)
        if asked.get("WebIdentityToken") != "good-identity":
            return self.reply(400, "<ErrorResponse><Error><Code>"
                              "InvalidIdentityToken</Code><Message>it is not "
                              "known</Message></Error></ErrorResponse>")
        found = credentials("role")
        return self.reply(200, (
            "<AssumeRoleWithWebIdentityResponse xmlns=\"x\">"
            "<AssumeRoleWithWebIdentityResult><Credentials><SessionToken>%s:%s"
            "</SessionToken><SecretAccessKey>%s</SecretAccessKey><Expiration>"
            "%s</Expiration><AccessKeyId>%s</AccessKeyId></Credentials>"
            "</AssumeRoleWithWebIdentityResult>"
            "</AssumeRoleWithWebIdentityResponse>") % (
                asked["RoleArn"], asked["RoleSessionName"],
                found["SecretAccessKey"], found["Expiration"],
                found["AccessKeyId"]))


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True


server = Server(("127.0.0.1", 0), Handler)
sys.stdout.write("%d\n" % server.server_address[1])
sys.stdout.flush()
server.serve_forever()
