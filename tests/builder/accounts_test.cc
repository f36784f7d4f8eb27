// Users and groups out of an image's files.
#include "builder/accounts.h"

#include <catch2/catch.hpp>

#include "base/temp_dir.h"
#include "fakes.h"
#include "tests/has_kind.h"

using base::ErrorKind;
using builder::Account;
using builder::Accounts;
using Numbers = std::vector<std::uint32_t>;

namespace {

class Image {
 public:
  Image() {
    tests::write_file(root_.path() / "etc/passwd",
                      "root:x:0:0:root:/root:/bin/sh\n"
                      "# not an account\n"
                      "app:x:1000:1001:App:/home/app:/bin/sh\n"
                      "bare:x:7:8\n"
                      "broken:x:many:0::/:\n"
                      "1234:x:50:51::/odd:\n");
    tests::write_file(root_.path() / "etc/group",
                      "root:x:0:\nwheel:x:10:root,app\napp:x:1001:\n"
                      "video:x:44:app\n");
  }
  Accounts accounts() const {
    return Accounts(
        tests::tree_of({tests::directory("etc"), tests::file("etc/passwd"),
                        tests::file("etc/group")},
                       root_.path()));
  }

 private:
  base::TempDir root_;
};

Accounts none() { return Accounts(tests::tree_of({})); }

}  // namespace

TEST_CASE("a user's name brings its group, its other groups and its home",
          "[accounts][D303][D305][D307]") {
  const Account app = Image().accounts().find_user("app");
  CHECK(app.uid == 1000);
  CHECK(app.gid == 1001);
  CHECK(app.additional_gids == Numbers{1001, 10, 44});
  CHECK(app.home == "/home/app");
  CHECK(Image().accounts().find_user("bare").home == "/");
}

TEST_CASE("no user at all is root as the image has it",
          "[accounts][D303][D307]") {
  const Account root = Image().accounts().find_user("");
  CHECK(root.uid == 0);
  CHECK(root.home == "/root");
  CHECK(root.additional_gids == Numbers{0, 10});
  CHECK(none().find_user("").home == "/");
  CHECK(none().find_user("root").uid == 0);
}

TEST_CASE("a number need not be listed", "[accounts][D306]") {
  const Accounts accounts = Image().accounts();
  CHECK(accounts.find_user("1000").gid == 1001);
  CHECK(accounts.find_user("1000").home == "/home/app");
  CHECK(accounts.find_user("4000").uid == 4000);
  CHECK(accounts.find_user("4000").gid == 0);
  CHECK(accounts.find_user("4000").home == "/");
  CHECK(none().find_user("4000:5").gid == 5);
}

TEST_CASE("a name of digits is a name first", "[accounts][D305]") {
  CHECK(Image().accounts().find_user("1234").uid == 50);
}

TEST_CASE("an explicit group is the only one", "[accounts][D307]") {
  const Account account = Image().accounts().find_user("app:video");
  CHECK(account.gid == 44);
  CHECK(account.additional_gids == Numbers{44});
}

TEST_CASE("a group alone belongs to root", "[accounts][D359]") {
  const store::Owner owner = Image().accounts().find_owner(":video");
  CHECK(owner == store::Owner{0, 44});
}

TEST_CASE("an unknown name fails and names the file it is not in",
          "[accounts][D305][D358]") {
  const Accounts accounts = Image().accounts();
  CHECK_THROWS_MATCHES(accounts.find_user("nobody"), base::Error,
                       tests::HasKind(ErrorKind::not_found,
                                      "user \"nobody\" is not in /etc/passwd"));
  CHECK_THROWS_MATCHES(accounts.find_owner("app:nobody"), base::Error,
                       tests::HasKind(ErrorKind::not_found,
                                      "group \"nobody\" is not in /etc/group"));
  CHECK_THROWS_AS(accounts.find_user("99999999999"), base::Error);
  CHECK_THROWS_AS(accounts.find_user("broken"), base::Error);
}

TEST_CASE(
    "flag --chown takes a number for the group too, a name brings its own",
    "[accounts][D357][D359]") {
  const Accounts accounts = Image().accounts();
  CHECK(accounts.find_owner("1000") == store::Owner{1000, 1000});
  CHECK(accounts.find_owner("app") == store::Owner{1000, 1001});
  CHECK(accounts.find_owner("app:") == store::Owner{1000, 0});
  CHECK(accounts.find_owner("5:video") == store::Owner{5, 44});
  CHECK(accounts.find_owner("") == store::Owner{0, 0});
  CHECK(none().find_owner("root:root") == store::Owner{0, 0});
}

TEST_CASE("flag --chown=root is number 0 whatever the image says",
          "[accounts][D357]") {
  const base::TempDir root;
  tests::write_file(root.path() / "etc/passwd", "root:x:7:8::/:\n");
  const Accounts accounts(tests::tree_of(
      {tests::directory("etc"), tests::file("etc/passwd")}, root.path()));
  CHECK(accounts.find_owner("root") == store::Owner{0, 0});
}

TEST_CASE("account files are found through links, inside the image only",
          "[accounts]") {
  const base::TempDir root;
  tests::write_file(root.path() / "usr/passwd", "app:x:5:6::/:\n");
  const Accounts accounts(tests::tree_of(
      {tests::directory("etc"), tests::link_to("etc/passwd", "/../usr/passwd"),
       tests::directory("usr"), tests::file("usr/passwd")},
      root.path()));
  CHECK(accounts.find_user("app").uid == 5);
}
