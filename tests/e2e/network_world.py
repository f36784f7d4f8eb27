"""A world for a host of its own: a web server and a DNS server.

python3 network_world.py ADDRESS says who asked on port 80 and answers every
question on port 53 with 198.51.100.2; "loopback" is a host's resolver instead,
on 127.0.0.1 alone, with a web server on 127.0.0.1:8080, one on port 8081 of all
addresses, and an abstract socket. Both write "ready" once they listen.
"""
import http.server
import socket
import struct
import sys
import threading


class Web(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = f"you are {self.client_address[0]}\n".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def answer(question):
    """One A record for A questions, none for others."""
    end = 12
    while question[end]:
        end += question[end] + 1
    kind = struct.unpack("!H", question[end + 1 : end + 3])[0]
    count = 1 if kind == 1 else 0
    head = question[:2] + struct.pack("!HHHHH", 0x8180, 1, count, 0, 0)
    record = b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 60, 4)
    record += socket.inet_aton("198.51.100.2")
    return head + question[12 : end + 5] + record * count


def serve_datagrams(server):
    while True:
        question, asker = server.recvfrom(4096)
        server.sendto(answer(question), asker)


def serve_streams(server):
    while True:
        connection, _ = server.accept()
        size = struct.unpack("!H", connection.recv(2, socket.MSG_WAITALL))[0]
        reply = answer(connection.recv(size, socket.MSG_WAITALL))
        connection.sendall(struct.pack("!H", len(reply)) + reply)
        connection.close()


def start(serve, *args):
    threading.Thread(target=serve, args=args, daemon=True).start()


def web(address, port):
    server = http.server.ThreadingHTTPServer((address, port), Web)
    start(server.serve_forever)


where = "127.0.0.1" if sys.argv[1] == "loopback" else sys.argv[1]
datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
datagrams.bind((where, 53))
start(serve_datagrams, datagrams)
start(serve_streams, socket.create_server((where, 53)))
if sys.argv[1] == "loopback":
    web("127.0.0.1", 8080)
    web("0.0.0.0", 8081)
    abstract = socket.socket(socket.AF_UNIX)
    abstract.bind("\0strake-abstract")
    abstract.listen()
else:
    web(where, 80)
print("ready", flush=True)
threading.Event().wait()
