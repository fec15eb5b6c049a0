// SPDX-License-Identifier: MIT
#include <fcntl.h>

#include <atomic>

#include "a2a_backup/core/side_work.hpp"
#include "a2a_backup/core/unnamed_file.hpp"
#include "catch.hpp"
#include "support.hpp"

using namespace a2a_backup;
using namespace a2a_backup::test;

TEST_CASE("a file without a name is written and read, and nobody finds it", "[unnamed_file]") {
  const TempDir dir;
  UniqueFd fd = create_unnamed(dir.path());
  write_all(fd.get(), "some content", "it");
  CHECK(tree_of(dir.path()).empty());
  struct stat status {};
  CHECK(fstat(fd.get(), &status) == 0);
  CHECK(status.st_nlink == 0);
  CHECK((status.st_mode & 07777U) == 0600);
  CHECK((fcntl(fd.get(), F_GETFD) & FD_CLOEXEC) != 0);

  const auto file = random_access_to(fd.get(), "its name");
  fd.reset();
  CHECK(file->name() == "its name");
  CHECK(file->size() == 12);
  RandomAccessReader reader(*file);
  CHECK(read_all(reader, 5) == "some content");
  CHECK(reader.read({}) == 0);
}

TEST_CASE("threads make files without a name in one folder at once", "[unnamed_file]") {
  const TempDir dir;
  std::atomic<int> made{0};
  for_each_at_once(8, 2000, [&](std::size_t) {
    if (create_unnamed(dir.path())) ++made;
  });
  CHECK(made == 2000);
  CHECK(tree_of(dir.path()).empty());
}

TEST_CASE("only regular files can be read at random", "[unnamed_file]") {
  const UniqueFd null = open_read("/dev/null");
  const Error error = error_of([&] { random_access_to(null.get(), "it", ErrorKind::archive); });
  CHECK(error.kind() == ErrorKind::archive);
  CHECK(error.message() == "it is not a regular file");
}
