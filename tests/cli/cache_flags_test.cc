#include "cli/cache_flags.h"

#include <catch2/catch.hpp>

#include "base/error.h"
#include "tests/has_kind.h"

using builder::CacheFrom;
using builder::CacheMode;
using builder::CacheTo;
using Catch::Matchers::Contains;
using store::Compression;

namespace {

CacheFrom from(const std::string& word) {
  return cli::read_cache_from({word}).at(0);
}
CacheTo to(const std::string& word) { return cli::read_cache_to({word}).at(0); }

base::Error refusal(const std::string& word) {
  try {
    to(word);
  } catch (const base::Error& error) {
    return error;
  }
  FAIL("taken: " << word);
  return {base::ErrorKind::system, ""};
}

}  // namespace

TEST_CASE("a cache comes from a directory or an image", "[cache_flags]") {
  const CacheFrom local = from("type=local,src=a/b");
  CHECK(local.kind == CacheFrom::Kind::layout);
  CHECK(local.directory == "a/b");
  CHECK(local.reference.empty());
  CHECK(from("src=x,type=local,tag=t").reference == "t");
  CHECK(from("TYPE=local,SRC=x").directory == "x");
  CHECK(from("type=local,\"src=a,b\"").directory == "a,b");
  const std::string digest = base::Digest::of("x").str();
  CHECK(from("type=local,src=x,digest=" + digest).reference == digest);
  const CacheFrom image = from("hello:1");
  CHECK(image.kind == CacheFrom::Kind::image);
  CHECK(image.reference == "hello:1");
}

TEST_CASE("a cache is at a registry, by its name or in whole words",
          "[cache_flags]") {
  const CacheFrom source =
      from("type=registry,ref=host:5000/team/app,registry.insecure=true");
  CHECK(source.kind == CacheFrom::Kind::registry);
  CHECK(source.reference == "host:5000/team/app:latest");
  CHECK(source.is_insecure);
  const std::string digest = "@" + base::Digest::of("x").str();
  CHECK(from("type=registry,ref=a.b/c" + digest).reference == "a.b/c" + digest);

  const CacheTo named = to("team/app:cache");
  CHECK(named.kind == CacheTo::Kind::registry);
  CHECK(named.reference == "docker.io/team/app:cache");
  CHECK_FALSE(named.is_insecure);
  CHECK(named.mode == CacheMode::min);
  const CacheTo full =
      to("type=registry,ref=a.b/c,mode=max,compression=zstd,mounts=all,"
         "ignore-error=false,image-manifest=true,oci-mediatypes=true");
  CHECK(full.mode == CacheMode::max);
  CHECK(full.compression == Compression::zstd);
  CHECK(full.has_all_mounts);
  CHECK_FALSE(full.ignores_errors);
  CHECK(refusal("type=registry,ref=a.b/c" + digest).kind() ==
        base::ErrorKind::usage);
}

TEST_CASE("a cache is in a bucket, in BuildKit's words", "[cache_flags]") {
  const std::string words =
      "type=s3,region=eu-west-1,bucket=ci,endpoint_url=http://localhost:1,"
      "use_path_style=true,prefix=a/,blobs_prefix=b/,manifests_prefix=m/,"
      "name=main,access_key_id=AK,secret_access_key=SK,session_token=ST";
  const CacheFrom source = from(words);
  CHECK(source.kind == CacheFrom::Kind::bucket);
  REQUIRE(source.bucket);
  CHECK(source.bucket->settings.region == "eu-west-1");
  CHECK(source.bucket->settings.bucket == "ci");
  CHECK(source.bucket->settings.endpoint_url == "http://localhost:1");
  CHECK(source.bucket->settings.uses_path_style);
  CHECK(source.bucket->given.access_key_id == "AK");
  CHECK(source.bucket->given.secret_access_key == "SK");
  CHECK(source.bucket->given.session_token == "ST");
  CHECK(source.bucket->describe() == "s3://ci/a/m/main");
  const base::Digest digest = base::Digest::of("x");
  CHECK(source.bucket->blob_key(digest) == "a/b/" + digest.str());

  const CacheTo target = to(words + ",mode=max,touch_refresh=1h30m,mounts=all");
  CHECK(target.kind == CacheTo::Kind::bucket);
  CHECK(target.mode == CacheMode::max);
  CHECK(target.has_all_mounts);
  CHECK(target.bucket.value().touch_refresh == std::chrono::minutes(90));
  CHECK(to("type=s3,region=r,bucket=b").bucket.value().touch_refresh ==
        std::chrono::hours(24));
  CHECK(to("type=s3,region=r,bucket=b").bucket->describe() ==
        "s3://b/manifests/strake");
}

TEST_CASE("what is no wish for a bucket is refused", "[cache_flags]") {
  const std::string s3 = "type=s3,region=r,bucket=b,";
  for (const char* refused : {"compression-level=3", "upload_parallelism=4"}) {
    CHECK(refusal(s3 + refused).kind() == base::ErrorKind::unsupported);
  }
  for (const char* wrong : {"name=a;b", "touch_refresh=soon", "dest=x",
                            "use_path_style=perhaps", "tag=x"}) {
    CAPTURE(wrong);
    CHECK(refusal(s3 + wrong).kind() == base::ErrorKind::usage);
  }
  CHECK_THROWS_MATCHES(from(s3 + "mode=max"), base::Error,
                       tests::HasKind(base::ErrorKind::usage));
}

TEST_CASE("an error about a flag does not repeat its secrets",
          "[cache_flags]") {
  const std::string s3 = "type=s3,region=r,bucket=b,";
  for (const char* word :
       {"secret_access_key=hush,mode=x", "SESSION_TOKEN=hush,mode=x",
        "\"secret_access_key=hush,hush\",mode=x",
        "\"secret_access_key=hush\"\"hush\",mode=x",
        "session_token=hush,secret_access_key=hush,mode=x"}) {
    CAPTURE(word);
    const base::Error error = refusal(s3 + word);
    CHECK_THAT(error.message(), !Contains("hush"));
    CHECK_THAT(error.message(), Contains("mode"));
  }
}

TEST_CASE("a cache goes where, how and with what the flag says",
          "[cache_flags]") {
  const CacheTo plain = to("type=local,dest=x");
  CHECK(plain.kind == CacheTo::Kind::layout);
  CHECK(plain.mode == CacheMode::min);
  CHECK(plain.tag == "latest");
  CHECK(plain.compression == Compression::gzip);
  CHECK(plain.mounts.empty());
  const CacheTo full =
      to("type=local,dest=x,mode=max,tag=t,compression=zstd,mounts=a,mounts=b");
  CHECK(full.mode == CacheMode::max);
  CHECK(full.tag == "t");
  CHECK(full.compression == Compression::zstd);
  CHECK(full.mounts == std::vector<std::string>{"a", "b"});
  CHECK(to("type=local,dest=x,mounts=all").has_all_mounts);
  CHECK(to("type=inline").kind == CacheTo::Kind::in_image);
  CHECK(to("inline").kind == CacheTo::Kind::in_image);
}

TEST_CASE("what the hint offers as compression is taken", "[cache_flags]") {
  const std::string hint = refusal("type=local,dest=x,compression=foo").hint();
  for (const char* name : {"gzip", "zstd", "uncompressed"}) {
    CHECK_THAT(hint, Contains(name));
    CHECK_NOTHROW(to(std::string("type=local,dest=x,compression=") + name));
  }
  CHECK(to("type=local,dest=x,compression=uncompressed").compression ==
        Compression::none);
}

TEST_CASE("a cache that cannot be written fails only whom it shall",
          "[cache_flags]") {
  CHECK(to("type=local,dest=x").ignores_errors);
  CHECK(to("type=inline").ignores_errors);
  CHECK(to("type=local,dest=x,ignore-error=true").ignores_errors);
  CHECK_FALSE(to("type=local,dest=x,ignore-error=false").ignores_errors);
  CHECK_FALSE(to("type=inline,ignore-error=0").ignores_errors);
}

TEST_CASE("docker's words for a cache's form are known", "[cache_flags]") {
  const std::string local = "type=local,dest=x,";
  for (const char* taken : {"oci-mediatypes=true", "image-manifest=true",
                            "force-compression=false"}) {
    CHECK_NOTHROW(to(local + taken));
  }
  for (const char* refused : {"oci-mediatypes=false", "image-manifest=false",
                              "force-compression=true"}) {
    const base::Error error = refusal(local + refused);
    CHECK(error.kind() == base::ErrorKind::unsupported);
    CHECK_THAT(error.message(),
               Contains(std::string(refused) + " is not supported"));
    CHECK_FALSE(error.hint().empty());
  }
  CHECK(refusal(local + "compression-level=3").kind() ==
        base::ErrorKind::unsupported);
}

TEST_CASE("a wrong word about a cache is refused in one line",
          "[cache_flags]") {
  for (const char* word :
       {"", "=", ",", "Type", "type=", "type=local",
        "type=local,dest=", "dest=x", "type=local,dest=x,",
        "type=local,dest=x,=y", "type=local,dest=x,mode=most",
        "type=local,dest=x,tag=-a", "type=local,dest=x,image-manifest=maybe",
        "type=loca,dest=x", "\"type=local", "type=inline,dest=x",
        "type=local,dest=x,compression=estargz"}) {
    CAPTURE(word);
    const base::Error error = refusal(word);
    CHECK(error.message().find('\n') == std::string::npos);
    CHECK_THAT(error.message(), Contains("--cache-to"));
    CHECK(error.kind() == base::ErrorKind::usage);
  }
  for (const char* word : {"", "=", "type=local", "type=local,src=", "src=x",
                           "type=local,src=x,digest=1", "type=local,dest=x",
                           "UP", "type=local,src=x,tag=a,digest=b"}) {
    CAPTURE(word);
    CHECK_THROWS_MATCHES(from(word), base::Error,
                         tests::HasKind(base::ErrorKind::usage));
  }
}
