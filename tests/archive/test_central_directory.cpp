// SPDX-License-Identifier: MIT
#include <algorithm>
#include <functional>
#include <utility>

#include "a2a_backup/archive/central_directory.hpp"
#include "a2a_backup/core/error.hpp"
#include "archive/zip_builder.hpp"
#include "catch.hpp"

using namespace a2a_backup;
using namespace a2a_backup::test;
using Catch::Matchers::ContainsSubstring;

namespace {

/// Why the bytes are refused; empty when they are not. Anything but an archive Error that names
/// the file and has a hint fails the test.
std::string refusal(const std::string& bytes, NamePolicy policy = NamePolicy::backup) {
  const MemoryFile file(bytes);
  try {
    read_central_directory(file, policy);
    return {};
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::archive);
    CHECK_THAT(error.message(), ContainsSubstring("test.zip"));
    CHECK_FALSE(error.message().ends_with('.'));
    CHECK_FALSE(error.hint().empty());
    return error.message();
  }
}

std::string refusal(const TestZip& zip, NamePolicy policy = NamePolicy::backup) {
  return refusal(zip.bytes(), policy);
}

/// The good archive after `change`, refused for a reason that contains `reason`.
void check_refused(const std::string& reason, const std::function<void(TestZip&)>& change) {
  TestZip zip = good_zip();
  REQUIRE(refusal(zip).empty());
  change(zip);
  CAPTURE(reason);
  CHECK_THAT(refusal(zip), ContainsSubstring(reason));
}

void both(TestEntry& entry, const std::function<void(TestHeader&)>& change) {
  change(entry.local);
  change(entry.central);
}

TestZip one_entry(TestEntry entry) {
  TestZip zip;
  zip.entries.push_back(std::move(entry));
  return zip;
}

}  // namespace

TEST_CASE("a plain archive is listed in the order of its directory", "[central_directory]") {
  const TestZip zip = good_zip();
  const auto file = file_of(zip);
  const auto entries = read_central_directory(*file, NamePolicy::backup);
  REQUIRE(entries.size() == 3);
  CHECK(entries[0].name == "shared/tasks.json");
  CHECK(entries[0].method == 0);
  CHECK(entries[0].size == 9);
  CHECK(entries[0].compressed_size == 9);
  CHECK(entries[0].crc32 == crc_of("[1, 2, 3]"));
  CHECK(entries[0].data_offset == 30 + entries[0].name.size());
  CHECK(entries[1].name == "database/a2a_system.db");
  CHECK(entries[1].method == 8);
  CHECK(entries[1].size == 5001);
  CHECK(entries[1].compressed_size == zip.entries[1].data.size());
  CHECK(entries[2].name == "backup_metadata.json");
}

TEST_CASE("what other programs write is accepted", "[central_directory]") {
  TestZip zip = good_zip();
  SECTION("data descriptors of every size") {
    for (const bool signature : {false, true}) {
      for (const bool wide : {false, true}) {
        zip.entries[1] = streamed_entry("database/a2a_system.db", "content", signature, wide);
        zip.entries[2] = streamed_entry("backup_metadata.json", "{}", signature, wide);
        CHECK(refusal(zip).empty());
      }
    }
  }
  SECTION("a data descriptor after a local zip64 field of zeros, as Info-ZIP streams") {
    zip.entries[1] = streamed_entry("database/a2a_system.db", "content", true, true);
    zip.entries[1].local.size = zip.entries[1].local.compressed_size = 0xffffffff;
    zip.entries[1].local.extra = zip64_extra({0, 0});
    CHECK(refusal(zip).empty());
  }
  SECTION("zip64 sizes in both headers, as Info-ZIP is told by -fz") {
    TestEntry& entry = zip.entries[1];
    entry.local.extra = zip64_extra({5001, entry.data.size()});
    entry.local.size = entry.local.compressed_size = 0xffffffff;
    entry.central.extra = zip64_extra({5001});
    entry.central.size = 0xffffffff;
    CHECK(refusal(zip).empty());
  }
  SECTION("zip64 fields that nothing refers to but agree") {
    zip.entries[0].central.extra = zip64_extra({9, 9});
    CHECK(refusal(zip).empty());
  }
  SECTION("a zip64 end record") {
    zip.zip64 = true;
    CHECK(refusal(zip).empty());
  }
  SECTION("other extra fields, long ones too, zeros that align, comments on entries") {
    zip.entries[0].local.extra = le(0x5455, 2) + le(1000, 2) + std::string(1000, 't');
    zip.entries[0].central.extra = le(0x7875, 2) + le(0, 2) + std::string(3, '\0');
    zip.entries[0].comment = "hello";
    CHECK(refusal(zip).empty());
  }
  SECTION("a directory in another order than the data") {
    const std::string before = good_zip().bytes();
    zip.entries[0].offset = 0;
    zip.entries[1].offset = static_cast<std::uint32_t>(before.find("PK\x03\x04", 4));
    const std::string bytes = zip.bytes();
    const auto header = [](const TestEntry& entry) { return 46 + entry.central.name.size(); };
    const std::size_t first = bytes.find("PK\x01\x02");
    const std::size_t second = first + header(zip.entries[0]);
    const std::size_t third = second + header(zip.entries[1]);
    const std::string swapped = bytes.substr(0, first) + bytes.substr(second, third - second) +
                                bytes.substr(first, second - first) + bytes.substr(third);
    const MemoryFile file(swapped);
    const auto entries = read_central_directory(file, NamePolicy::backup);
    CHECK(entries[0].name == "database/a2a_system.db");
    CHECK(entries[1].data_offset == 30 + entries[1].name.size());
  }
  SECTION("an entry without a Unix mode, and setuid bits, which nobody applies") {
    zip.entries[0].attributes = 0x20;
    zip.entries[1].attributes = std::uint32_t{0104755} << 16U;
    CHECK(refusal(zip).empty());
  }
}

TEST_CASE("the zip around backups may hold any safe path", "[central_directory]") {
  TestZip zip = one_entry(test_entry("a2a_backup_20250711_011832.zip", "inner"));
  zip.entries.push_back(test_folder("sub/folder/"));
  zip.entries.push_back(test_entry("sub/folder/\xc3\xa4 \xf0\x9f\x98\x80.txt", "x"));
  zip.entries.push_back(test_entry(std::string(255, 'n'), "x"));

  const auto entries = read_central_directory(*file_of(zip), NamePolicy::wrapper);
  REQUIRE(entries.size() == 3);
  CHECK(entries[1].name == "sub/folder/\xc3\xa4 \xf0\x9f\x98\x80.txt");
  CHECK_THAT(refusal(zip), ContainsSubstring("is neither"));

  zip.entries[1] = test_entry("sub/folder/", "content");
  zip.entries[1].attributes = 0x10;
  CHECK_THAT(refusal(zip, NamePolicy::wrapper), ContainsSubstring("folder with content"));
}

TEST_CASE("the zip around backups may hold no unsafe path", "[central_directory]") {
  using namespace std::string_literals;
  const std::vector<std::pair<std::string, std::string>> cases{
      {"", "has no name"},
      {"../x", "climbs out"},
      {"a/../x", "climbs out"},
      {"a/..", "climbs out"},
      {"../", "climbs out"},
      {"/x", "absolute"},
      {"/", "has no name"},
      {"a//x", "empty part"},
      {"a//", "empty part"},
      {"./x", "'.' part"},
      {"a/./x", "'.' part"},
      {"a\\x", "backslash"},
      {"C:x", "colon"},
      {"a\nb", "control"},
      {"a\0b"s, "control"},
      {"a\x7f", "control"},
      {"a\xc2\x85", "control"},
      {"a\xe2\x80\xa8", "control"},
      {"a\xe2\x80\xae", "turns text around"},
      {"a\xe2\x81\xa6", "turns text around"},
      {"a\xd8\x9c", "turns text around"},
      {"a\xff", "not UTF-8"},
      {"a\x80", "not UTF-8"},
      {"a\xc0\xaf", "not UTF-8"},
      {"a\xe0\x80\xaf", "not UTF-8"},
      {"a\xed\xa0\x80", "not UTF-8"},
      {"a\xf0\x80\x80\xaf", "not UTF-8"},
      {"a\xf4\x90\x80\x80", "not UTF-8"},
      {"a\xf8\x88\x80\x80\x80", "not UTF-8"},
      {"a\xe2\x80", "not UTF-8"},
      {std::string(256, 'n'), "more than 255 bytes"},
  };
  for (const auto& [name, reason] : cases) {
    CAPTURE(name);
    CHECK_THAT(refusal(one_entry(test_entry(name, "")), NamePolicy::wrapper),
               ContainsSubstring(reason));
  }
}

TEST_CASE("a backup with an unsafe path is refused for just that", "[central_directory]") {
  const auto reason = [](const std::string& name) {
    return refusal(one_entry(test_entry(name, "{}")));
  };
  CHECK_THAT(reason("../evil.json"), ContainsSubstring("climbs out"));
  CHECK_THAT(reason("shared/a\x1b.json"), ContainsSubstring("control"));
  CHECK_THAT(reason("shared/a\x1b.json"), ContainsSubstring("\\x1b"));
  CHECK_THAT(reason("shared/CON.json"), ContainsSubstring("device"));
  CHECK_THAT(reason("shared/" + std::string(300, 'n')), ContainsSubstring("nnn...'"));
}

TEST_CASE("what is not a zip is called what it is", "[central_directory]") {
  CHECK_THAT(refusal(std::string()), ContainsSubstring("is empty (0 bytes)"));
  CHECK_THAT(refusal("<!DOCTYPE html><html></html>"), ContainsSubstring("is a web page"));
  CHECK_THAT(refusal("x"), ContainsSubstring("is not a zip or is cut off"));
  CHECK_THAT(refusal(std::string(200'000, 'x')), ContainsSubstring("is not a zip or is cut off"));
  CHECK_THAT(refusal(TestZip{}), ContainsSubstring("holds no files"));
}

TEST_CASE("an archive that is cut off anywhere is refused", "[central_directory]") {
  TestZip zip = good_zip();
  zip.zip64 = GENERATE(false, true);
  const std::string bytes = zip.bytes();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    CAPTURE(size);
    CHECK_FALSE(refusal(bytes.substr(0, size)).empty());
  }
}

TEST_CASE("nothing may stand before, between or after", "[central_directory]") {
  const std::string good = good_zip().bytes();
  CHECK_THAT(refusal("x" + good), ContainsSubstring("something was put before it"));
  CHECK_THAT(refusal(good + "x"), ContainsSubstring("goes on for 1 byte after its end"));
  CHECK_THAT(refusal(good + good), ContainsSubstring("something was put before it"));
  check_refused("before its first entry", [](TestZip& zip) { zip.prefix = "#!/bin/sh\n"; });
  check_refused("bytes that belong to no entry",
                [](TestZip& zip) { zip.entries[0].descriptor = "hidden"; });
  check_refused("followed by 25 bytes",
                [](TestZip& zip) { zip.entries[0].descriptor = std::string(25, 'h'); });
  check_refused("bytes that belong to no entry",
                [](TestZip& zip) { zip.before_directory = "hidden"; });
  check_refused("more entries than it announces",
                [](TestZip& zip) { zip.directory_suffix = "PK\x05\x05" + le(2, 2) + "xx"; });
}

TEST_CASE("an end record that lies is refused", "[central_directory]") {
  check_refused("announces a comment", [](TestZip& zip) { zip.comment_size = 1; });
  check_refused("after its end", [](TestZip& zip) {
    zip.suffix = "hello";
    zip.comment_size = 5;
  });
  check_refused("split archive", [](TestZip& zip) { zip.disk = 1; });
  check_refused("more entries than it announces", [](TestZip& zip) { zip.count = 2; });
  check_refused("fewer entries than it announces", [](TestZip& zip) { zip.count = 4; });
  check_refused("more than the 10,000", [](TestZip& zip) { zip.count = 10'001; });
  std::string bytes = good_zip().bytes();
  bytes[bytes.size() - 14] = 2;  // the count on this disk
  CHECK_THAT(refusal(bytes), ContainsSubstring("an end record that contradicts itself"));
  bytes = good_zip().bytes();
  bytes[bytes.rfind("PK\x01\x02") + 32] = 1;  // the last row's comment
  CHECK_THAT(refusal(bytes), ContainsSubstring("a directory that is cut off"));
  check_refused("announces a directory of", [](TestZip& zip) { zip.directory_size = 9 << 20; });
  check_refused("does not have its directory where", [](TestZip& zip) { zip.directory_size = 1; });
  check_refused("does not have its directory where",
                [](TestZip& zip) { zip.directory_offset = 0xfffffffe; });
}

TEST_CASE("a zip64 end record that lies is refused", "[central_directory]") {
  const auto check_zip64 = [](const std::string& reason, std::size_t from_end,
                              const std::string& patch) {
    TestZip zip = good_zip();
    zip.zip64 = true;
    std::string bytes = zip.bytes();
    bytes.replace(bytes.size() - from_end, patch.size(), patch);
    CAPTURE(reason, from_end);
    CHECK_THAT(refusal(bytes), ContainsSubstring(reason));
  };
  const std::string end = TestZip{}.bytes();
  CHECK_THAT(refusal("PK\x06\x07" + std::string(16, '\0') + end),
             ContainsSubstring("damaged zip64"));
  const std::string huge(8, '\xff');
  check_zip64("contradict each other", 14, le(1, 2) + le(1, 2));
  check_zip64("split archive", 22 + 4, le(2, 4));
  check_zip64("damaged zip64", 22 + 12, le(0, 8));
  check_zip64("damaged zip64", 22 + 12, huge);
  check_zip64("more than the 10,000", 22 + 20, "xx");  // no locator: 0xffff entries is what counts
  check_zip64("damaged zip64", 22 + 20 + 56, "xx");
  check_zip64("damaged zip64", 22 + 20 + 52, huge);
  check_zip64("damaged zip64", 22 + 20 + 32, le(4, 8));
  check_zip64("more than the 10,000", 22 + 20 + 32, huge + huge);
  check_zip64("announces a directory of", 22 + 20 + 16, huge);
  check_zip64("does not have its directory where", 22 + 20 + 8, huge);
}

TEST_CASE("only regular, plain, possible files are accepted", "[central_directory]") {
  const auto mode = [](std::uint32_t bits) {
    return [bits](TestZip& zip) { zip.entries[0].attributes = bits << 16U; };
  };
  check_refused("is a symbolic link", mode(0120777));
  check_refused("not a regular file", mode(0010644));
  check_refused("not a regular file", mode(0020644));
  check_refused("not a regular file", mode(0060644));
  check_refused("not a regular file", mode(0140644));
  check_refused("not a regular file", mode(0040755));
  check_refused("not a regular file", [](TestZip& zip) { zip.entries[0].attributes = 0x10; });
  check_refused("is a folder", [](TestZip& zip) { zip.entries.push_back(test_folder("shared/")); });
  for (const int bit : {0x1, 0x40, 0x2000}) {
    check_refused("is encrypted", [bit](TestZip& zip) {
      both(zip.entries[0],
           [bit](TestHeader& header) { header.flags = static_cast<std::uint16_t>(bit); });
    });
  }
  check_refused("uses a feature", [](TestZip& zip) {
    both(zip.entries[0], [](TestHeader& header) { header.flags = 0x20; });
  });
  check_refused("uses a feature", [](TestZip& zip) { zip.entries[0].version = 46; });
  for (const int method : {1, 9, 12, 14, 93, 99}) {
    check_refused("method " + std::to_string(method), [method](TestZip& zip) {
      both(zip.entries[1],
           [method](TestHeader& header) { header.method = static_cast<std::uint16_t>(method); });
    });
  }
  check_refused("cannot hold", [](TestZip& zip) {
    both(zip.entries[1], [](TestHeader& header) { header.size = 0xfffffff0; });
  });
  check_refused("cannot hold", [](TestZip& zip) {
    both(zip.entries[1], [](TestHeader& header) {
      header.size = 0xffffffff;
      header.extra = zip64_extra({std::uint64_t{1} << 40U});
    });
    zip.entries[1].local.extra = zip64_extra({std::uint64_t{1} << 40U, zip.entries[1].data.size()});
  });
  check_refused("contradicts itself", [](TestZip& zip) {
    both(zip.entries[0], [](TestHeader& header) { header.size -= 1; });
  });
  check_refused("is empty but has a checksum", [](TestZip& zip) {
    zip.entries[0] = test_entry("shared/tasks.json", "");
    both(zip.entries[0], [](TestHeader& header) { header.crc32 = 1; });
  });
  check_refused("another part of a split", [](TestZip& zip) { zip.entries[0].disk = 1; });
}

TEST_CASE("no two entries may become one file", "[central_directory]") {
  check_refused("is there twice", [](TestZip& zip) { zip.entries.push_back(zip.entries[0]); });
  check_refused("is there twice",
                [](TestZip& zip) { zip.entries.push_back(test_entry("shared/Tasks.json", "[]")); });
  TestZip wrapper = one_entry(test_entry("a/b", "x"));
  wrapper.entries.push_back(test_folder("A/B/"));
  CHECK_THAT(refusal(wrapper, NamePolicy::wrapper), ContainsSubstring("is there twice"));
}

TEST_CASE("entries may not overlap or lie about their place", "[central_directory]") {
  check_refused("overlaps", [](TestZip& zip) { zip.entries[1].offset = 0; });
  check_refused("overlaps", [](TestZip& zip) {  // a header quoted inside another entry's data
    TestZip inner = one_entry(test_entry("shared/inner.json", "[]"));
    const std::string quoted = inner.bytes();
    zip.entries[0] = test_entry("shared/tasks.json", quoted.substr(0, quoted.find("PK\x01\x02")));
    inner.entries[0].offset = static_cast<std::uint32_t>(30 + zip.entries[0].local.name.size());
    const std::string with_row = inner.bytes();
    const std::size_t row = with_row.find("PK\x01\x02");
    zip.directory_suffix = with_row.substr(row, with_row.find("PK\x05\x06") - row);
    zip.count = 4;
  });
  check_refused("belong to no entry", [](TestZip& zip) { zip.entries[1].offset = 57; });
  std::string bytes = good_zip().bytes();
  bytes[bytes.find("PK\x03\x04", 4) + 2] = '\x05';
  CHECK_THAT(refusal(bytes), ContainsSubstring("not where the directory says"));
  check_refused("not where the directory says",
                [](TestZip& zip) { zip.entries[2].offset = 0xfffffffe; });
  check_refused("runs into the directory", [](TestZip& zip) {
    both(zip.entries[2], [](TestHeader& header) { header.compressed_size += 1; });
  });
  check_refused("runs into the directory", [](TestZip& zip) {
    both(zip.entries[2], [](TestHeader& header) {
      header.compressed_size = 0xffffffff;
      header.extra = zip64_extra({~std::uint64_t{0}});
    });
  });
}

TEST_CASE("local headers have to agree with the directory", "[central_directory]") {
  const auto local = [](const std::function<void(TestHeader&)>& change) {
    return [change](TestZip& zip) { change(zip.entries[1].local); };
  };
  check_refused("another name", local([](TestHeader& h) { h.name = "database/a2a_system.DB"; }));
  check_refused("other flags", local([](TestHeader& h) { h.flags = 0x800; }));
  check_refused("other flags", local([](TestHeader& h) { h.flags = 1; }));
  check_refused("another method", local([](TestHeader& h) { h.method = 0; }));
  check_refused("another size", local([](TestHeader& h) { h.size = 1; }));
  check_refused("another size", local([](TestHeader& h) { h.size = 0; }));
  check_refused("another size", local([](TestHeader& h) { h.compressed_size = 0; }));
  check_refused("another checksum", local([](TestHeader& h) { h.crc32 ^= 1; }));
  check_refused("no data descriptor", [](TestZip& zip) {
    both(zip.entries[1], [](TestHeader& header) { header.flags = 8; });
  });
  for (const std::size_t byte : {0U, 4U, 8U, 12U}) {
    check_refused("no data descriptor", [byte](TestZip& zip) {
      zip.entries[1] = streamed_entry("database/a2a_system.db", "content", true, false);
      zip.entries[1].descriptor[byte] ^= 1;
    });
  }
}

TEST_CASE("extra fields that lie are refused", "[central_directory]") {
  const auto central = [](const std::string& extra) {
    return [extra](TestZip& zip) { zip.entries[0].central.extra = extra; };
  };
  check_refused("cut off", central(le(0x5455, 2) + le(5, 2) + "abcd"));
  check_refused("cut off", central("abc"));
  check_refused("twice", central(zip64_extra({9}) + zip64_extra({9})));
  check_refused("contradicts its zip64", central(zip64_extra({8})));
  check_refused("contradicts its zip64", central(zip64_extra({9, 8})));
  const std::string unicode = le(0x7075, 2) + le(5 + 17, 2) + '\1' + le(0, 4);
  check_refused("second, different name", central(unicode + "shared/other.json"));
  check_refused("second, different name", central(le(0x7075, 2) + le(0, 2)));
  check_refused("hides an end record", central(le(0x5455, 2) + le(4, 2) + "PK\x05\x06"));
  check_refused("hides an end record", [](TestZip& zip) { zip.entries[2].comment = "PK\x05\x06"; });
  check_refused("lacks the zip64", [](TestZip& zip) { zip.entries[0].central.size = 0xffffffff; });
  const auto saturated = [](const std::vector<std::uint64_t>& numbers) {
    return [numbers](TestZip& zip) {
      zip.entries[0].central.size = 0xffffffff;
      zip.entries[0].central.extra = zip64_extra(numbers);
    };
  };
  check_refused("too short", saturated({}));
  check_refused("too long", saturated({9, 9}));
  check_refused("another size", [](TestZip& zip) {
    zip.entries[0].local.size = zip.entries[0].local.compressed_size = 0xffffffff;
    zip.entries[0].local.extra = zip64_extra({8, 9});
  });
}

TEST_CASE("reading a directory costs one small read per entry", "[central_directory]") {
  TestZip zip;
  for (int i = 0; i < 1000; ++i) {
    zip.entries.push_back(
        test_entry("shared/" + std::to_string(i) + ".json", std::string(2000, 'x')));
  }
  const auto file = file_of(zip);
  REQUIRE(read_central_directory(*file, NamePolicy::backup).size() == 1000);
  CHECK(file->reads <= 1000 + 3);
  CHECK(file->bytes_read < 1000 * 200);
}

TEST_CASE("what the file throws comes through", "[central_directory]") {
  MemoryFile file(good_zip().bytes());
  for (const std::uint64_t place : {std::uint64_t{0}, std::uint64_t{26}, file.size() - 1}) {
    file.fail_at = place;
    CHECK_THROWS_AS(read_central_directory(file, NamePolicy::backup), std::runtime_error);
  }
}
