// Where COPY and ADD put files, on a layer in memory.
#include "copy_fixture.h"
#include "tests/has_kind.h"

using base::ErrorKind;
using store::Entry;
using store::EntryType;
using store::Timestamp;
using tests::Copy;
using tests::directory;
using tests::file;
using tests::link_to;

TEST_CASE_METHOD(Copy, "one file to a missing name takes that name",
                 "[copy][D345][D351]") {
  add_file("f", "text", 04755);
  CHECK(run({"f"}, "/new/name") ==
        "new d 755 0:0\n"
        "new/name f 4755 0:0 text\n");
  CHECK(layer.at("new/name").mtime == Timestamp{5, 6});
}

TEST_CASE_METHOD(Copy, "a slash or an existing directory takes the file inside",
                 "[copy][D344][D345]") {
  add_file("f", "text");
  CHECK(run({"f"}, "/new/") == "new d 755 0:0\nnew/f f 644 0:0 text\n");
  base = {directory("old", 0700)};
  CHECK(run({"f"}, "/old") == "old d 700 0:0\nold/f f 644 0:0 text\n");
  CHECK(run({"f"}, "/") == "f f 644 0:0 text\n");
}

TEST_CASE_METHOD(Copy, "an existing file is replaced by a new one",
                 "[copy][D346]") {
  add_file("f", "new");
  base = {directory("d"), file("d/f", "old")};
  CHECK(run({"f"}, "/d/f") == "d d 755 0:0\nd/f f 644 0:0 new\n");
}

TEST_CASE_METHOD(Copy, "a file that one wildcard found may be given a name",
                 "[copy][D347]") {
  add_directory("target");
  add_file("target/app-1.2.jar", "jar");
  CHECK(run({"target/*.jar"}, "/app.jar") == "app.jar f 644 0:0 jar\n");
  add_file("target/lib.jar", "lib");
  CHECK_THROWS_MATCHES(
      run({"target/*.jar"}, "/app.jar"), base::Error,
      tests::HasKind(ErrorKind::invalid_input, "several sources"));
  CHECK(run({"target/*.jar"}, "/app/") ==
        "app d 755 0:0\n"
        "app/app-1.2.jar f 644 0:0 jar\n"
        "app/lib.jar f 644 0:0 lib\n");
}

TEST_CASE_METHOD(Copy, "several words want a directory", "[copy][D347]") {
  add_file("a", "1");
  add_file("b", "2");
  CHECK_THROWS_AS(run({"a", "b"}, "/x"), base::Error);
  base = {directory("x")};
  CHECK(run({"a", "b"}, "/x") ==
        "x d 755 0:0\nx/a f 644 0:0 1\nx/b f 644 0:0 2\n");
}

TEST_CASE_METHOD(Copy, "directories share a new name, files follow them there",
                 "[copy][D347][D333]") {
  add_directory("s");
  add_file("s/f", "1");
  add_directory("t");
  add_file("t/g", "2");
  add_file("h", "3");
  CHECK(run({"s", "t", "h"}, "/x") ==
        "x d 755 0:0\n"
        "x/f f 644 0:0 1\n"
        "x/g f 644 0:0 2\n"
        "x/h f 644 0:0 3\n");
  CHECK_THROWS_MATCHES(
      run({"h", "s"}, "/x"), base::Error,
      tests::HasKind(ErrorKind::invalid_input, "several sources"));
}

TEST_CASE_METHOD(Copy, "an error says which source met what where",
                 "[copy][D348]") {
  add_directory("s");
  base = {directory("d"), file("d/plain")};
  CHECK_THROWS_MATCHES(
      run({"s"}, "/d/plain"), base::Error,
      tests::HasKind(ErrorKind::invalid_input,
                     "copying \"s\" to \"/d/plain\": \"/d/plain\" is not"));
}

TEST_CASE_METHOD(Copy, "a setgid directory passes its group and bit on",
                 "[copy][D351]") {
  add_directory("s");
  add_directory("s/sub");
  add_file("s/sub/f", "1");
  Entry shared = directory("d", 02775);
  shared.owner = {7, 50};
  base = {shared};
  CHECK(run({"s"}, "/d/new/er") ==
        "d d 2775 7:50\n"
        "d/new d 2755 0:50\n"
        "d/new/er d 2755 0:50\n"
        "d/new/er/sub d 755 0:0\n"
        "d/new/er/sub/f f 644 0:0 1\n");
  op.chown = "1:2";
  CHECK(run({"s/sub/f"}, "/d/g/") ==
        "d d 2775 7:50\n"
        "d/g d 2755 1:2\n"
        "d/g/f f 644 1:2 1\n");
  op.chmod = parser::FileMode(0700);
  CHECK(run({"s/sub/f"}, "/d/g/") ==
        "d d 2775 7:50\n"
        "d/g d 700 1:2\n"
        "d/g/f f 700 1:2 1\n");
}

TEST_CASE_METHOD(Copy, "what matches nothing writes nothing", "[copy][D329]") {
  CHECK(run({"*.c"}, "/x").empty());
  CHECK(run({"*.c", "*.h"}, "/x").empty());
}

TEST_CASE_METHOD(Copy, "a directory's contents are merged into the destination",
                 "[copy][D332][D333][D352][D354][D355]") {
  add_directory("s", 0700);
  add_directory("s/sub", 0750);
  add_file("s/sub/f", "1");
  add_file("s/g", "2");
  base = {directory("d", 0711), directory("d/sub", 0777), file("d/sub/kept"),
          file("d/g", "old")};
  CHECK(run({"s"}, "/d") ==
        "d d 711 0:0\n"
        "d/g f 644 0:0 2\n"
        "d/sub d 750 0:0\n"
        "d/sub/f f 644 0:0 1\n");
  CHECK(layer.at("d").mtime == Timestamp{7, 8});
  CHECK(run({"s"}, "/new/x") ==
        "new d 755 0:0\n"
        "new/x d 755 0:0\n"
        "new/x/g f 644 0:0 2\n"
        "new/x/sub d 750 0:0\n"
        "new/x/sub/f f 644 0:0 1\n");
}

TEST_CASE_METHOD(Copy, "several directories to a missing name are merged there",
                 "[copy][D333]") {
  add_directory("s");
  add_directory("s/a");
  add_file("s/a/f", "1");
  add_directory("s/b");
  add_file("s/b/f", "2");
  CHECK(run({"s/*"}, "/d") == "d d 755 0:0\nd/f f 644 0:0 2\n");
}

TEST_CASE_METHOD(Copy, "directories and files do not replace each other",
                 "[copy][D348]") {
  add_directory("s");
  add_directory("s/x");
  add_file("f");
  base = {file("plain"), directory("d"), file("d/x"), directory("e"),
          directory("e/f")};
  CHECK_THROWS_MATCHES(run({"s"}, "/plain"), base::Error,
                       tests::HasKind(ErrorKind::invalid_input,
                                      "\"/plain\" is not a directory"));
  CHECK_THROWS_MATCHES(
      run({"s"}, "/d"), base::Error,
      tests::HasKind(ErrorKind::invalid_input, "\"/d/x\" is there already"));
  CHECK_THROWS_MATCHES(
      run({"f"}, "/e"), base::Error,
      tests::HasKind(ErrorKind::invalid_input, "\"/e/f\" is a directory"));
  CHECK_THROWS_AS(run({"f"}, "/plain/"), base::Error);
  CHECK_THROWS_AS(run({"f"}, "/plain/below"), base::Error);
}

TEST_CASE_METHOD(Copy, "links in the destination are followed inside the root",
                 "[copy][D349][D325]") {
  add_file("f", "1");
  base = {link_to("lib", "usr/lib"),
          directory("usr"),
          directory("usr/lib"),
          link_to("out", "../../usr"),
          link_to("dangling", "/opt/app"),
          link_to("name", "usr/other")};
  CHECK(run({"f"}, "/lib/f") ==
        "usr d 755 0:0\nusr/lib d 755 0:0\nusr/lib/f f 644 0:0 1\n");
  CHECK(run({"f"}, "/lib/") ==
        "usr d 755 0:0\nusr/lib d 755 0:0\nusr/lib/f f 644 0:0 1\n");
  CHECK(run({"f"}, "/out/f") == "usr d 755 0:0\nusr/f f 644 0:0 1\n");
  CHECK(run({"f"}, "/dangling/") ==
        "opt d 755 0:0\nopt/app d 755 0:0\nopt/app/f f 644 0:0 1\n");
  CHECK(run({"f"}, "/name") == "usr d 755 0:0\nusr/other f 644 0:0 1\n");
  base = {link_to("a", "b"), link_to("b", "a")};
  CHECK_THROWS_MATCHES(run({"f"}, "/a/f"), base::Error,
                       tests::HasKind(ErrorKind::invalid_input, "loop"));
}

TEST_CASE_METHOD(Copy, "below the destination no link is followed",
                 "[copy][D350]") {
  add_directory("s");
  add_file("s/l", "mine");
  base = {directory("d"), link_to("d/l", "/etc/passwd")};
  CHECK(run({"s"}, "/d") == "d d 755 0:0\nd/l f 644 0:0 mine\n");
  add_directory("t");
  add_directory("t/l");
  CHECK_THROWS_AS(run({"t"}, "/d"), base::Error);
}

TEST_CASE_METHOD(Copy, "links, hard links and modes are kept as they are",
                 "[copy][D335][D337][D338]") {
  add_directory("s");
  add_file("s/a", "1", 02750);
  Entry hard = file("s/b");
  hard.type = EntryType::hardlink;
  hard.link_target = "s/a";
  add(hard);
  add(link_to("s/l", "../nowhere"));
  CHECK(run({"s"}, "/d/") ==
        "d d 755 0:0\n"
        "d/a f 2750 0:0 1\n"
        "d/b h 2750 0:0 d/a\n"
        "d/l l 777 0:0 ../nowhere\n");
}

TEST_CASE_METHOD(Copy, "flag --chown and --chmod are for all that is written",
                 "[copy][D351][D360][D363]") {
  add_directory("s");
  add_directory("s/sub", 0700);
  add_file("s/sub/f", "1", 04755);
  add(link_to("s/l", "x"));
  op.chown = "5:6";
  op.chmod = parser::FileMode(0600);
  CHECK(run({"s"}, "/new/d/") ==
        "new d 600 5:6\n"
        "new/d d 600 5:6\n"
        "new/d/l l 777 5:6 x\n"
        "new/d/sub d 600 5:6\n"
        "new/d/sub/f f 600 5:6 1\n");
  op.chmod.reset();
  base = {directory("d", 0711)};
  CHECK(run({"s/sub"}, "/d") == "d d 711 0:0\nd/f f 4755 5:6 1\n");
}

TEST_CASE_METHOD(Copy, "a mode in letters changes each file's own",
                 "[copy][D351][D362][D363]") {
  add_directory("s");
  add_directory("s/sub", 0700);
  add_file("s/sub/plain", "1", 0600);
  add_file("s/sub/program", "2", 04700);
  add(link_to("s/l", "x"));
  op.inline_files = {{"EOF", ""}};
  op.chmod = parser::FileMode::parse("go=u,a-w");
  CHECK(run({"s"}, "/new/d/") ==
        "new d 755 0:0\n"
        "new/d d 755 0:0\n"
        "new/d/EOF f 444 0:0\n"
        "new/d/l l 777 0:0 x\n"
        "new/d/sub d 555 0:0\n"
        "new/d/sub/plain f 444 0:0 1\n"
        "new/d/sub/program f 4555 0:0 2\n");
}

TEST_CASE_METHOD(Copy, "kept parents are like the directories of the source",
                 "[copy][D369][D372]") {
  add_directory("a", 0711);
  add_directory("a/b", 0700);
  add_file("a/b/f", "1");
  base = {directory("x", 0777), directory("x/a", 0777)};
  op.keeps_parents = true;
  CHECK(run({"a/b/f"}, "/x/") ==
        "x d 777 0:0\n"
        "x/a d 711 0:0\n"
        "x/a/b d 700 0:0\n"
        "x/a/b/f f 644 0:0 1\n");
  CHECK(layer.at("x/a").mtime == Timestamp{7, 8});
  op.chown = "5:6";
  op.chmod = parser::FileMode(0750);
  CHECK(run({"a/./b/f"}, "/x/") ==
        "x d 777 0:0\n"
        "x/b d 750 5:6\n"
        "x/b/f f 750 5:6 1\n");
}

TEST_CASE_METHOD(Copy, "flag --chown looks names up in the base",
                 "[copy][D356][D358]") {
  add_file("f", "1");
  tests::write_file(context() / "etc/passwd", "app:x:1000:1001::/:\n");
  base = {directory("etc"), file("etc/passwd")};
  op.chown = "app";
  CHECK(run({"f"}, "/g") == "g f 644 1000:1001 1\n");
  op.chown = "nobody";
  CHECK_THROWS_MATCHES(
      run({"f"}, "/g"), base::Error,
      tests::HasKind(ErrorKind::not_found, "/etc/passwd of the image"));
}

TEST_CASE_METHOD(Copy, "heredocs are files of their delimiter's name",
                 "[copy][D69][D70][D75][D402]") {
  add_file("f", "1");
  op.inline_files = {{"EOF", "text\n"}};
  CHECK(run({}, "/name") == "name f 644 0:0 text\n\n");
  CHECK(run({}, "/d/") == "d d 755 0:0\nd/EOF f 644 0:0 text\n\n");
  CHECK_THROWS_AS(run({"f"}, "/name"), base::Error);
  CHECK(run({"f"}, "/d/") ==
        "d d 755 0:0\nd/EOF f 644 0:0 text\n\nd/f f 644 0:0 1\n");
}

TEST_CASE_METHOD(Copy, "existing directories come along just as they were",
                 "[copy][D353]") {
  add_file("f");
  Entry owned = directory("srv", 01777);
  owned.owner = {3, 4};
  owned.mtime = {1, 2};
  owned.xattrs["user.a"] = "b";
  owned.opaque = true;
  base = {owned};
  run({"f"}, "/srv/f");
  Entry expected = owned;
  expected.opaque = false;
  CHECK(layer.at("srv") == expected);
}

TEST_CASE_METHOD(Copy, "a file that became shorter is not copied quietly",
                 "[copy]") {
  add_file("f", "long text");
  std::filesystem::resize_file(context() / "f", 3);
  CHECK_THROWS_MATCHES(run({"f"}, "/g"), base::Error,
                       tests::HasKind(ErrorKind::invalid_input, "shorter"));
}

TEST_CASE_METHOD(Copy, "owners of another stage are kept unless --chown",
                 "[copy][D340]") {
  Entry owned = file("f");
  owned.owner = {3, 4};
  add(owned, "1");
  CHECK(run({"f"}, "/g") == "g f 644 3:4 1\n");
  op.chown = "0";
  CHECK(run({"f"}, "/g") == "g f 644 0:0 1\n");
}

TEST_CASE_METHOD(Copy, "of a file with holes the content counts",
                 "[copy][D341]") {
  const std::string content = "a" + std::string(1 << 20, '\0') + "b";
  add_file("f", content);
  tests::write_file(context() / "f", "a");
  std::filesystem::resize_file(context() / "f", content.size() - 1);
  const base::Fd file = base::open_file(context() / "f", O_WRONLY | O_APPEND);
  base::write_all(file, "b");
  run({"f"}, "/g");
  CHECK(layer.items.at("g").content == content);
}
