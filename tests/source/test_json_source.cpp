// SPDX-License-Identifier: MIT
#include "a2a_backup/source/json_source.hpp"
#include "catch.hpp"
#include "source/source_contract.hpp"
#include "support.hpp"

using namespace a2a_backup;
using namespace a2a_backup::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using Clock = std::chrono::steady_clock;

namespace {

JsonSourceOptions without(std::vector<std::string> globs) {
  JsonSourceOptions options;
  options.exclude = std::move(globs);
  return options;
}

/// Captures the system and keeps what came of it.
struct Capture {
  explicit Capture(const fs::path& root, JsonSourceOptions options = {}) : source(root, options) {
    source.capture(staging.path(), no_progress());
    for (const SourceEntry& entry : source.entries()) {
      texts[entry.name] = read_all(*source.open(entry));
    }
    source.annotate(metadata);
  }
  TempDir staging;
  JsonSource source;
  std::map<std::string, std::string> texts;
  Metadata metadata;
};

/// The Error of a capture that must fail.
Error refusal(const fs::path& root, const JsonSourceOptions& options = {}) {
  const TempDir staging;
  JsonSource source(root, options);
  return error_of([&] { source.capture(staging.path(), no_progress()); });
}

void write_old(const fs::path& path, std::string_view text) {
  write_text(path, text);
  set_age(path, 1h);
}

}  // namespace

TEST_CASE("JsonSource keeps the contract of a source", "[json_source]") {
  check_source_contract(
      [](const fs::path& root) { make_system(root); },
      [](const fs::path& root) { return std::make_unique<JsonSource>(root, JsonSourceOptions{}); });
}

TEST_CASE("all of shared/*.json is taken, byte by byte, and nothing else", "[json_source]") {
  const TempDir root;
  make_system(root.path());
  write_old(root / "shared/jules_agents.json", "[NaN, \"\\ud83d\"]  \n");
  write_text(root / "shared/notes.txt", "no");
  write_text(root / "shared/.hidden.json", "no");
  write_text(root / "shared/tasks.json.tmp", "no");
  write_text(root / "shared/deep/other.json", "no");
  write_text(root / "other.json", "no");
  const Capture capture(root.path());
  CHECK(capture.texts ==
        std::map<std::string, std::string>{{"shared/agent_tasks.json", agents_json(3)},
                                           {"shared/jules_agents.json", "[NaN, \"\\ud83d\"]  \n"},
                                           {"shared/tasks.json", history_json(3)}});
  CHECK(capture.metadata.capture_attempts >= 1);
  REQUIRE(capture.metadata.tasks.has_value());
  CHECK(capture.metadata.tasks->total == 3);
  CHECK(capture.metadata.tasks->by_status.at("pending") == 4);
  CHECK(capture.metadata.warnings.empty());
}

// What the parser does not read is not copied.
TEST_CASE("a file with a zero byte in it is refused, or whole", "[json_source]") {
  const TempDir root;
  make_system(root.path());
  const std::string text = "[]" + std::string(200'000, '\0');
  write_old(root / "shared/padded.json", text);
  const TempDir staging;
  JsonSource source(root.path(), {});
  const Error error = error_of([&] { source.capture(staging.path(), no_progress()); });
  if (error.kind() == ErrorKind::source) return;
  CHECK((read_all(*source.open(source.entries().at(1))) == text));
}

TEST_CASE("excluded files are not looked at", "[json_source]") {
  const TempDir root;
  make_system(root.path());
  write_old(root / "shared/broken.json", "{");
  write_old(root / "shared/bad name?.json", "{}");
  const Capture capture(root.path(), without({"broken.json", "shared/bad*"}));
  CHECK(capture.texts.size() == 2);
}

TEST_CASE("without a folder shared there is nothing to capture", "[json_source]") {
  const TempDir root;
  CHECK(JsonSource(root.path(), {}).find().empty());
  write_text(root / "shared", "a file in the way");
  CHECK(refusal(root.path()).kind() == ErrorKind::source);
}

TEST_CASE("a file that is broken and at rest is refused at once", "[json_source]") {
  const TempDir root;
  make_system(root.path());
  const auto [text, words] =
      GENERATE(table<std::string, std::string>({{"[{\"task\": \"cut o", "is cut off after byte"},
                                                {"<html>502 Bad Gateway</html>", "is a web page"},
                                                {"", "is empty, not JSON"},
                                                {"{\"tasks\": []}", "is not a list of tasks"}}));
  write_old(root / "shared/tasks.json", text);
  const auto started = Clock::now();
  const Error error = refusal(root.path());
  CHECK(Clock::now() - started < 10s);  // it would be given up after fifteen
  CHECK(error.kind() == ErrorKind::source);
  CHECK_THAT(error.message(),
             ContainsSubstring((root / "shared/tasks.json").string() + " " + words));
  CHECK_THAT(error.hint(), ContainsSubstring("--only shared/tasks.json"));
}

TEST_CASE("a file that stays half-written is given up in time", "[json_source]") {
  const TempDir root;
  make_system(root.path());
  write_text(root / "shared/tasks.json", "[{\"task\"");
  JsonSourceOptions options;
  options.give_up = 150ms;
  const auto started = Clock::now();
  const Error error = refusal(root.path(), options);
  CHECK(error.kind() == ErrorKind::source);
  CHECK_THAT(error.message(), ContainsSubstring("is cut off"));
  CHECK(Clock::now() - started >= 150ms);
  CHECK(Clock::now() - started < 10s);
}

TEST_CASE("links inside the system are followed, links out of it are refused", "[json_source]") {
  const TempDir root;
  const TempDir outside;
  make_system(root.path());
  write_old(root / "data/real.json", "{}");
  fs::create_symlink("../data/real.json", root / "shared/linked.json");
  CHECK(Capture(root.path()).texts.at("shared/linked.json") == "{}");

  write_old(outside / "secret.json", "{}");
  fs::create_symlink(outside / "secret.json", root / "shared/secret.json");
  const Error error = refusal(root.path());
  CHECK(error.kind() == ErrorKind::source);
  CHECK_THAT(error.message(), ContainsSubstring("shared/secret.json is a link that leads out of"));
  CHECK(Capture(root.path(), without({"secret.json"})).texts.size() == 3);
}

TEST_CASE("the folder shared may itself be a link to elsewhere", "[json_source]") {
  const TempDir root;
  const TempDir volume;
  write_old(volume / "tasks.json", history_json(2));
  fs::create_directory_symlink(volume.path(), root / "shared");
  CHECK(Capture(root.path()).texts.at("shared/tasks.json") == history_json(2));
}

TEST_CASE("what is no file is refused and does not hang", "[json_source]") {
  const TempDir root;
  make_system(root.path());
  SECTION("a named pipe") {
    REQUIRE(mkfifo((root / "shared/pipe.json").c_str(), 0600) == 0);
  }
  SECTION("a folder") {
    fs::create_directory(root / "shared/pipe.json");
  }
  const Error error = refusal(root.path());
  CHECK(error.kind() == ErrorKind::source);
  CHECK_THAT(error.message(), ContainsSubstring("pipe.json is not a regular file"));
  CHECK_THAT(error.hint(), ContainsSubstring("--exclude shared/pipe.json"));
}

TEST_CASE("a link to nothing and a file of somebody else are named", "[json_source]") {
  const TempDir root;
  make_system(root.path());
  SECTION("dangling") {
    fs::create_symlink("nowhere.json", root / "shared/x.json");
    CHECK_THAT(refusal(root.path()).message(), ContainsSubstring("x.json: No such file"));
  }
  SECTION("unreadable") {
    write_old(root / "shared/x.json", "{}");
    fs::permissions(root / "shared/x.json", fs::perms{0});
    const AsNobody nobody;
    const Error error = refusal(root.path());
    CHECK(error.kind() == ErrorKind::source);
    CHECK_THAT(error.message(), ContainsSubstring("shared/x.json: Permission denied"));
  }
  SECTION("unreadable folder") {
    fs::permissions(root / "shared", fs::perms{0});
    const AsNobody nobody;
    const Error error = refusal(root.path());
    CHECK(error.kind() == ErrorKind::source);
    CHECK_THAT(error.message(), ContainsSubstring("cannot read the folder"));
  }
}

TEST_CASE("a name that cannot be in an archive is refused before reading", "[json_source]") {
  const TempDir root;
  make_system(root.path());
  SECTION("not printable") {
    write_old(root / "shared/evil\x1b[31m.json", "{}");
    const Error error = refusal(root.path());
    CHECK(error.kind() == ErrorKind::source);
    CHECK_THAT(error.message(), ContainsSubstring("evil\\x1b[31m.json has a character"));
  }
  SECTION("two that differ in case only") {
    write_old(root / "shared/Tasks.json", "[]");
    const Error error = refusal(root.path());
    CHECK(error.kind() == ErrorKind::source);
    CHECK_THAT(error.message(), ContainsSubstring("differ only in upper and lower case"));
  }
}

TEST_CASE("a clock that went back does not keep the backup waiting", "[json_source]") {
  const TempDir root;
  make_system(root.path());
  set_age(root / "shared/tasks.json", -24h);
  CHECK(Capture(root.path()).metadata.warnings.empty());
}
