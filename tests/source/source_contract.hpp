// SPDX-License-Identifier: MIT
/// What every source must do, whatever it reads.
#pragma once

#include <functional>
#include <memory>

#include "a2a_backup/archive/entry_name.hpp"
#include "a2a_backup/core/staging_dir.hpp"
#include "a2a_backup/source/source.hpp"
#include "catch.hpp"
#include "support.hpp"

namespace a2a_backup::test {

/// Runs the contract over the source that `make` makes of a system in a folder which
/// `make_system()` or something like it has filled. Call it from a TEST_CASE of its own.
inline void check_source_contract(
    const std::function<void(const fs::path& root)>& fill,
    const std::function<std::unique_ptr<Source>(const fs::path& root)>& make) {
  const TempDir root;
  const TempDir scratch;
  fill(root.path());
  const auto before = tree_of(root.path());
  std::unique_ptr<Source> source = make(root.path());
  const std::uint64_t announced = source->content_size();
  CHECK(source->staging_size() <= announced);
  const StagingDir staging(scratch.path());
  TestProgress progress;
  progress.phase("snapshot", announced);
  source->capture(staging.path(), progress);
  REQUIRE(!source->entries().empty());

  SECTION("the live data is as it was") {
    Metadata metadata;
    source->annotate(metadata);
    source.reset();
    CHECK(tree_of(root.path()) == before);
  }

  SECTION("it says what it is and where") {
    CHECK_THAT(source->describe(), Catch::Matchers::ContainsSubstring(root.path().string()));
  }

  SECTION("what it copied is private and no more than there is") {
    std::uint64_t copied = 0;
    for (const fs::directory_entry& file : fs::recursive_directory_iterator(staging.path())) {
      CHECK(mode_of(file.path()) == 0600);
      copied += file.file_size();
    }
    CHECK(copied >= source->staging_size());
    CHECK(copied <= announced);
  }

  SECTION("it tells the observer about the bytes of its data") {
    std::uint64_t total = 0;
    for (const SourceEntry& entry : source->entries()) total += entry.size.value();
    CHECK(progress.phases["snapshot"] == total);
  }

  SECTION("entries are sorted, with allowed names, and know where they came from") {
    std::string last;
    for (const SourceEntry& entry : source->entries()) {
      CHECK(last < entry.name);
      last = entry.name;
      CHECK(entry_name_problem(entry.name).empty());
      const auto status = stat_path(entry.source);
      REQUIRE(status.has_value());
      CHECK(std::chrono::floor<std::chrono::seconds>(entry.mtime).time_since_epoch() ==
            std::chrono::seconds(status->st_mtim.tv_sec));
    }
  }

  SECTION("an entry yields its size in bytes, as often as it is opened, in any order") {
    std::map<std::string, std::string> first;
    for (const SourceEntry& entry : source->entries()) {
      first[entry.name] = read_all(*source->open(entry), 777);
      CHECK(first[entry.name].size() == entry.size);
    }
    for (auto entry = source->entries().rbegin(); entry != source->entries().rend(); ++entry) {
      CHECK((read_all(*source->open(*entry)) == first[entry->name]));
    }
  }

  SECTION("what was captured is frozen") {
    std::map<std::string, std::string> first;
    for (const SourceEntry& entry : source->entries()) {
      first[entry.name] = read_all(*source->open(entry));
    }
    for (const fs::directory_entry& file : fs::directory_iterator(root.path())) {
      fs::remove_all(file.path());
    }
    for (const SourceEntry& entry : source->entries()) {
      CHECK((read_all(*source->open(entry)) == first[entry.name]));
    }
  }

  SECTION("it adds to the metadata, and takes nothing from it") {
    Metadata metadata;
    metadata.warnings = {"an earlier one"};
    metadata.tags = {{"k", "v"}};
    source->annotate(metadata);
    CHECK((metadata.tasks || metadata.database));
    CHECK(metadata.warnings.at(0) == "an earlier one");
    CHECK(metadata.tags.at("k") == "v");
  }

  SECTION("a staging folder that cannot be written to is an error of ours, where it is needed") {
    auto another = make(root.path());
    const bool needed = another->staging_size() > 0;
    const Error error = error_of([&] { another->capture(scratch / "missing", progress); });
    CHECK((error.message() != "<nothing was thrown>") == needed);
    another.reset();
    source.reset();
    CHECK(tree_of(root.path()) == before);
  }
}

}  // namespace a2a_backup::test
