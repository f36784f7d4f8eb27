// What is in a step's key, and what is not.
#include "builder/cache_key.h"

#include <catch2/catch.hpp>

#include "builder/file_selection.h"
#include "builder/snapshot.h"
#include "fakes.h"
#include "parser/file_mode.h"

using builder::CacheKey;
using builder::CopyOp;
using builder::ExecOp;
using builder::Operation;
using tests::operation_of;
using tests::plan_of;

namespace {

const base::Digest kGround = base::Digest::of("ground");

base::Digest key_of(const Operation& operation,
                    const base::Digest& parent = kGround) {
  return CacheKey(operation, parent).digest();
}

// The key of the last RUN of these lines.
base::Digest run_key(const std::string& lines,
                     const builder::BuildArgs& args = {}) {
  const auto plan = plan_of("FROM base AS tools\nRUN y\nFROM base\n" + lines,
                            {.target = {}, .build_args = args, .labels = {}});
  const ExecOp* last = nullptr;
  for (const auto& vertex : plan.vertices) {
    if (const auto* op = std::get_if<ExecOp>(&vertex.operation)) last = op;
  }
  return key_of(*last);
}

base::Digest copy_key(const std::string& lines) {
  return key_of(operation_of<CopyOp>(plan_of("FROM base\n" + lines)));
}

base::Digest selection_key(std::vector<store::Entry> entries, CopyOp op = {}) {
  op.sources = tests::sources({"d"});
  const auto tree = tests::tree_of(std::move(entries));
  return builder::copy_digest(op, builder::select_files(op, tests::only(tree)));
}

}  // namespace

TEST_CASE("all that a RUN can see of its definition is in its key",
          "[cache_key][D430][D433]") {
  const std::vector<std::string> different = {
      "RUN x\n",
      "RUN y2\n",
      "RUN [\"x\"]\n",
      "RUN  x  y\n",
      "ENV A=1\nRUN x\n",
      "ENV A=2\nRUN x\n",
      "ARG A=3\nRUN x\n",
      "USER app\nRUN x\n",
      "SHELL [\"/bin/ash\", \"-c\"]\nRUN x\n",
      "WORKDIR /w\nRUN x\n",
      "RUN --network=none x\n",
      "RUN --mount=type=tmpfs,target=/t x\n",
      "RUN --mount=type=tmpfs,target=/u x\n",
      "RUN --mount=type=tmpfs,target=/t,size=1m x\n",
      "RUN --mount=type=cache,target=/t x\n",
      "RUN --mount=type=cache,target=/t,ro x\n",
      "RUN --mount=type=cache,target=/t,uid=5 x\n",
      "RUN --mount=type=secret,id=a x\n",
      "RUN --mount=type=secret,id=b x\n",
      "RUN --mount=type=secret,id=a,required x\n",
      "RUN --mount=type=secret,id=a,env=A x\n",
      "RUN --mount=target=/t x\n",
      "RUN --mount=target=/t,rw x\n",
      "RUN --mount=target=/t,source=s x\n",
      "RUN --mount=target=/t,from=tools x\n",
      "RUN --mount=target=/t,from=scratch x\n",
      "RUN <<E\n#!/bin/x\nE\n",
      "RUN <<E\n#!/bin/y\nE\n",
  };
  std::map<base::Digest, std::string> seen;
  for (const std::string& lines : different) {
    const auto [it, is_new] = seen.emplace(run_key(lines), lines);
    INFO(lines << "has the key of\n" << it->second);
    CHECK(is_new);
  }
}

TEST_CASE("the platform of a RUN is in its key", "[cache_key][D430]") {
  builder::ExecOp op;
  op.platform = {"linux", "amd64"};
  const auto amd64 = key_of(op);
  op.platform = {"linux", "arm64"};
  CHECK(key_of(op) != amd64);
}

TEST_CASE("the file's layout is in no key", "[cache_key][D429]") {
  const auto plain = run_key("RUN --network=none --mount=target=/t x\n");
  CHECK(plain == run_key("# comment\n\nrun   --mount=target=/t \\\n"
                         " # inside\n --network=none x\n"));
  const auto stage = [](const std::string& name) {
    const auto plan =
        plan_of("FROM base AS " + name + "\nRUN x\nFROM base\nRUN " +
                "--mount=target=/t,from=" + name + " y\n");
    return key_of(operation_of<ExecOp>(plan, 1));
  };
  CHECK(stage("one") == stage("two"));
}

TEST_CASE("metadata, proxies, cache ids and sharing rebuild no RUN",
          "[cache_key][D281][D294][D431][D433]") {
  const auto plain = run_key("RUN x\n");
  CHECK(plain == run_key("LABEL a=1\nCMD y\nEXPOSE 80\nVOLUME /v\n"
                         "STOPSIGNAL 9\nENTRYPOINT z\nHEALTHCHECK NONE\n"
                         "ONBUILD RUN x\nMAINTAINER me\nRUN x\n"));
  CHECK(plain == run_key("RUN x\n", {{"http_proxy", "p"}}));
  CHECK(run_key("RUN --mount=type=cache,target=/t x\n") ==
        run_key("RUN --mount=type=cache,id=i,sharing=locked,target=/t x\n"));
}

TEST_CASE("an ARG counts from its line on, when it has a value",
          "[cache_key][D432]") {
  const auto plain = run_key("RUN x\n");
  CHECK(plain != run_key("ARG A\nRUN x\n", {{"A", "1"}}));
  CHECK(plain == run_key("ARG A\nRUN x\n"));
  CHECK(run_key("ARG A\nRUN x\n", {{"A", "1"}}) !=
        run_key("ARG A\nRUN x\n", {{"A", "2"}}));
}

TEST_CASE("of an expanded instruction only the result counts",
          "[cache_key][D432][D433]") {
  CHECK(copy_key("COPY a /d/\n") ==
        copy_key("ARG F=a\nENV X=1\nUSER me\nCOPY $F /d/\n"));
  CHECK(copy_key("WORKDIR /w\nCOPY a d\n") == copy_key("COPY a /w/d\n"));
}

TEST_CASE("destination and flags of a COPY are in its key",
          "[cache_key][D434]") {
  const std::vector<std::string> different = {
      "COPY a /d\n",
      "COPY a /d/\n",
      "COPY b /d\n",
      "COPY --chown=1 a /d\n",
      "COPY --chmod=0600 a /d\n",
      "COPY --chmod=u+x a /d\n",
      "COPY --parents a /d/\n",
      "COPY --link a /d\n",
      "COPY --from=scratch a /d\n",
      "ADD a /d\n",
      "COPY a <<E /d/\nx\nE\n",
      "COPY a <<E /d/\ny\nE\n",
      "COPY a <<F /d/\nx\nF\n",
  };
  std::map<base::Digest, std::string> seen;
  for (const std::string& lines : different) {
    const auto [it, is_new] = seen.emplace(copy_key(lines), lines);
    INFO(lines << "has the key of\n" << it->second);
    CHECK(is_new);
  }
  CHECK(copy_key("ADD --unpack=false a /d\n") == copy_key("COPY a /d\n"));
}

TEST_CASE("everything but times of the selected files counts",
          "[cache_key][D434]") {
  using tests::directory;
  using tests::file;
  const std::vector<store::Entry> plain = {directory("d"), file("d/f", "1")};
  const auto key = selection_key(plain);
  const auto changed = [&](auto change) {
    auto entries = plain;
    change(entries[1]);
    return selection_key(std::move(entries));
  };
  CHECK(key == changed([](auto& f) { f.mtime = {9, 9}; }));
  CHECK(key != changed([](auto& f) { f.path = "d/g"; }));
  CHECK(key != changed([](auto& f) { f.mode = 0755; }));
  CHECK(key != changed([](auto& f) { f.owner.uid = 1; }));
  CHECK(key != changed([](auto& f) { f.owner.gid = 1; }));
  CHECK(key != changed([](auto& f) { f.xattrs["user.a"] = "b"; }));
  CHECK(key != changed([](auto& f) { f.content = base::Digest::of("2"); }));
  CHECK(key != changed([](auto& f) {
          f.type = store::EntryType::symlink;
          f.link_target = "x";
        }));
}

TEST_CASE("modes and owners that flags replace are in no key",
          "[cache_key][D434]") {
  using tests::directory;
  using tests::file;
  // One checkout, under an umask of 022 and of 077; some of it others own.
  const auto checkout = [](std::uint32_t mask, std::uint32_t uid) {
    std::vector<store::Entry> entries = {
        directory("d"), directory("d/e", 0777 & ~mask), file("d/e/f", "1"),
        file("d/run", "2")};
    entries[2].mode = 0666 & ~mask;
    entries[3].mode = 0777 & ~mask;
    for (store::Entry& entry : entries) entry.owner = {uid, uid};
    return entries;
  };
  const auto key = [&](std::uint32_t mask, std::uint32_t uid,
                       const std::string& chmod, const std::string& chown) {
    CopyOp op;
    if (!chmod.empty()) op.chmod = parser::FileMode::parse(chmod);
    if (!chown.empty()) op.chown = chown;
    return selection_key(checkout(mask, uid), op);
  };
  CHECK(key(022, 0, "", "") != key(077, 0, "", ""));
  CHECK(key(022, 0, "755", "") == key(077, 0, "755", ""));
  CHECK(key(022, 0, "u=rwX,go=rX", "") == key(077, 0, "u=rwX,go=rX", ""));
  CHECK(key(022, 0, "u+r", "") != key(077, 0, "u+r", ""));
  CHECK(key(022, 0, "755", "") != key(022, 7, "755", ""));
  CHECK(key(022, 0, "", "ann") == key(022, 7, "", "ann"));
  CHECK(key(022, 0, "", "ann") != key(077, 0, "", "ann"));
}

TEST_CASE("a mode that flags keep a part of counts for that part",
          "[cache_key][D434]") {
  using tests::directory;
  const auto key = [](const std::string& chmod, std::uint32_t mode) {
    CopyOp op;
    op.chmod = parser::FileMode::parse(chmod);
    auto program = tests::file("d/f", "1");
    program.mode = mode;
    return selection_key({directory("d"), program}, op);
  };
  CHECK(key("u=rwX,go=rX", 0644) != key("u=rwX,go=rX", 0744));
  CHECK(key("go-w", 0666) == key("go-w", 0644));
  CHECK(key("755", 04755) == key("755", 0644));
}

TEST_CASE("how sources are spelt and left out is in no key, what they are is",
          "[cache_key][D434][D435]") {
  const auto plain = copy_key("COPY a b/c /d/\n");
  CHECK(plain == copy_key("COPY ./a /b//c /d/\n"));
  CHECK(plain == copy_key("COPY --exclude=x a b/c/ /d/\n"));
  CHECK(copy_key("COPY --exclude=x --exclude=y a /d\n") ==
        copy_key("COPY --exclude=y --exclude=x a /d\n"));
  CHECK(plain != copy_key("COPY b/c a /d/\n"));
}

TEST_CASE("the order of ulimits is in no key", "[cache_key][D430]") {
  ExecOp op;
  op.settings.rlimits = {{"RLIMIT_CORE", 1, 2}, {"RLIMIT_NOFILE", 3, 4}};
  const auto key = key_of(op);
  std::swap(op.settings.rlimits[0], op.settings.rlimits[1]);
  CHECK(key_of(op) == key);
  op.settings.rlimits[0].soft = 2;
  CHECK(key_of(op) != key);
}

TEST_CASE("only what is selected counts", "[cache_key][D435]") {
  using tests::directory;
  using tests::file;
  const auto key = selection_key({directory("d"), file("d/f")});
  CHECK(key == selection_key({directory("d"), file("d/f"), file("other")}));
  CHECK(key != selection_key({directory("d"), file("d/f"), file("d/g")}));
}

TEST_CASE("a copied directory's own mode is in no key, a mounted one's is",
          "[cache_key][D352][D434]") {
  using tests::directory;
  CHECK(selection_key({directory("d", 0700)}) ==
        selection_key({directory("d", 0755)}));
  const auto mount = [](std::uint32_t mode) {
    return builder::mount_digest(
        *builder::find_tree_match(tests::tree_of({directory("d", mode)}), "d"));
  };
  CHECK(mount(0700) != mount(0755));
}

TEST_CASE("a parent counts by what its layers hold, not how they were made",
          "[cache_key][D437]") {
  using base::Digest;
  const builder::Snapshot one{{{Digest::of("a"), Digest::of("files")}}};
  const builder::Snapshot again{{{Digest::of("b"), Digest::of("files")}}};
  const builder::Snapshot other{{{Digest::of("a"), Digest::of("else")}}};
  CHECK(one.content() == again.content());
  CHECK(one.content() != other.content());
  CHECK(one.content() != builder::Snapshot().content());
  const Operation op = builder::WorkDirOp{"/w", ""};
  CHECK(key_of(op, one.content()) != key_of(op, other.content()));
}

TEST_CASE("inputs count by name and content", "[cache_key]") {
  const Operation op = builder::WorkDirOp{"/w", ""};
  const auto with = [&](std::vector<std::pair<std::string, std::string>> list) {
    CacheKey key(op, kGround);
    for (const auto& [name, content] : list) {
      key.add_input(name, base::Digest::of(content));
    }
    return key.digest();
  };
  CHECK(with({{"files", "1"}}) != with({{"files", "2"}}));
  CHECK(with({{"files", "1"}}) != with({{"mount /a", "1"}}));
  CHECK(with({{"files", "1"}}) != with({}));
}

TEST_CASE("a base counts by its image, not by its name",
          "[cache_key][D192][D193]") {
  builder::BaseOp a{"docker.io/library/a:latest", kGround, {}};
  builder::BaseOp b{"docker.io/library/b:latest", kGround, {}};
  CHECK(key_of(a) == key_of(b));
  b.image_id = base::Digest::of("other");
  CHECK(key_of(a) != key_of(b));
}

TEST_CASE("no two texts of any bytes are rendered alike", "[operation][D5]") {
  const auto render = [](const std::string& word) {
    ExecOp op;
    op.args = {word};
    return builder::render_operation(op);
  };
  const std::vector<std::string> words = {
      "\xe9", "\xc3\xa9",           "\xc3\x83\xc2\xa9",
      "\xff", "\xff\xfe",           "\\u00e9",
      "e",    std::string("\0", 1), "",
      "\x80", "\xc2\x80",           "\"",
      "\\\"", "\xed\xa0\x80"};
  std::set<std::string> seen;
  for (const std::string& word : words) {
    const std::string text = render(word);
    CHECK(seen.insert(text).second);
    CHECK(std::all_of(text.begin(), text.end(),
                      [](char c) { return c >= ' ' && c <= '~'; }));
  }
}

TEST_CASE("the parts of a key are kept as text that explains it",
          "[cache_key]") {
  CacheKey key(builder::WorkDirOp{"/w\xff", ""}, kGround);
  key.add_input("files", base::Digest::of("x"));
  const std::string parts = key.render_parts();
  CHECK_THAT(parts, Catch::Contains("\"op\":\"workdir\"") &&
                        Catch::Contains(kGround.str()) &&
                        Catch::Contains("files"));
}
