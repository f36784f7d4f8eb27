#include "store/in_flight.h"

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <thread>
#include <vector>

#include "base/file.h"
#include "base/temp_dir.h"

namespace {

namespace fs = std::filesystem;
using store::StepClaim;
using store::StepWatch;

struct Fixture {
  base::TempDir root;
  store::InFlight records{root.path()};
  base::Digest key = base::Digest::of("a step");
  fs::path file = root.path() / "inflight" / key.hex();

  std::variant<StepClaim, StepWatch> claim() const {
    return records.claim(key, {::getpid(), root.path() / "logs/b/1.log"});
  }
  StepClaim own() const { return std::get<StepClaim>(claim()); }
  StepWatch watch() const { return std::get<StepWatch>(claim()); }
  void die_with_a_claim() const {
    const pid_t child = ::fork();
    if (child == 0) {
      const StepClaim claim = own();
      ::raise(SIGKILL);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    REQUIRE(WIFSIGNALED(status));
  }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "a second builder of a step watches the first",
                 "[store]") {
  StepClaim owner = own();
  StepWatch other = watch();
  CHECK_FALSE(other.is_over());
  REQUIRE(other.owner());
  CHECK(other.owner()->pid == ::getpid());
  CHECK(other.owner()->log == "logs/b/1.log");
  owner.done();
  CHECK(other.is_over());
  CHECK(other.is_done());
  CHECK_FALSE(other.failure());
  CHECK_FALSE(fs::exists(file));
}

TEST_CASE_METHOD(Fixture, "a step's failure reaches who waits whole",
                 "[store]") {
  StepClaim owner = own();
  StepWatch other = watch();
  base::Error error(base::ErrorKind::step_failed, "RUN failed");
  error.hint("a hint").excerpt("last output:\n  \xff odd\n").exit_code(7);
  owner.failed({error, "limits"});
  REQUIRE(other.is_over());
  CHECK_FALSE(other.is_done());
  const auto failure = other.failure();
  REQUIRE(failure);
  CHECK(failure->circumstances == "limits");
  CHECK(failure->error.kind() == base::ErrorKind::step_failed);
  CHECK(failure->error.message() == "RUN failed");
  CHECK(failure->error.hint() == "a hint");
  CHECK(failure->error.excerpt() == "last output:\n  \xef\xbf\xbd odd\n");
  CHECK(failure->error.exit_code() == 7);
}

TEST_CASE_METHOD(Fixture, "a claim without an end is taken over", "[store]") {
  std::optional<StepWatch> other;
  {
    const StepClaim owner = own();
    other.emplace(watch());
  }
  CHECK(other->is_over());
  CHECK_FALSE(other->is_done());
  CHECK_FALSE(other->failure());
  own().done();
}

TEST_CASE_METHOD(Fixture, "a killed owner's record is the next one's",
                 "[store]") {
  die_with_a_claim();
  REQUIRE(fs::exists(file));
  StepClaim heir = own();
  StepWatch other = watch();
  CHECK(other.owner()->pid == ::getpid());
  heir.done();
  CHECK(other.is_done());
}

TEST_CASE_METHOD(Fixture, "records of the dead are swept, not of the living",
                 "[store]") {
  records.remove_dead();
  die_with_a_claim();
  const base::Digest alive = base::Digest::of("another step");
  const auto owner = records.claim(alive, {});
  records.remove_dead();
  CHECK_FALSE(fs::exists(file));
  CHECK(fs::exists(root.path() / "inflight" / alive.hex()));
}

TEST_CASE_METHOD(Fixture, "a lock that a child inherited holds up nobody",
                 "[store]") {
  std::optional<StepClaim> owner = own();
  StepWatch other = watch();
  const pid_t child = ::fork();
  if (child == 0) {
    ::pause();
    ::_exit(0);
  }
  owner->done();
  CHECK(other.is_over());
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
}

TEST_CASE_METHOD(Fixture, "a step has one owner while others come and sweep",
                 "[store]") {
  std::atomic<int> owners = 0;
  std::atomic<int> made = 0;
  std::atomic<bool> is_right = true;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int round = 0; round < 300; ++round) {
          auto claimed = claim();
          if (auto* owner = std::get_if<StepClaim>(&claimed)) {
            if (++owners != 1) is_right = false;
            ++made;
            --owners;
            if (round % 2 == 0) owner->done();
          } else {
            std::get<StepWatch>(claimed).is_over();
          }
          if (round % 7 == 0) records.remove_dead();
        }
      });
    }
  }
  CHECK(is_right);
  CHECK(made > 0);
  CHECK(std::holds_alternative<StepClaim>(claim()));
}
