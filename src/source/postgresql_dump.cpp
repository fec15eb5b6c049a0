// SPDX-License-Identifier: MIT
#include "a2a_backup/source/postgresql_dump.hpp"

#include "a2a_backup/core/text.hpp"
#include "postgresql_backup.hpp"
#include "postgresql_program.hpp"

namespace a2a_backup {
namespace {

constexpr std::uint64_t max_list = std::uint64_t{64} << 20;

/// That this machine's pg_restore is too old says nothing against the dump.
void require_good(const ProgramResult& result, const std::string& name, ErrorKind kind) {
  if (result.good()) return;
  const bool too_old = result.messages.find("unsupported version") != std::string::npos;
  throw postgresql_error(result, "cannot read the dump " + name,
                         too_old ? ErrorKind::failed : kind);
}

std::vector<std::string> run_list(SubprocessOptions options, const std::string& name,
                                  ErrorKind kind) {
  const ProgramRun run = run_program(std::move(options), max_list);
  require_good(run.result, name, kind);
  std::vector<std::string> lines;
  for (std::size_t start = 0; start < run.output.size();) {
    const std::size_t end = std::min(run.output.find('\n', start), run.output.size());
    // Comments begin with a semicolon, entries with their number.
    if (run.output[start] != ';') lines.push_back(run.output.substr(start, end - start));
    start = end + 1;
  }
  return lines;
}

/// What pg_dump writes; it ends well only when pg_dump did.
class DumpReader : public Reader {
 public:
  DumpReader(SubprocessOptions program, std::string name, std::function<void()> look_for_cause)
      : name_(std::move(name)),
        look_for_cause_(std::move(look_for_cause)),
        pg_dump_(std::move(program)) {}

  std::size_t read(std::span<std::byte> buffer) override {
    const std::size_t got = pg_dump_.read(buffer);
    if (got > 0 || buffer.empty()) return got;
    const ProgramResult& result = pg_dump_.wait();
    if (result.good()) return 0;
    look_for_cause_();
    throw postgresql_error(result, "cannot dump " + name_, ErrorKind::source);
  }

 private:
  std::string name_;
  std::function<void()> look_for_cause_;
  Subprocess pg_dump_;
};

}  // namespace

bool can_read_dumps() {
  return find_program("pg_restore").has_value();
}

std::vector<std::string> list_dump(const fs::path& file, const std::string& name, ErrorKind kind) {
  return run_list(postgresql_program({"pg_restore", "--list", file.string()}), name, kind);
}

std::vector<std::string> list_dump(std::unique_ptr<Reader> bytes, const std::string& name,
                                   ErrorKind kind) {
  SubprocessOptions options = postgresql_program({"pg_restore", "--list"});
  options.feed = std::move(bytes);
  return run_list(std::move(options), name, kind);
}

void check_dump(const fs::path& file, const std::string& name, ErrorKind kind) {
  Subprocess reading(postgresql_program({"pg_restore", "--file=/dev/null", file.string()}));
  require_good(reading.wait(), name, kind);
}

std::unique_ptr<Reader> dump_database(const PostgresqlUrl& url, const DumpOptions& options) {
  SubprocessOptions program = postgresql_program(
      url, {"pg_dump", "--format=custom", "--compress=" + std::to_string(options.compression),
            "--snapshot=" + options.snapshot,
            "--lock-wait-timeout=" + std::to_string(options.lock_timeout.count())});
  program.read_output = true;
  return std::make_unique<DumpReader>(std::move(program), url.text, options.look_for_cause);
}

}  // namespace a2a_backup
