// SPDX-License-Identifier: MIT
/// What every store must do, whatever it is made of.
#pragma once

#include <array>

#include "a2a_backup/store/store.hpp"
#include "catch.hpp"
#include "support.hpp"

namespace a2a_backup::test {

/// The names that a listing shows, each with a space after it.
inline std::string names_in(const Store& store, std::string_view prefix = "") {
  std::string names;
  for (const StoredFile& file : store.list(prefix)) names += file.name + " ";
  return names;
}

inline std::string content_of(const Store& store, const std::string& name) {
  const auto file = store.open(name);
  std::string text(file->size(), '\0');
  file->read_at(0, std::as_writable_bytes(std::span(text)));
  return text;
}

/// Runs the contract over a store that is empty. Call it from a TEST_CASE of its own.
inline void check_store_contract(Store& store) {
  const TempDir local;
  const fs::path file = local / "file";
  const fs::path fetched = local / "fetched";
  const std::string text = std::string(70'000, 'a') + "middle" + std::string(70'000, 'z');
  write_text(file, text);

  SECTION("it starts empty") {
    CHECK(store.list("").empty());
    CHECK(!store.location().empty());
  }

  SECTION("what was put is there, whole, and does not depend on the local file") {
    CHECK(store.put(file, "a.zip"));
    fs::remove(file);
    CHECK((content_of(store, "a.zip") == text));
    store.get("a.zip", fetched);
    CHECK((read_text_file(fetched) == text));
    CHECK(mode_of(fetched) == 0600);
  }

  SECTION("an empty file is a file") {
    write_text(file, "");
    CHECK(store.put(file, "empty.zip"));
    CHECK(content_of(store, "empty.zip").empty());
    CHECK(store.list("").at(0).size == 0);
  }

  SECTION("a taken name is refused and keeps its content") {
    CHECK(store.put(file, "a.zip"));
    write_text(local / "other", "other");
    CHECK(!store.put(local / "other", "a.zip"));
    CHECK((content_of(store, "a.zip") == text));
    CHECK(store.list("").size() == 1);
  }

  SECTION("a local file that is missing is an error and takes no name") {
    CHECK(error_of([&] { store.put(local / "missing", "a.zip"); }).kind() == ErrorKind::failed);
    CHECK(store.list("").empty());
  }

  SECTION("parts are read at any offset, and never beyond the end") {
    store.put(file, "a.zip");
    const auto opened = store.open("a.zip");
    CHECK(opened->size() == text.size());
    CHECK_THAT(opened->name(), Catch::Matchers::ContainsSubstring("a.zip"));
    std::array<std::byte, 6> middle{};
    opened->read_at(70'000, middle);
    CHECK(static_cast<char>(middle[0]) == 'm');
    CHECK(static_cast<char>(middle[5]) == 'e');
    CHECK_THROWS_AS(opened->read_at(text.size() - 5, middle), Error);
    CHECK_THROWS_AS(opened->read_at(text.size() + 5, middle), Error);
  }

  SECTION("what is opened stays readable when it is removed") {
    store.put(file, "a.zip");
    const auto opened = store.open("a.zip");
    store.remove("a.zip");
    std::array<std::byte, 6> middle{};
    CHECK_NOTHROW(opened->read_at(70'000, middle));
  }

  SECTION("a missing name is not found, and nothing is made of it") {
    CHECK(error_of([&] { store.open("no.zip"); }).kind() == ErrorKind::not_found);
    CHECK(error_of([&] { store.get("no.zip", fetched); }).kind() == ErrorKind::not_found);
    CHECK(!fs::exists(fetched));
    CHECK(store.list("").empty());
  }

  SECTION("getting never overwrites a local file") {
    store.put(file, "a.zip");
    write_text(fetched, "precious");
    CHECK_THROWS_AS(store.get("a.zip", fetched), Error);
    CHECK(read_text_file(fetched) == "precious");
  }

  SECTION("the list is by name, by prefix, with sizes") {
    for (const char* name : {"b_2.zip", "a.zip", "b_1.zip", "B.zip"}) {
      write_text(local / name, name);
      CHECK(store.put(local / name, name));
    }
    CHECK(names_in(store) == "B.zip a.zip b_1.zip b_2.zip ");
    CHECK(names_in(store, "b_") == "b_1.zip b_2.zip ");
    CHECK(names_in(store, "b_1.zip") == "b_1.zip ");
    CHECK(names_in(store, "c").empty());
    CHECK(store.list("a").at(0).size == 5);
  }

  SECTION("removing is for good, and a second time is fine") {
    store.put(file, "a.zip");
    store.put(file, "b.zip");
    store.remove("a.zip");
    store.remove("a.zip");
    store.remove("never.zip");
    store.sync();
    CHECK(names_in(store) == "b.zip ");
    CHECK(store.put(file, "a.zip"));
  }
}

}  // namespace a2a_backup::test
