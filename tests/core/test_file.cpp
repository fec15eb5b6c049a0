// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <thread>

#include "a2a_backup/core/digest.hpp"
#include "a2a_backup/core/file.hpp"
#include "catch.hpp"
#include "support.hpp"

using namespace a2a_backup;
using namespace a2a_backup::test;
using Catch::Matchers::ContainsSubstring;

namespace {

bool is_open(int fd) {
  return fcntl(fd, F_GETFD) >= 0;
}

/// The file mode that new files lose, until the end of the scope.
class Umask {
 public:
  explicit Umask(mode_t mask) : before_(umask(mask)) {}
  ~Umask() { umask(before_); }
  Umask(const Umask&) = delete;
  Umask& operator=(const Umask&) = delete;

 private:
  mode_t before_;
};

}  // namespace

TEST_CASE("a descriptor has one owner, which closes it", "[file]") {
  int number = -1;
  {
    UniqueFd first = open_read("/dev/null");
    number = first.get();
    UniqueFd second(std::move(first));
    CHECK(!first);  // NOLINT(bugprone-use-after-move)
    CHECK(second.get() == number);
    UniqueFd third = open_read("/dev/null");
    const int replaced = third.get();
    third = std::move(second);
    CHECK(third.get() == number);
    CHECK(!is_open(replaced));
    CHECK(is_open(number));
  }
  CHECK(!is_open(number));
  UniqueFd released = open_read("/dev/null");
  UniqueFd owner(released.release());
  CHECK(!released);
  CHECK(is_open(owner.get()));
}

TEST_CASE("a file that cannot be opened is named, in the wanted kind", "[file]") {
  const TempDir dir;
  const Error error = error_of([&] { open_read(dir / "missing", ErrorKind::source); });
  CHECK(error.kind() == ErrorKind::source);
  CHECK_THAT(error.message(), ContainsSubstring("cannot open " + (dir / "missing").string()));
}

TEST_CASE("links are followed only when wanted", "[file]") {
  const TempDir dir;
  write_text(dir / "file", "x");
  fs::create_symlink("file", dir / "link");
  CHECK(open_read(dir / "link"));
  CHECK_THROWS_AS(open_read(dir / "link", ErrorKind::failed, true), Error);
  CHECK(S_ISREG(stat_path(dir / "link")->st_mode));
  CHECK(S_ISLNK(stat_path(dir / "link", false)->st_mode));
  fs::create_symlink("nowhere", dir / "dangling");
  CHECK(!stat_path(dir / "dangling"));
  CHECK(stat_path(dir / "dangling", false));
}

TEST_CASE("a named pipe does not hang the reader", "[file]") {
  const TempDir dir;
  REQUIRE(mkfifo((dir / "pipe").c_str(), 0600) == 0);
  CHECK(open_read(dir / "pipe"));
  const Error error = error_of([&] { open_random_access(dir / "pipe", ErrorKind::archive); });
  CHECK(error.kind() == ErrorKind::archive);
  CHECK_THAT(error.message(), ContainsSubstring("is not a regular file"));
}

TEST_CASE("new files and folders are private and never replace anything", "[file]") {
  const TempDir dir;
  const Umask mask(GENERATE(mode_t{0}, mode_t{077}));
  create_new(dir / "file");
  make_private_dir(dir / "folder");
  CHECK(mode_of(dir / "file") == 0600);
  CHECK(mode_of(dir / "folder") == 0700);

  make_private_dir(dir / "folder");
  const Error error = error_of([&] { create_new(dir / "file"); });
  CHECK(error.kind() == ErrorKind::failed);
  CHECK_THAT(error.message(), ContainsSubstring((dir / "file").string() + ": File exists"));
  CHECK_THROWS_AS(make_private_dir(dir / "file"), Error);
  CHECK_THROWS_AS(make_private_dir(dir / "no/folder"), Error);
  fs::create_directory_symlink("folder", dir / "link");
  CHECK_THROWS_AS(make_private_dir(dir / "link"), Error);
}

TEST_CASE("a full disk is an error with a hint", "[file]") {
  const UniqueFd full(open("/dev/full", O_WRONLY | O_CLOEXEC));
  REQUIRE(full);
  const Error error = error_of([&] { write_all(full.get(), "text", "/some/file"); });
  CHECK(error.kind() == ErrorKind::failed);
  CHECK(error.message() == "cannot write /some/file: No space left on device");
  CHECK(error.hint() == "free some space and try again");
}

TEST_CASE("write_all writes all, also into a pipe that is slow", "[file]") {
  std::array<int, 2> ends{};
  REQUIRE(pipe(ends.data()) == 0);
  const std::string text(300'000, 'p');
  std::string received;
  std::thread reader([&] {
    const UniqueFd out(ends[0]);
    FdReader stream(out.get(), "pipe");
    received = read_all(stream, 1000);
  });
  {
    const UniqueFd in(ends[1]);
    write_all(in.get(), text, "pipe");
  }
  reader.join();
  CHECK((received == text));
}

TEST_CASE("what cannot be made durable is an error", "[file]") {
  const TempDir dir;
  sync_dir(dir.path());
  CHECK_THROWS_AS(sync_dir(dir / "missing"), Error);
  const Error error = error_of([] { sync_fd(-1, "/some/file"); });
  CHECK_THAT(error.message(), ContainsSubstring("cannot make /some/file durable"));
}

TEST_CASE("a file is read at any offset, and not beyond its end", "[file]") {
  const TempDir dir;
  write_text(dir / "file", "0123456789");
  const auto file = open_random_access(dir / "file", ErrorKind::archive);
  CHECK(file->size() == 10);
  CHECK(file->name() == (dir / "file").string());
  std::array<std::byte, 4> buffer{};
  file->read_at(6, buffer);
  CHECK(static_cast<char>(buffer[0]) == '6');
  file->read_at(10, std::span(buffer).first(0));
  CHECK(error_of([&] { file->read_at(7, buffer); }).kind() == ErrorKind::archive);
  write_text(dir / "file", "cut");
  CHECK_THAT(error_of([&] { file->read_at(2, buffer); }).message(),
             ContainsSubstring("ends too early"));
  CHECK_THROWS_AS(open_random_access(dir.path()), Error);
  CHECK(error_of([&] { open_random_access(dir / "no", ErrorKind::not_found); }).kind() ==
        ErrorKind::not_found);
}

TEST_CASE("a small file is read whole, a large one refused", "[file]") {
  const TempDir dir;
  write_text(dir / "file", "12345");
  CHECK(read_file(dir / "file", 5, ErrorKind::archive) == "12345");
  const Error error = error_of([&] { read_file(dir / "file", 4, ErrorKind::archive); });
  CHECK(error.kind() == ErrorKind::archive);
  CHECK_THAT(error.message(), ContainsSubstring((dir / "file").string()));
  CHECK(error_of([&] { read_file(dir.path(), 5, ErrorKind::archive); }).kind() ==
        ErrorKind::archive);
}

TEST_CASE("a digest is of all bytes, read or written", "[file]") {
  const TempDir dir;
  const std::string text(700'001, 'd');
  TextReader reader(text, 100'000);
  const FileDigest written = write_new_file(reader, dir / "file");
  CHECK(written.size == text.size());
  CHECK(written.sha256 == sha256_hex(text));
  CHECK(mode_of(dir / "file") == 0600);
  CHECK((read_text_file(dir / "file") == text));
  const FileDigest read = digest_file(dir / "file");
  CHECK(read.size == written.size);
  CHECK(read.sha256 == written.sha256);
  CHECK(error_of([&] { digest_file(dir / "no", ErrorKind::source); }).kind() == ErrorKind::source);

  TextReader other("other");
  CHECK_THROWS_AS(write_new_file(other, dir / "file"), Error);
  CHECK((read_text_file(dir / "file") == text));
}

TEST_CASE("free space is that of the file system", "[file]") {
  const TempDir dir;
  CHECK(free_space(dir.path()) > 0);
  CHECK_THROWS_AS(free_space(dir / "missing"), Error);
}

TEST_CASE("removing takes a tree away, and takes no notice of what is missing", "[file]") {
  const TempDir dir;
  write_text(dir / "tree/a/b", "x");
  write_text(dir / "kept", "x");
  fs::create_symlink("../kept", dir / "tree/link");
  remove_quietly(dir / "tree");
  remove_quietly(dir / "tree");
  CHECK(tree_of(dir.path()) == std::map<std::string, std::string>{{"kept", "x"}});
}
