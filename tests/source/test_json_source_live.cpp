// SPDX-License-Identifier: MIT
/// The JSON files while the application writes them: cut to nothing, then written, one by one.
#include "a2a_backup/source/json_source.hpp"
#include "catch.hpp"
#include "support.hpp"

using namespace a2a_backup;
using namespace a2a_backup::test;
using namespace std::chrono_literals;

namespace {

const std::string history = "shared/tasks.json";
const std::string agents = "shared/agent_tasks.json";

/// Captures into `texts`; returns the warnings.
std::vector<std::string> capture(const fs::path& root, const JsonSourceOptions& options,
                                 std::map<std::string, std::string>& texts) {
  const TempDir staging;
  JsonSource source(root, options);
  source.capture(staging.path(), no_progress());
  for (const SourceEntry& entry : source.entries()) {
    texts[entry.name] = read_all(*source.open(entry));
    CHECK(texts[entry.name].size() == entry.size);
  }
  Metadata metadata;
  source.annotate(metadata);
  return metadata.warnings;
}

}  // namespace

TEST_CASE("a pair of files is taken from one moment", "[json_source]") {
  const TempDir root;
  const std::string filler(50'000, 'x');
  const auto write_pair = [&](int number) {
    const std::string text = "\"generation\": " + std::to_string(number) + ", \"f\": \"" + filler;
    write_text(root / agents, "{\"a\": [{" + text + "\"}]}");
    std::this_thread::sleep_for(5ms);
    write_text(root / history, "[{" + text + "\"}]");
  };
  write_pair(0);
  for (int run = 0; run < 3; ++run) {
    std::map<std::string, std::string> texts;
    std::vector<std::string> warnings;
    {
      const Background writer([&](int number) {
        write_pair(run * 1000 + number);
        std::this_thread::sleep_for(90ms);
      });
      warnings = capture(root.path(), {}, texts);
    }
    const auto generation = [&](const std::string& name) {
      return texts.at(name).substr(texts.at(name).find("generation"), 20);
    };
    // A machine that is too busy for the writer's pauses is told so by the warning.
    if (warnings.empty()) CHECK(generation(history) == generation(agents));
  }
}

TEST_CASE("files that never rest are taken whole, with a warning", "[json_source]") {
  const TempDir root;
  make_system(root.path());
  write_text(root / history, history_json(1));
  std::map<std::string, std::string> texts;
  JsonSourceOptions options;
  options.settle = 10s;
  options.patience = 100ms;
  std::vector<std::string> warnings;
  {
    const Background writer([&](int number) {
      write_text(root / history, history_json(number % 50));
      std::this_thread::sleep_for(8ms);
    });
    warnings = capture(root.path(), options, texts);
  }
  REQUIRE(warnings.size() == 1);
  CHECK_THAT(warnings[0], Catch::Matchers::ContainsSubstring("never came to rest"));
  CHECK(texts.at(history).back() == ']');
}

TEST_CASE("files that change faster than they can be read are given up", "[json_source]") {
  const TempDir root;
  make_system(root.path());
  // Always half-written, and always by a writer that is at work.
  write_text(root / history, "[");
  JsonSourceOptions options;
  options.give_up = 200ms;
  std::map<std::string, std::string> texts;
  const Background writer([&](int number) {
    write_text(root / history, std::string(static_cast<std::size_t>(number % 9 + 1), '['));
    std::this_thread::sleep_for(2ms);
  });
  CHECK(error_of([&] { capture(root.path(), options, texts); }).kind() == ErrorKind::source);
}

TEST_CASE("a rewrite of the same size is seen", "[json_source]") {
  const TempDir root;
  make_system(root.path());
  JsonSourceOptions options;
  options.settle = 300ms;
  write_text(root / history, "[\"old\"]");  // fresh, so the capture waits for it to settle
  std::atomic<bool> rewritten{false};
  std::map<std::string, std::string> texts;
  const Background writer([&](int number) {
    std::this_thread::sleep_for(60ms);
    if (number == 1) write_text(root / history, "[\"new\"]");
    rewritten = true;
  });
  capture(root.path(), options, texts);
  if (rewritten) CHECK(texts.at(history) == "[\"new\"]");
}

TEST_CASE("a rewrite of the same size and time is seen", "[json_source]") {
  const TempDir root;
  make_system(root.path());
  JsonSourceOptions options;
  options.settle = 300ms;
  write_text(root / history, "[\"fresh\"]");
  write_text(root / agents, "{\"a\": []}");
  set_age(root / agents, 1h);
  const auto time = fs::last_write_time(root / agents);
  std::atomic<bool> rewritten{false};
  std::map<std::string, std::string> texts;
  const Background writer([&](int number) {
    std::this_thread::sleep_for(60ms);
    if (number > 1) return;
    write_text(root / "new.json", "{\"b\": []}");
    fs::last_write_time(root / "new.json", time);
    fs::rename(root / "new.json", root / agents);
    rewritten = true;
  });
  capture(root.path(), options, texts);
  if (rewritten) CHECK(texts.at(agents) == "{\"b\": []}");
}

// In the kernel a file is empty a moment before its time changes, so a look in that moment finds an
// old file that does not parse. A race: it may also go well.
TEST_CASE("an old file that is just being rewritten is not taken for a broken one",
          "[json_source]") {
  const TempDir root;
  make_system(root.path());
  JsonSourceOptions options;
  options.settle = 1ms;
  const Background writer([&](int number) {
    set_age(root / history, 1h);
    std::this_thread::sleep_for(1ms);
    write_text(root / history, history_json(number % 5));
    std::this_thread::sleep_for(5ms);
  });
  for (int run = 0; run < 100; ++run) {
    std::map<std::string, std::string> texts;
    REQUIRE_NOTHROW(capture(root.path(), options, texts));
  }
}

TEST_CASE("a file that is replaced by rename is taken, old or new", "[json_source]") {
  const TempDir root;
  make_system(root.path());
  std::map<std::string, std::string> texts;
  {
    const Background writer([&](int number) {
      write_text(root / "shared/tasks.json.new", history_json(number % 5 + 1));
      fs::rename(root / "shared/tasks.json.new", root / history);
      std::this_thread::sleep_for(30ms);
    });
    JsonSourceOptions options;
    options.settle = 15ms;
    capture(root.path(), options, texts);
  }
  CHECK(texts.at(history).back() == ']');
}

// A file that goes between the listing and the opening is reported as unreadable. A race: it may
// also go well.
TEST_CASE("a file that appears or goes meanwhile does not stop the backup",
          "[json_source]") {
  const TempDir root;
  make_system(root.path());
  JsonSourceOptions options;
  options.settle = 1ms;
  const Background writer([&](int) {
    write_text(root / "shared/scratch.json", "{}");
    fs::remove(root / "shared/scratch.json");
  });
  for (int run = 0; run < 100; ++run) {
    std::map<std::string, std::string> texts;
    REQUIRE_NOTHROW(capture(root.path(), options, texts));
    REQUIRE(texts.contains(history));
  }
}
