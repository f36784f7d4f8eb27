"""A build cache at a registry, copied and changed so that something is wrong.

    hostile_cache.py REGISTRY FROM TO KIND

Repositories FROM and TO are on one registry, which takes anything
(oci_registry.py trusting). KIND is the name of a function below; they change
what is sent to TO.
"""
import functools
import gzip
import hashlib
import http.client
import io
import json
import subprocess
import sys
import tarfile

OCI = "application/vnd.oci.image."
registry, source, target, kind = sys.argv[1:]
connection = http.client.HTTPConnection(registry)


def ask(method, path, body=None, **headers):
    headers = {n.replace("_", "-"): v for n, v in headers.items()}
    connection.request(method, path, body, headers)
    reply = connection.getresponse()
    content = reply.read()
    if reply.status >= 300:
        sys.exit(f"{method} {path}: {reply.status}")
    return reply, content


def digest_of(content):
    return "sha256:" + hashlib.sha256(content).hexdigest()


def zstd(content):
    return subprocess.run(["zstd", "-qc"], input=content, check=True,
                          capture_output=True).stdout


@functools.cache
def bomb(program):
    """300 MB of blanks, which JSON may have."""
    return subprocess.run(f"head -c 300M /dev/zero | tr '\\0' ' ' | {program}",
                          shell=True, check=True, capture_output=True).stdout


blobs = {}
kind_of_manifest = OCI + "manifest.v1+json"
manifest = json.loads(ask("GET", f"/v2/{source}/manifests/latest",
                          Accept=kind_of_manifest)[1])
for blob in [manifest["config"], *manifest["layers"]]:
    blobs[blob["digest"]] = ask("GET", f"/v2/{source}/blobs/{blob['digest']}")[1]
cache = json.loads(blobs[manifest["config"]["digest"]])
# Where they are not None, these are sent in place of what is above.
manifest_text = None
cache_text = None


def put(content):
    """A blob; its descriptor, but for the type."""
    blobs[digest_of(content)] = content
    return {"digest": digest_of(content), "size": len(content)}


def lie(descriptor, content):
    """Other bytes under a digest."""
    blobs[descriptor["digest"]] = content


# The manifest
def manifest_of(text, media_type=kind_of_manifest):
    global manifest_text, kind_of_manifest
    manifest_text = text if isinstance(text, bytes) else json.dumps(text).encode()
    kind_of_manifest = media_type


def manifest_is_a_gzip_bomb(): manifest_of(bomb("gzip"))
def manifest_is_a_zstd_bomb(): manifest_of(bomb("zstd"))
def manifest_is_nothing(): manifest_of(b"")
def manifest_is_no_object(): manifest_of([])
def manifest_is_empty(): manifest_of({})
def manifest_is_deep(): manifest_of(b'{"layers":' + b"[" * 5_000_000)
def manifest_is_of_100_mb(): manifest_of(b'{"layers":[' + b" " * 100_000_000 + b"]}")


def manifest_is_an_image():
    config = put(json.dumps({"os": "linux", "architecture": "amd64", "rootfs": {
        "type": "layers", "diff_ids": []}}).encode())
    manifest_of({**manifest, "layers": [],
                 "config": {"mediaType": OCI + "config.v1+json", **config}})


def manifest_is_a_chart():
    manifest_of({**manifest, "config": {
        "mediaType": "application/vnd.cncf.helm.config.v1+json",
        **put(b'{"name": "app", "version": "1.0.0"}')}})


def manifest_is_an_empty_index():
    index = OCI + "index.v1+json"
    manifest_of({"schemaVersion": 2, "mediaType": index, "manifests": []}, index)


def manifest_is_an_index_of_nothing():
    index = OCI + "index.v1+json"
    manifest_of({"schemaVersion": 2, "mediaType": index, "manifests": [
        {"mediaType": kind_of_manifest, "digest": digest_of(b"no"), "size": 2}]},
        index)


# The key index
def keys_are(text):
    global cache_text
    cache_text = text


def keys_are_a_gzip_bomb(): keys_are(bomb("gzip"))
def keys_are_a_zstd_bomb(): keys_are(bomb("zstd"))
def keys_are_empty(): keys_are(b"{}")
def keys_are_deep(): keys_are(b'{"version":1,"records":' + b"[" * 500_000)
def keys_are_of_17_mb(): keys_are(b'{"version":1,"records":[' + b" " * (17 << 20) + b"]}")
def keys_are_missing(): del blobs[manifest["config"]["digest"]]
def keys_are_others(): lie(manifest["config"], b" " * manifest["config"]["size"])
def keys_are_shorter(): lie(manifest["config"], b"{}")


def keys_are_cut_and_said_so():
    lie(manifest["config"], b"{}")
    manifest["config"]["size"] = 2


def keys_have_a_wrong_size(): manifest["config"]["size"] += 1
def keys_have_a_huge_size(): manifest["config"]["size"] = 1 << 62
def keys_have_a_negative_size(): manifest["config"]["size"] = -1
def keys_have_no_digest(): manifest["config"]["digest"] = "sha256:../../etc/passwd"


# The layers' indexes
def indexes_are_zstd_bombs():
    for layer in cache["layers"]:
        layer["index"].update(put(bomb("zstd")))
        layer["index_bytes"] = 1 << 40


def indexes_are_gzip_bombs():
    for layer in cache["layers"]:
        layer["index"].update(put(bomb("gzip")))


def indexes_are_garbage():
    for layer in cache["layers"]:
        layer["index"].update(put(b"\0" * 100))


def indexes_are_of_others():
    found = [layer["index"] for layer in cache["layers"]]
    for layer, index in zip(cache["layers"], found[1:] + found[:1]):
        layer["index"] = index


def indexes_are_missing():
    for layer in cache["layers"]:
        blobs.pop(layer["index"]["digest"], None)


def indexes_are_other_bytes():
    for layer in cache["layers"]:
        lie(layer["index"], b" " * layer["index"]["size"])


def indexes_have_huge_sizes():
    for layer in cache["layers"]:
        layer["index"]["size"] = 1 << 49


# The layers
def layers_are_gzip_bombs():
    for layer in cache["layers"]:
        layer["blob"].update(put(bomb("gzip")))


def layers_are_zstd_bombs():
    for layer in cache["layers"]:
        layer["blob"].update(put(bomb("zstd")))
        layer["tar_bytes"] = 1 << 49


def layers_are_missing():
    for layer in cache["layers"]:
        blobs.pop(layer["blob"]["digest"], None)


def layers_are_other_bytes():
    for layer in cache["layers"]:
        content = bytearray(blobs[layer["blob"]["digest"]])
        content[len(content) // 2] ^= 1
        lie(layer["blob"], bytes(content))


def layers_are_cut():
    for layer in cache["layers"]:
        content = blobs[layer["blob"]["digest"]]
        lie(layer["blob"], content[:len(content) // 2])


def layers_are_cut_and_said_so():
    for layer in cache["layers"]:
        content = blobs[layer["blob"]["digest"]]
        layer["blob"].update(put(content[:len(content) // 2]))


def layers_have_a_wrong_size():
    for layer in cache["layers"]:
        layer["blob"]["size"] += 1


def layers_are_others():
    found = [layer["blob"] for layer in cache["layers"]]
    for layer, blob in zip(cache["layers"], found[1:] + found[:1]):
        layer["blob"] = blob


def rename_layers(new_name):
    """Their diffIDs, and those of the records that lead to them."""
    names = {layer["diff_id"]: new_name(layer) for layer in cache["layers"]}
    for item in cache["layers"] + cache["records"]:
        item["diff_id"] = names[item["diff_id"]]


def diff_ids_lie():
    rename_layers(lambda layer: digest_of(layer["diff_id"].encode()))


def add_to_layers(make):
    """An entry to each, which is a right tar with a right diffID then."""
    def changed(layer):
        content = io.BytesIO(gzip.decompress(blobs[layer["blob"]["digest"]]))
        with tarfile.open(fileobj=content, mode="a") as tar:
            make(tar)
        layer["tar_bytes"] = len(content.getvalue())
        layer["blob"].update(put(gzip.compress(content.getvalue())))
        return digest_of(content.getvalue())
    rename_layers(changed)


def add_file(tar, name):
    entry = tarfile.TarInfo(name)
    entry.size = 4
    tar.addfile(entry, io.BytesIO(b"evil"))


def add_special(tar, name, type, **more):
    entry = tarfile.TarInfo(name)
    entry.type = type
    for key, value in more.items():
        setattr(entry, key, value)
    tar.addfile(entry)


def layers_lead_up():
    add_to_layers(lambda tar: add_file(tar, "../" * 9 + "tmp/strake-escaped"))


def layers_lead_out():
    def make(tar):
        add_special(tar, "out", tarfile.SYMTYPE, linkname="/tmp")
        add_file(tar, "out/strake-escaped")
    add_to_layers(make)


def layers_link_out():
    add_to_layers(lambda tar: add_special(
        tar, "shadow", tarfile.LNKTYPE, linkname="../" * 9 + "etc/shadow"))


def layers_have_devices():
    def make(tar):
        add_special(tar, "disk", tarfile.BLKTYPE, devmajor=8, mode=0o666)
        add_special(tar, "memory", tarfile.CHRTYPE, devmajor=1, devminor=1,
                    mode=0o666)
    add_to_layers(make)


def layers_have_setuid_files():
    def make(tar):
        entry = tarfile.TarInfo("bin/root-shell")
        entry.mode = 0o4755
        tar.addfile(entry)
    add_to_layers(make)


# The records
def records_lead_to_other_layers():
    found = [r["diff_id"] for r in cache["records"]]
    for record, diff_id in zip(cache["records"], found[1:] + found[:1]):
        record["diff_id"] = diff_id


def records_are_of_no_time():
    for record in cache["records"]:
        record["recorded"] = 1 << 62


globals()[kind]()
if not kind.startswith(("manifest", "keys")):
    cache_text = json.dumps(cache).encode()
if cache_text is not None:
    manifest["config"].update(put(cache_text))
if manifest_text is None:
    manifest_text = json.dumps(manifest).encode()
for digest, content in blobs.items():
    at = ask("POST", f"/v2/{target}/blobs/uploads/")[0].headers["Location"]
    ask("PUT", f"{at}?digest={digest}", content)
ask("PUT", f"/v2/{target}/manifests/latest", manifest_text,
    Content_Type=kind_of_manifest)
