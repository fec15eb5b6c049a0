// SPDX-License-Identifier: MIT
#include <SQLiteCpp/SQLiteCpp.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "a2a_backup/core/log.hpp"
#include "catch.hpp"
#include "support.hpp"

namespace {

// One test at a time changes these, before it lets the code under test run.
bool refuse_links = false;
std::string failing_rename;
int spared_renames = 0;
int calls_until_crash = 0;

constexpr int crashed = 99;

void maybe_crash() {
  if (calls_until_crash > 0 && --calls_until_crash == 0) _exit(crashed);
}

}  // namespace

// These take the place of the C library's, in this program only.
extern "C" int link(const char* from, const char* to) noexcept {
  maybe_crash();
  if (refuse_links) {
    errno = EPERM;
    return -1;
  }
  return linkat(AT_FDCWD, from, AT_FDCWD, to, 0);
}

extern "C" int rename(const char* from, const char* to) noexcept {
  maybe_crash();
  if (!failing_rename.empty() && std::string_view(to).ends_with(failing_rename) &&
      --spared_renames < 0) {
    errno = EIO;
    return -1;
  }
  return renameat(AT_FDCWD, from, AT_FDCWD, to);
}

// No unit test cuts the power, so nothing has to reach the disk; a bad descriptor stays an error.
extern "C" int fsync(int fd) {
  return fcntl(fd, F_GETFD) < 0 ? -1 : 0;
}
extern "C" int fdatasync(int fd) {
  return fsync(fd);
}

namespace a2a_backup::test {
namespace {

/// The tests neither see the settings of whoever runs them nor talk on stderr.
struct CleanStart {
  CleanStart() {
    unsetenv("A2A_DB_TYPE");
    unsetenv("A2A_DATABASE_URL");
    log::configure(log::Level::quiet, false);
  }
};
const CleanStart clean_start;

constexpr uid_t nobody = 65534;

}  // namespace

TempDir::TempDir() : TempDir(fs::temp_directory_path()) {}

TempDir::TempDir(const fs::path& parent) {
  std::string pattern = (parent / "a2a-backup-test.XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no folder for a test");
  path_ = fs::canonical(pattern);
  fs::permissions(path_, fs::perms{0755});
}

TempDir::~TempDir() {
  remove_quietly(path_);
}

void write_text(const fs::path& path, std::string_view text) {
  fs::create_directories(path.parent_path());
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(text.data(), static_cast<std::streamsize>(text.size()));
  if (!file.flush()) throw std::runtime_error("cannot write " + path.string());
}

std::string read_text_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path.string());
  return {std::istreambuf_iterator<char>(file), {}};
}

void flip_byte(const fs::path& path, std::uint64_t offset) {
  std::string text = read_text_file(path);
  text.at(offset) = static_cast<char>(text.at(offset) ^ 0x55);
  write_text(path, text);
}

void set_age(const fs::path& path, std::chrono::seconds age) {
  fs::last_write_time(path, fs::file_time_type::clock::now() - age);
}

unsigned mode_of(const fs::path& path) {
  const auto status = stat_path(path, false);
  return status ? status->st_mode & 07777U : 0U;
}

std::map<std::string, std::string> tree_of(const fs::path& folder) {
  std::map<std::string, std::string> tree;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
    std::string& content = tree[entry.path().lexically_relative(folder).string()];
    if (entry.is_symlink()) {
      content = "-> " + fs::read_symlink(entry.path()).string();
    } else {
      content = entry.is_directory() ? "<folder>" : read_text_file(entry.path());
    }
  }
  return tree;
}

std::string read_all(Reader& reader, std::size_t step) {
  std::string text;
  std::vector<std::byte> buffer(step);
  while (const std::size_t got = reader.read(buffer)) {
    text.append(reinterpret_cast<const char*>(buffer.data()), got);
  }
  return text;
}

std::size_t TextReader::read(std::span<std::byte> buffer) {
  const std::size_t count = std::min({step_, buffer.size(), text_.size() - position_});
  const auto data = std::as_bytes(std::span(text_)).subspan(position_, count);
  std::copy(data.begin(), data.end(), buffer.begin());
  position_ += count;
  return count;
}

void TestProgress::phase(std::string_view name, std::uint64_t total_bytes) {
  current_ = name;
  phases[current_] = 0;
  totals[current_] = total_bytes;
  if (on_phase) on_phase(name);
}

void run_sql(const fs::path& database, const std::string& sql) {
  SQLite::Database(database.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, 5000).exec(sql);
}

std::string sql_text(const fs::path& database, const std::string& sql) {
  SQLite::Database opened(database.string(), SQLite::OPEN_READWRITE, 5000);
  return opened.execAndGet(sql).getString();
}

std::int64_t sql_number(const fs::path& database, const std::string& sql) {
  return std::stoll(sql_text(database, sql));
}

void make_database(const fs::path& path, int rows, const std::string& journal_mode, int page_size) {
  fs::create_directories(path.parent_path());
  run_sql(path, "PRAGMA page_size=" + std::to_string(page_size) +
                    ";PRAGMA journal_mode=" + journal_mode +
                    ";BEGIN"
                    ";CREATE TABLE tasks(id INTEGER PRIMARY KEY, title TEXT NOT NULL)"
                    ";CREATE TABLE notes(id INTEGER PRIMARY KEY, text TEXT)"
                    ";WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n LIMIT " +
                    std::to_string(rows) +
                    ") INSERT INTO tasks SELECT i, 'title of task ' || i FROM n WHERE " +
                    std::to_string(rows) + ">0;COMMIT");
}

std::string history_json(int count, const std::string& word) {
  std::string text = "[";
  for (int i = 1; i <= count; ++i) {
    text += std::string(i == 1 ? "" : ",") + "\n  {\n    \"task\": \"" + word + " " +
            std::to_string(i) + "\",\n    \"created\": \"2025-07-11T01:18:32.046675\"\n  }";
  }
  return text + (count > 0 ? "\n]" : "]");
}

std::string agents_json(int count) {
  std::string text = "{";
  for (const char* agent : {"alice", "bob"}) {
    text += std::string(text.size() == 1 ? "" : ",") + "\n  \"" + agent + "\": [";
    for (int i = 1; i <= count; ++i) {
      text += std::string(i == 1 ? "" : ",") + "\n    {\"id\": \"" + agent + "-" +
              std::to_string(i) + "\", \"status\": \"" + (i % 2 == 0 ? "completed" : "pending") +
              "\"}";
    }
    text += "\n  ]";
  }
  return text + "\n}";
}

void make_system(const fs::path& root, int size) {
  write_text(root / "shared/tasks.json", history_json(size));
  write_text(root / "shared/agent_tasks.json", agents_json(size));
  for (const char* name : {"shared/tasks.json", "shared/agent_tasks.json"}) {
    set_age(root / name, std::chrono::hours(1));
  }
  make_database(root / "database/a2a_system.db", size);
}

AsNobody::AsNobody() : was_root_(geteuid() == 0) {
  if (was_root_ && setresuid(nobody, nobody, 0) != 0) throw std::runtime_error("setresuid");
}
AsNobody::~AsNobody() {
  if (was_root_ && setresuid(0, 0, 0) != 0) std::abort();
}

Environment::Environment(std::string name, const std::optional<std::string>& value)
    : name_(std::move(name)) {
  if (const char* before = std::getenv(name_.c_str())) before_ = before;
  set(name_, value);
}
Environment::~Environment() {
  set(name_, before_);
}
void Environment::set(const std::string& name, const std::optional<std::string>& value) {
  if (value) {
    setenv(name.c_str(), value->c_str(), 1);
  } else {
    unsetenv(name.c_str());
  }
}

NoHardLinks::NoHardLinks() {
  refuse_links = true;
}
NoHardLinks::~NoHardLinks() {
  refuse_links = false;
}

FailingRename::FailingRename(std::string target, int spared) {
  failing_rename = std::move(target);
  spared_renames = spared;
}
FailingRename::~FailingRename() {
  failing_rename.clear();
}

FileSizeLimit::FileSizeLimit(rlim_t bytes) : old_handler_(std::signal(SIGXFSZ, SIG_IGN)) {
  getrlimit(RLIMIT_FSIZE, &old_);
  const rlimit limit{bytes, old_.rlim_max};
  setrlimit(RLIMIT_FSIZE, &limit);
}

FileSizeLimit::~FileSizeLimit() {
  setrlimit(RLIMIT_FSIZE, &old_);
  std::signal(SIGXFSZ, old_handler_);
}

bool run_until_crash(int call, const std::function<void()>& action) {
  const pid_t child = fork();
  if (child == 0) {
    calls_until_crash = call;
    try {
      action();
    } catch (...) {
      _exit(1);
    }
    _exit(0);
  }
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status)) std::abort();
  const int code = WEXITSTATUS(status);
  if (code != 0 && code != crashed) throw std::runtime_error("the action failed before its crash");
  return code == crashed;
}

}  // namespace a2a_backup::test

using namespace a2a_backup;
using namespace a2a_backup::test;

TEST_CASE("the helpers of the tests do what they say", "[support]") {
  const TempDir dir;
  write_text(dir / "a", "text");
  {
    const NoHardLinks none;
    CHECK(::link((dir / "a").c_str(), (dir / "b").c_str()) != 0);
    CHECK(!fs::exists(dir / "b"));
  }
  CHECK(::link((dir / "a").c_str(), (dir / "b").c_str()) == 0);
  const auto move = [&](const char* from, const char* to) {
    return std::rename((dir / from).c_str(), (dir / to).c_str()) == 0;
  };
  {
    const FailingRename failing("/c", 1);
    CHECK(move("b", "c"));
    CHECK(move("c", "b"));
    CHECK(!move("b", "c"));
  }
  CHECK(run_until_crash(2, [&] { move("b", "c") && move("c", "b"); }));
  CHECK(!run_until_crash(2, [&] { move("c", "d"); }));
  flip_byte(dir / "a", 0);
  CHECK(tree_of(dir.path()) == std::map<std::string, std::string>{{"a", "!ext"}, {"d", "!ext"}});
  {
    const AsNobody nobody_now;
    CHECK(geteuid() != 0);
  }
}
