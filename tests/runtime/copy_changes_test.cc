// Changes of a copied tree: laid over the layer below they give that tree.
#include "runtime/copy_changes.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "base/temp_dir.h"
#include "busybox_step.h"
#include "runtime/merged_copy.h"

namespace fs = std::filesystem;

namespace {

constexpr const char* kOpaque = "trusted.overlay.opaque";

class Layers {
 public:
  explicit Layers(const std::string& commands) {
    for (const char* name : {"lower", "upper"}) fs::create_directory(at(name));
    shell("lower", commands);
  }

  // What a step that runs `commands` leaves.
  std::string tree_after(const std::string& commands) {
    merge("tree");
    const runtime::TreeState before = runtime::look_at_tree(at("tree"));
    runtime::wait_for_next_tick(before);
    shell("tree", commands);
    std::string tree = list("tree");
    runtime::move_changes(at("tree"), before, at("upper"), kOpaque);
    return tree;
  }

  // What a next step sees.
  std::string merged() {
    merge("merged");
    return list("merged");
  }

  // Paths of files, whiteouts and directories of the upper directory.
  std::string changes() { return output("upper", "find . | sort | xargs"); }

 private:
  fs::path at(const std::string& name) const { return temp_.path() / name; }

  void merge(const std::string& name) {
    fs::remove_all(at(name));
    fs::create_directory(at(name));
    runtime::copy_merged({at("lower")}, at("upper"), at(name), {});
  }

  std::string output(const std::string& directory,
                     const std::string& commands) {
    shell(directory, "{ " + commands + "; } > ../output");
    return tests::read(at("output"));
  }

  std::string list(const std::string& name) {
    return output(name,
                  "find . -exec stat -c '%n %F %a %Y' {} + | sort; "
                  "find . -type f | sort | xargs md5sum");
  }

  void shell(const std::string& directory, const std::string& commands) {
    const std::string all =
        "cd '" + at(directory).native() + "' && { " + commands + "\n}";
    INFO(commands);
    REQUIRE(std::system(all.c_str()) == 0);
  }

  base::TempDir temp_;
};

}  // namespace

TEST_CASE("old files that were moved back below a new directory are kept",
          "[root][runtime]") {
  Layers layers(
      "mkdir -p app/src/deep app-a && echo a > app-a/a && "
      "echo m > app/src/deep/m && echo g > app/src/g");
  const std::string tree = layers.tree_after(
      "mv app old && mkdir app && mv old/* app && rmdir old && rm app/src/g");
  CHECK(layers.merged() == tree);
  CHECK(layers.changes() ==
        ". ./app ./app/src ./app/src/deep ./app/src/deep/m\n");
}

TEST_CASE("whatever takes a place is what a next step sees",
          "[root][runtime]") {
  Layers layers(
      "mkdir -p a b p/q r/q d/sub && echo f > a/f && ln a/f b/f && "
      "echo p > p/q/p && echo r > r/q/r && ln r/q/r p/q/r && "
      "echo x > d/sub/x && ln -s d link && echo 1 > one && echo 2 > two && "
      "touch -r one two");
  const std::string commands = GENERATE(
      "mv a c && mv b a", "mv p s && mv r p", "rm -r p && mv r p",
      "mv p/q s && mv r/q p/q && mv s r/q", "mv p s && mkdir p && mv s/q p/q",
      "cp -p two new && mv new one", "mv d e", "mkdir -p n/n && mv d n/n/d",
      "mv d e && echo file > d", "mv d e && ln -s e d", "rm link && mv d link",
      "rm one && mv d one && mkdir d", "mv a/f b/f2 && mv b/f a/f",
      "mv d t && mkdir d && mv t/sub d/sub && rm d/sub/x && rmdir t",
      "mv d t && mv t d", "mv d/sub t && rmdir d && mv t d");
  INFO(commands);
  const std::string tree = layers.tree_after(commands);
  CHECK(layers.merged() == tree);
}

TEST_CASE("a new directory hides what an earlier run left in its place",
          "[root][runtime]") {
  Layers layers("mkdir -p d/sub && echo x > d/sub/x && echo f > d/f");
  std::string tree = layers.tree_after(
      "echo y > d/sub/y && echo more >> d/f && rm d/sub/x && mkdir d/n");
  REQUIRE(layers.merged() == tree);
  tree = layers.tree_after("mv d t && mkdir d && mv t/f t/n d && rm -r t");
  CHECK(layers.merged() == tree);
  tree = layers.tree_after("rm -r d && echo file > d");
  CHECK(layers.merged() == tree);
  tree = layers.tree_after("rm d && mkdir -p d/sub");
  CHECK(layers.merged() == tree);
}
