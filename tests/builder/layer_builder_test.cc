// Whole builds on a store of their own: keys, hits and layers of real files.
// They write files of other owners, so most need root; nothing is mounted.
#include <algorithm>
#include <catch2/catch.hpp>

#include "base/temp_dir.h"
#include "builder/build.h"
#include "builder/prune_cache.h"
#include "fakes.h"
#include "store/layer_use.h"
#include "tests/has_kind.h"

using base::ErrorKind;
using builder::BuildResult;
using Catch::Contains;

namespace {

// Runs no process: a RUN "touches" what its last word names.
class FakeExecutor : public runtime::Executor {
 public:
  runtime::Outcome run(const runtime::Spec& spec, const runtime::Root& root,
                       const runtime::Streams& streams,
                       std::stop_token) override {
    specs.push_back(spec);
    const std::string& command = spec.process.args.back();
    if (command == "fail") {
      streams.on_output(runtime::Stream::standard_error, "went wrong\n");
      return {3, std::nullopt, {}};
    }
    tests::write_file(root.upper / command, "made");
    return {};
  }
  std::vector<runtime::Spec> specs;
};

struct Fixture {
  base::TempDir root;
  std::filesystem::path context = root.path() / "context";
  store::Store store{root.path() / "store"};
  FakeExecutor executor;
  tests::RecordingProgress progress;
  builder::BuildOptions options;

  Fixture() {
    std::filesystem::create_directory(context);
    options.context.directory = context;
    // To make one takes more rights than the fake executor.
    options.plan.network = builder::NetworkMode::none;
  }
  BuildResult build(const std::string& dockerfile) {
    tests::write_file(root.path() / "Dockerfile", dockerfile);
    options.file = (root.path() / "Dockerfile").native();
    return builder::build(options, store, executor, progress, {});
  }
  base::Error error_of(const std::string& dockerfile) {
    try {
      build(dockerfile);
    } catch (const base::Error& error) {
      return error;
    }
    FAIL("the build went well");
    throw std::logic_error("unreachable");
  }
  store::MergedTree tree(const BuildResult& result) {
    return store.layers().merged(
        store.images().config(result.image_id).diff_ids);
  }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "a second build hits and gives the same image",
                 "[build][root][D440]") {
  tests::write_file(context / "f", "1");
  const std::string text =
      "FROM scratch\nCOPY f /f\nWORKDIR /w\nRUN x\nENV A=1\n";
  const auto first = build(text);
  CHECK(first.run_steps == 3);
  const auto second = build("# moved\n\n" + text);
  CHECK(second.run_steps == 0);
  CHECK(second.cached_steps == 3);
  CHECK(second.image_id == first.image_id);
  CHECK(executor.specs.size() == 1);
}

TEST_CASE_METHOD(Fixture, "a touched file hits, a changed one does not",
                 "[build][root][D434][D435]") {
  tests::write_file(context / "f", "1");
  tests::write_file(context / "other", "1");
  build("FROM scratch\nCOPY f /f\n");
  std::filesystem::last_write_time(context / "f",
                                   std::filesystem::file_time_type{});
  tests::write_file(context / "other", "2");
  CHECK(build("FROM scratch\nCOPY f /f\n").run_steps == 0);
  tests::write_file(context / "f", "2");
  const auto changed = build("FROM scratch\nCOPY f /f\n");
  CHECK(changed.run_steps == 1);
  CHECK(tree(changed).read_file("f") == "2");
}

TEST_CASE_METHOD(Fixture, "COPY --from counts what it selects, not the stage",
                 "[build][root][D435][D437]") {
  tests::write_file(context / "f", "1");
  const auto text = [](const char* extra) {
    return std::string("FROM scratch AS a\nCOPY f /d/f\n") + extra +
           "FROM scratch\nCOPY --from=a /d /\n";
  };
  build(text(""));
  const auto again = build(text("RUN unrelated\n"));
  CHECK(again.run_steps == 1);
  CHECK(tree(again).read_file("f") == "1");
}

TEST_CASE_METHOD(Fixture, "an equal result of the same parent is kept",
                 "[build][root][D437]") {
  tests::write_file(context / "a", "1");
  tests::write_file(context / "b", "1");
  const auto first = build("FROM scratch\nCOPY a /f\n");
  const auto second = build("FROM scratch\nCOPY b /f\n");
  CHECK(second.run_steps == 1);
  CHECK(store.images().config(first.image_id).diff_ids ==
        store.images().config(second.image_id).diff_ids);
}

TEST_CASE_METHOD(Fixture, "a record that is not of its layer is not believed",
                 "[build][root]") {
  const std::string text = "FROM scratch\nCOPY a /f\n";
  tests::write_file(context / "a", "1");
  build(text);
  const store::CacheRecord right = store.cache().list().at(0);
  SECTION("when it is looked up") {
    for (store::CacheRecord record : store.cache().list()) {
      record.stable_digest = base::Digest::of("a lie");
      store.cache().put(record);
    }
    CHECK(build(text).run_steps == 1);
    CHECK(build(text).run_steps == 0);
  }
  SECTION("when it claims to have made the same") {
    tests::write_file(context / "a", "2");
    const auto other = build(text);
    store::CacheRecord record = right;
    record.key = base::Digest::of("a key of nobody's");
    record.diff_id = store.images().config(other.image_id).diff_ids.at(0);
    record.recorded += std::chrono::hours(1);
    store.cache().put(record);
    tests::write_file(context / "b", "1");
    CHECK(tree(build("FROM scratch\nCOPY b /f\n")).read_file("f") == "1");
  }
}

TEST_CASE_METHOD(Fixture, "a record without parts tells nobody what changed",
                 "[build][root]") {
  const std::string text = "FROM scratch\nCOPY a /f\n";
  tests::write_file(context / "a", "1");
  build(text);
  build("FROM scratch\nWORKDIR /w\n");
  bool is_known = false;  // what the record's key was made from
  SECTION("as an imported one has none") {}
  SECTION("but an older one that has them does") { is_known = true; }
  for (store::CacheRecord record : store.cache().list()) {
    if (is_known) record.key = base::Digest::of(record.key.str());
    record.parts = "{}";
    record.created += std::chrono::hours(1);
    store.cache().put(record);
  }
  tests::write_file(context / "a", "2");
  std::string reason;
  const auto result = build(text);
  CHECK(result.run_steps == 1);
  for (const store::CacheRecord& record : store.cache().list()) {
    if (record.diff_id ==
        store.images().config(result.image_id).diff_ids.at(0)) {
      reason = record.reason;
    }
  }
  CHECK(reason ==
        (is_known ? "a changed (content)" : "it was not built here before"));
}

TEST_CASE_METHOD(Fixture, "an image that is only written out has its layers",
                 "[build][root]") {
  tests::write_file(context / "f", "1");
  options.keeps_image = false;
  {
    const auto result = build("FROM scratch\nCOPY f /f\n");
    const auto held = store::read_held(store.root()).layers;
    CHECK(held.contains(result.diff_ids.at(0)));
    builder::remove_items(store, builder::list_cache(store));
    CHECK(store.layers().find(result.diff_ids.at(0)));
  }
  CHECK(store::read_held(store.root()).layers.empty());
}

TEST_CASE_METHOD(Fixture, "flag --no-cache runs all and records it",
                 "[build][root][D438]") {
  build("FROM scratch\nRUN x\n");
  options.plan.use_cache = false;
  CHECK(build("FROM scratch\nRUN x\n").run_steps == 1);
  options.plan.use_cache = true;
  CHECK(build("FROM scratch\nRUN x\n").run_steps == 0);
}

TEST_CASE_METHOD(Fixture, "a --link layer is the same on any base",
                 "[build][root][D364][D367]") {
  tests::write_file(context / "f", "1");
  build("FROM scratch\nCOPY --link f /d/f\n");
  const auto moved = build("FROM scratch\nRUN base\nCOPY --link f /d/f\n");
  CHECK(moved.run_steps == 1);
  CHECK(tree(moved).read_file("d/f") == "1");
  CHECK(tree(moved).read_file("base") == "made");
}

TEST_CASE_METHOD(Fixture, "a --link layer knows no link of its base",
                 "[build][root][D364][D365][D368]") {
  tests::write_file(context / "f", "1");
  std::filesystem::create_directories(context / "t/real");
  std::filesystem::create_symlink("real", context / "t/link");
  const auto made = tree(build(
      "FROM scratch\nCOPY t /\nCOPY --link --chmod=0640 f /link/sub/f\n"));
  CHECK(made.find("link")->type == store::EntryType::directory);
  CHECK(made.find("link/sub/f")->mode == 0640);
  CHECK(made.find("real/sub") == nullptr);
}

TEST_CASE_METHOD(Fixture, "WORKDIR belongs to the user, what exists is left",
                 "[build][root][D229][D230][D231]") {
  tests::write_file(context / "passwd", "app:x:5:6::/:\n");
  const auto result = build(
      "FROM scratch\nCOPY passwd /etc/passwd\nUSER app\nWORKDIR /etc/new/er\n"
      "USER ghost\nWORKDIR /nobody\n");
  const auto made = tree(result);
  CHECK(made.find("etc")->owner == store::Owner{0, 0});
  CHECK(made.find("etc/new")->owner == store::Owner{5, 6});
  CHECK(made.find("etc/new/er")->mode == 0755);
  CHECK(made.find("nobody")->owner == store::Owner{0, 0});
}

TEST_CASE_METHOD(Fixture, "WORKDIR goes through links to directories",
                 "[build][root][D231]") {
  std::filesystem::create_directory(context / "t");
  std::filesystem::create_directory(context / "t/real");
  std::filesystem::create_symlink("real", context / "t/link");
  const auto result = build("FROM scratch\nCOPY t /\nWORKDIR /link/sub\n");
  CHECK(tree(result).find("link")->type == store::EntryType::symlink);
  CHECK(tree(result).find("real/sub")->type == store::EntryType::directory);
  tests::write_file(context / "f", "1");
  CHECK_THAT(error_of("FROM scratch\nCOPY f /f\nWORKDIR /f\n").message(),
             Contains("Dockerfile:3:1: \"/f\" is not a directory"));
}

TEST_CASE_METHOD(Fixture, "the second file of the same name replaces the first",
                 "[build][root][D346]") {
  tests::write_file(context / "f", "1");
  tests::write_file(context / "g", "2");
  CHECK(tree(build("FROM scratch\nCOPY f /x\nCOPY g /x\n")).read_file("x") ==
        "2");
}

TEST_CASE_METHOD(Fixture, "copied hard links are one file in the layer",
                 "[build][root][D337]") {
  tests::write_file(context / "d/a", "1");
  std::filesystem::create_hard_link(context / "d/a", context / "d/b");
  const auto result = build(
      "FROM scratch AS s\nCOPY d /d\n"
      "FROM scratch\nCOPY --from=s /d /e\n");
  const auto made = tree(result);
  CHECK(made.file_of(*made.find("e/b")) == made.find("e/a"));
}

TEST_CASE_METHOD(Fixture, "a missing source is shown at its word",
                 "[build][D327][D470]") {
  tests::write_file(context / "src/main.c", "");
  tests::write_file(context / "secret", "");
  tests::write_file(context / ".dockerignore", "*.o\nsecret\n");
  std::filesystem::create_symlink("nowhere", context / "dangling");
  const auto near = error_of("FROM scratch\nCOPY src ./src/mian.c /d/\n");
  CHECK(near.kind() == ErrorKind::not_found);
  CHECK_THAT(near.message(),
             Contains("Dockerfile:2:10: there is no \"src/mian.c\" in build "
                      "context " +
                      context.native()));
  CHECK(near.hint() == "did you mean \"src/main.c\"?");
  CHECK_THAT(near.excerpt(), Contains("     |          ^~~~~~~~~~~~\n"));
  CHECK(error_of("FROM scratch\nCOPY src secret /d/\n").hint() ==
        ".dockerignore line 2 leaves it out");
  CHECK_THAT(error_of("FROM scratch\nCOPY dangling /d/\n").message(),
             Contains("\"dangling\" leads to \"nowhere\", which is not in"));
}

TEST_CASE_METHOD(Fixture, "a source missing in a stage names the stage",
                 "[build][root][D327]") {
  const auto error = error_of(
      "FROM scratch AS one\nRUN x\nFROM scratch\nCOPY --from=one /y /\n");
  CHECK_THAT(error.message(),
             Contains("Dockerfile:4:17: there is no \"y\" in \"one\""));
  CHECK(error.hint().empty());
  tests::write_file(context / "lib/tool.so", "");
  const auto near = error_of(
      "FROM scratch AS one\nCOPY lib /usr/lib\n"
      "FROM scratch\nCOPY --from=one /usr/lib/tool /\n");
  CHECK(near.hint() == "did you mean \"usr/lib/tool.so\"?");
}

TEST_CASE_METHOD(Fixture, "a missing source is guessed, or its root explained",
                 "[build][root][D324][D327]") {
  tests::write_file(context / "app/main.c", "");
  tests::write_file(context / "app/notes.txt", "");
  tests::write_file(context / "README.md", "");
  const auto hint = [&](const std::string& source) {
    return error_of("FROM scratch\nCOPY " + source + " /d/\n").hint();
  };
  CHECK(hint("readme.md") == "did you mean \"README.md\"?");
  CHECK(hint("app/notes") == "did you mean \"app/notes.txt\"?");
  CHECK(hint("source/main.c") == "did you mean \"app/main.c\"?");
  CHECK(hint("ap/main.c") == "did you mean \"app/main.c\"?");
  CHECK_THAT(hint("../else/where.h"), Contains("does not leave it"));
  CHECK_THAT(hint("/opt/tool"), Contains("not of this machine"));
}

TEST_CASE_METHOD(Fixture, "a wildcard that only ignored files match is told of",
                 "[build][root][D329]") {
  tests::write_file(context / "dist/app.whl", "");
  tests::write_file(context / ".dockerignore", "x\n**/*.whl\n");
  build("FROM scratch\nCOPY *.txt dist/*.whl /d/\n");
  CHECK_THAT(progress.events.at(1),
             Contains("Dockerfile:2: \"dist/*.whl\" matches nothing; "
                      ".dockerignore line 2 leaves out \"dist/app.whl\""));
  const auto warnings = std::count_if(
      progress.events.begin(), progress.events.end(),
      [](const std::string& event) { return event.starts_with("warning"); });
  CHECK(warnings == 1);
}

TEST_CASE_METHOD(Fixture, "a copy is reused over a base that changed elsewhere",
                 "[build][root][D434][D437]") {
  tests::write_file(context / "f", "1");
  const std::string copies =
      "WORKDIR /app\nCOPY f sub/f\nCOPY --chown=5 f /app\n";
  const auto first = build("FROM scratch\nRUN one\n" + copies);
  CHECK(first.run_steps == 4);
  const auto moved = build("FROM scratch\nRUN two\n" + copies);
  CHECK(moved.run_steps == 1);
  const auto layers = [&](const BuildResult& result) {
    auto ids = store.images().config(result.image_id).diff_ids;
    ids.erase(ids.begin());
    return ids;
  };
  CHECK(layers(first) == layers(moved));
  CHECK(tree(moved).read_file("two") == "made");
  CHECK(tree(moved).read_file("app/sub/f") == "1");
  // The second time the base need not be looked at.
  CHECK(build("FROM scratch\nRUN two\n" + copies).run_steps == 0);
  // What is at the destination counts.
  CHECK(build("FROM scratch\nRUN app\nCOPY f /app\n").run_steps == 2);
  CHECK(build("FROM scratch\nRUN other\nCOPY f /app\n").run_steps == 2);
  CHECK(build("FROM scratch\nRUN third\nCOPY f /app\n").run_steps == 1);
}

TEST_CASE_METHOD(Fixture, "a mount's missing source says where it is missing",
                 "[build][D273]") {
  tests::write_file(context / "src", "");
  const auto error =
      error_of("FROM scratch\nRUN --mount=target=/m,source=scr x\n");
  CHECK_THAT(error.message(),
             Contains("mount source \"scr\" is not in build context"));
  CHECK(error.hint() == "did you mean \"src\"?");
}

TEST_CASE_METHOD(Fixture, "a failed RUN says how, where, and its last words",
                 "[build][D317]") {
  const auto error = error_of("FROM scratch\nRUN fail\n");
  CHECK(error.kind() == ErrorKind::step_failed);
  CHECK_THAT(error.message(),
             Contains("Dockerfile:2:1: RUN failed with exit code 3"));
  CHECK_THAT(error.excerpt(), Contains("^~~~~~~~") && Contains("went wrong"));
  CHECK(error_of("FROM scratch\nRUN fail\n").kind() == ErrorKind::step_failed);
  CHECK(executor.specs.size() == 2);
}

TEST_CASE_METHOD(Fixture, "a RUN sees its environment, user and directory",
                 "[build][root][D302][D303][D304]") {
  tests::write_file(context / "passwd", "app:x:5:6::/home/app:\n");
  options.credentials.secrets["t"] = "hush";
  build(
      "FROM scratch\nCOPY passwd /etc/\nUSER app\nWORKDIR /w\nENV A=1 T=old\n"
      "RUN --mount=type=secret,id=t,env=T --mount=type=secret,id=t x\n");
  const auto& process = executor.specs.at(0).process;
  CHECK(process.cwd == "/w");
  CHECK(process.user.uid == 5);
  CHECK(process.user.additional_gids == std::vector<std::uint32_t>{6});
  const auto& env = process.env;
  const auto has = [&](const std::string& pair) {
    return std::count(env.begin(), env.end(), pair);
  };
  CHECK(has("A=1") == 1);
  CHECK(has("HOME=/home/app") == 1);
  CHECK(has("T=hush") == 1);
  CHECK(has("T=old") == 0);
  const auto& mounts = executor.specs.at(0).mounts;
  const auto& secret = mounts.back();
  CHECK(secret.destination == "/run/secrets/t");
  CHECK(secret.content == "hush");
  CHECK(secret.options ==
        std::vector<std::string>{"ro", "mode=400", "uid=0", "gid=0"});
}

TEST_CASE_METHOD(Fixture,
                 "a changed secret rebuilds nothing, a missing one "
                 "that is required fails",
                 "[build][D292][D294]") {
  const std::string text = "FROM scratch\nRUN --mount=type=secret,id=t x\n";
  options.credentials.secrets["t"] = "one";
  build(text);
  options.credentials.secrets["t"] = "two";
  CHECK(build(text).run_steps == 0);
  options.credentials.secrets.clear();
  CHECK(build(text).run_steps == 0);
  const auto error =
      error_of("FROM scratch\nRUN --mount=type=secret,id=u,required x\n");
  CHECK_THAT(error.message(), Contains("secret \"u\" is required"));
}

TEST_CASE_METHOD(Fixture, "cache mounts share by id, and by mode and owner",
                 "[build][root][D276][D277]") {
  const auto source = [&](const std::string& keys) {
    build("FROM scratch\nRUN --mount=type=cache," + keys + " x" +
          std::to_string(executor.specs.size()) + "\n");
    return executor.specs.back().mounts.back().source;
  };
  const auto plain = source("target=/c");
  CHECK(plain == source("target=/d,id=/c"));
  CHECK(plain == source("target=/c,mode=755,uid=0"));
  CHECK(plain != source("target=/c,uid=5"));
  CHECK(plain != source("target=/d"));
}
