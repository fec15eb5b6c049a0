// SPDX-License-Identifier: MIT
#include <dirent.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <thread>

#include "a2a_backup/core/interrupt.hpp"
#include "a2a_backup/core/subprocess.hpp"
#include "catch.hpp"
#include "support.hpp"

using namespace a2a_backup;
using namespace a2a_backup::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using Clock = std::chrono::steady_clock;

namespace {

SubprocessOptions shell(const std::string& script) {
  SubprocessOptions options;
  options.command = {"sh", "-c", script};
  return options;
}

SubprocessOptions program(std::vector<std::string> command) {
  SubprocessOptions options;
  options.command = std::move(command);
  return options;
}

std::size_t open_descriptors() {
  std::size_t count = 0;
  DIR* folder = opendir("/proc/self/fd");
  while (readdir(folder) != nullptr) ++count;
  closedir(folder);
  return count;
}

bool has_children() {
  siginfo_t info{};
  return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 || errno != ECHILD;
}

/// Whether the process is gone, given some time: one that was killed is reaped by somebody else.
bool is_gone(pid_t pid) {
  for (int i = 0; i < 500; ++i) {
    const fs::path stat = "/proc/" + std::to_string(pid) + "/stat";
    if (!fs::exists(stat)) return true;
    if (read_text_file(stat).find(") Z ") != std::string::npos) return true;
    std::this_thread::sleep_for(10ms);
  }
  return false;
}

pid_t pid_in(const fs::path& file) {
  for (int i = 0; i < 500 && (!fs::exists(file) || fs::file_size(file) == 0); ++i) {
    std::this_thread::sleep_for(10ms);
  }
  return static_cast<pid_t>(std::stol(read_text_file(file)));
}

UniqueFd open_for_writing(const fs::path& path) {
  return UniqueFd(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
}

/// A stream of `size` equal bytes that need not be in memory.
class LongReader : public Reader {
 public:
  explicit LongReader(std::uint64_t size) : left_(size) {}
  std::size_t read(std::span<std::byte> buffer) override {
    const std::size_t count = std::min<std::uint64_t>(buffer.size(), left_);
    std::fill_n(buffer.begin(), count, std::byte{'x'});
    left_ -= count;
    return count;
  }

 private:
  std::uint64_t left_;
};

class FailingReader : public Reader {
 public:
  std::size_t read(std::span<std::byte> /*buffer*/) override {
    throw Error(ErrorKind::archive, "damaged");
  }
};

}  // namespace

TEST_CASE("a program's output, messages and exit code", "[subprocess]") {
  const ProgramRun run = run_program(shell("echo out; echo first >&2; echo why >&2; exit 3"));
  CHECK(run.output == "out\n");
  CHECK(run.result.exit_code == 3);
  CHECK(!run.result.good());
  CHECK(run.result.messages == "first\nwhy\n");
  CHECK(run.result.reason() == "why");
  CHECK(run.result.ending() == "exit code 3");
  CHECK(run_program(shell("exit 0")).result.good());
  CHECK(run_program(shell("exit 4")).result.reason() == "exit code 4");
}

TEST_CASE("arguments reach a program as they are", "[subprocess]") {
  const std::string argument = "a b; $(exit 7) 'c' \"d\" *\n";
  CHECK(run_program(program({"printf", "%s|%s", argument, ""})).output == argument + "|");
}

TEST_CASE("a program that a signal ends", "[subprocess]") {
  const ProgramResult result = run_program(shell("kill -9 $$")).result;
  CHECK(result.signal == SIGKILL);
  CHECK(result.exit_code == 137);
  CHECK_THAT(result.ending(), ContainsSubstring("signal 9"));
}

TEST_CASE("a program that is not there says how to get it", "[subprocess]") {
  SubprocessOptions options = program({"a2a-no-such-program"});
  options.hint_when_missing = "apt-get install it";
  const Error error = error_of([&] { const Subprocess run(std::move(options)); });
  CHECK(error.kind() == ErrorKind::failed);
  CHECK(error.message() == "the program a2a-no-such-program is not installed");
  CHECK(error.hint() == "apt-get install it");
}

TEST_CASE("programs are found on PATH, never in the present folder by accident", "[subprocess]") {
  const TempDir dir;
  write_text(dir / "bin/a2a-tool", "#!/bin/sh\necho found\n");
  write_text(dir / "bin/a2a-data", "no program");
  fs::create_directories(dir / "bin/a2a-folder");
  fs::permissions(dir / "bin/a2a-tool", fs::perms{0700});
  const Environment path("PATH", "::/nowhere:" + (dir / "bin").string());
  CHECK(find_program("a2a-tool") == dir / "bin/a2a-tool");
  CHECK(!find_program("a2a-data"));
  CHECK(!find_program("a2a-folder"));
  CHECK(!find_program("sh"));
  CHECK(find_program("/bin/sh") == fs::path("/bin/sh"));
  CHECK(!find_program((dir / "bin/a2a-data").string()));

  const fs::path before = fs::current_path();
  fs::current_path(dir / "bin");
  const Environment empty("PATH", "::");
  CHECK(!find_program("a2a-tool"));
  fs::current_path(before);
}

TEST_CASE("what cannot be executed is an error, not an ending", "[subprocess]") {
  const TempDir dir;
  write_text(dir / "tool", "#!/no/such/interpreter\n");
  fs::permissions(dir / "tool", fs::perms{0700});
  const Error error = error_of([&] { const Subprocess run(program({(dir / "tool").string()})); });
  CHECK(error.kind() == ErrorKind::failed);
  CHECK_THAT(error.message(), ContainsSubstring("cannot run " + (dir / "tool").string()));
  CHECK(!has_children());
}

TEST_CASE("stdin is empty, a descriptor or fed", "[subprocess]") {
  const TempDir dir;
  write_text(dir / "in", "from a file");
  CHECK(run_program(program({"cat"})).output.empty());

  SubprocessOptions from_file = program({"cat"});
  const UniqueFd in = open_read(dir / "in");
  from_file.input = in.get();
  const ProgramRun run_of_from_file = run_program(std::move(from_file));
  CHECK(run_of_from_file.output == "from a file");

  SubprocessOptions fed = program({"cat"});
  fed.feed = std::make_unique<TextReader>("fed by hand", 3);
  const ProgramRun run_of_fed = run_program(std::move(fed));
  CHECK(run_of_fed.output == "fed by hand");
}

TEST_CASE("stdout goes to a descriptor", "[subprocess]") {
  const TempDir dir;
  {
    const UniqueFd out = open_for_writing(dir / "out");
    SubprocessOptions options = shell("echo text");
    options.output = out.get();
    Subprocess run(std::move(options));
    CHECK(run.wait().good());
  }
  CHECK(read_text_file(dir / "out") == "text\n");
}

TEST_CASE("large streams pass through in pieces while messages fill up", "[subprocess]") {
  constexpr std::uint64_t size = 8 << 20;
  // Far more on stderr than a pipe holds, before the first byte of output is read or written.
  SubprocessOptions options = shell("head -c 1000000 /dev/zero | tr '\\0' m >&2; cat");
  options.feed = std::make_unique<LongReader>(size);
  options.read_output = true;
  Subprocess run(std::move(options));
  const FileDigest digest = digest_of(run);
  CHECK(digest.size == size);
  CHECK(run.wait().good());
  CHECK(run.wait().messages == std::string(65536, 'm'));
}

TEST_CASE("who sends takes the messages meanwhile", "[subprocess]") {
  SubprocessOptions options = shell("head -c 1000000 /dev/zero | tr '\\0' m >&2; wc -c");
  options.write_input = true;
  options.read_output = true;
  options.timeout = 60s;
  Subprocess run(std::move(options));
  CHECK(run.send_and_listen(std::string(1'000'000, 'x')));
  run.finish_input();
  CHECK(std::stoul(read_text(run, 100)) == 1'000'000);
  CHECK(run.wait().messages.ends_with("mmmm"));
}

TEST_CASE("who sends what nobody reads waits no longer than the program may take", "[subprocess]") {
  SubprocessOptions options = shell("sleep 60");
  options.write_input = true;
  options.timeout = 100ms;
  Subprocess run(std::move(options));
  const auto started = Clock::now();
  CHECK(error_of([&] { run.send_and_listen(std::string(1'000'000, 'x')); }).kind() ==
        ErrorKind::failed);
  CHECK(Clock::now() - started < 30s);
}

TEST_CASE("a program that has ended takes nothing more", "[subprocess]") {
  SubprocessOptions options = shell("exit 3");
  options.write_input = true;
  Subprocess run(std::move(options));
  CHECK_FALSE(run.send_and_listen(std::string(1'000'000, 'x')));
  CHECK(run.wait().exit_code == 3);
}

TEST_CASE("output beyond the limit is refused, and the program stopped", "[subprocess]") {
  CHECK(run_program(program({"printf", "12345"}), 5).output == "12345");
  const Error error = error_of([&] { run_program(program({"yes"}), 1000); });
  CHECK_THAT(error.message(), ContainsSubstring("1000"));
  CHECK(!has_children());
}

TEST_CASE("a program that does not read all of its input is no error", "[subprocess]") {
  SubprocessOptions options = program({"true"});
  options.feed = std::make_unique<LongReader>(8 << 20);
  Subprocess run(std::move(options));
  CHECK(run.wait().good());
}

TEST_CASE("an error of the reader that feeds passes through", "[subprocess]") {
  SubprocessOptions options = program({"cat"});
  options.feed = std::make_unique<FailingReader>();
  CHECK(error_of([&] { run_program(std::move(options)); }).message() == "damaged");
  CHECK(!has_children());
}

TEST_CASE("output that nobody wants does not keep a program waiting", "[subprocess]") {
  SubprocessOptions options = program({"yes"});
  options.read_output = true;
  Subprocess run(std::move(options));
  CHECK(run.wait().signal == SIGPIPE);
}

TEST_CASE("variables are added and removed", "[subprocess]") {
  const Environment kept("A2A_TEST_KEPT", "kept");
  const Environment removed("A2A_TEST_REMOVED", "there");
  SubprocessOptions options =
      shell("echo \"$A2A_TEST_KEPT ${A2A_TEST_REMOVED-gone} $A2A_TEST_ADDED\"");
  options.environment = {{"A2A_TEST_REMOVED", std::nullopt}, {"A2A_TEST_ADDED", "a=b"}};
  const ProgramRun run = run_program(std::move(options));
  CHECK(run.output == "kept gone a=b\n");
}

TEST_CASE("a program gets the descriptors meant for it, and no others", "[subprocess]") {
  const TempDir dir;
  write_text(dir / "secret", "the content");
  const UniqueFd secret = open_read(dir / "secret");
  const std::string number = std::to_string(secret.get());
  const std::string script = "cat /dev/fd/" + number + " || echo none";
  CHECK(run_program(shell(script)).output == "none\n");
  SubprocessOptions options = shell(script);
  options.inherited = {secret.get()};
  const ProgramRun run = run_program(std::move(options));
  CHECK(run.output == "the content");
  CHECK((fcntl(secret.get(), F_GETFD) & FD_CLOEXEC) != 0);
}

TEST_CASE("signals are as a fresh program expects them", "[subprocess]") {
  const auto before = std::signal(SIGPIPE, SIG_IGN);
  const std::string status = run_program(program({"cat", "/proc/self/status"})).output;
  std::signal(SIGPIPE, before);
  CHECK_THAT(status, ContainsSubstring("SigBlk:\t0000000000000000"));
  const std::size_t ignored = status.find("SigIgn:\t") + 8;
  CHECK((std::stoull(status.substr(ignored, 16), nullptr, 16) & (1U << (SIGPIPE - 1))) == 0);
}

TEST_CASE("a program that takes too long is stopped with all that it started", "[subprocess]") {
  const TempDir dir;
  // Neither of the two goes when it is asked to.
  SubprocessOptions options = shell(
      "trap '' TERM; (trap '' TERM; echo $$ >/dev/null; sleep 60) & "
      "echo $! >" +
      (dir / "child").string() + "; sleep 60; wait");
  options.timeout = 2s;
  options.grace = 100ms;
  const auto started = Clock::now();
  const Error error = error_of([&] {
    Subprocess run(std::move(options));
    run.wait();
  });
  CHECK(error.message() == "sh took longer than 2000 ms and was stopped");
  CHECK(Clock::now() - started < 20s);
  CHECK(is_gone(pid_in(dir / "child")));
  CHECK(!has_children());
}

TEST_CASE("a program gets the chance to end by itself", "[subprocess]") {
  const TempDir dir;
  {
    const Subprocess run(shell("trap 'echo bye >" + (dir / "bye").string() +
                               "; exit' TERM; echo >" + (dir / "ready").string() +
                               "; while :; do sleep 0.01; done"));
    for (int i = 0; i < 500 && !fs::exists(dir / "ready"); ++i) std::this_thread::sleep_for(10ms);
  }
  CHECK(fs::exists(dir / "bye"));
}

TEST_CASE("a program does not outlive its owner, and leaves nothing open", "[subprocess]") {
  const TempDir dir;
  const std::size_t before = open_descriptors();
  {
    SubprocessOptions options = shell("echo $$ >" + (dir / "pid").string() + "; exec sleep 60");
    options.feed = std::make_unique<LongReader>(1 << 20);
    options.read_output = true;
    const Subprocess run(std::move(options));
    pid_in(dir / "pid");
  }
  CHECK(is_gone(pid_in(dir / "pid")));
  CHECK(!has_children());
  run_program(shell("echo text; echo text >&2"));
  CHECK(error_of([] { run_program(program({"a2a-no-such-program"})); }).kind() ==
        ErrorKind::failed);
  CHECK(open_descriptors() == before);
}

TEST_CASE("a daemon that it leaves behind is not waited for", "[subprocess]") {
  const TempDir dir;
  const auto started = Clock::now();
  const ProgramRun run =
      run_program(shell("sleep 60 & echo $! >" + (dir / "pid").string() + "; echo text"));
  CHECK(run.output == "text\n");
  CHECK(run.result.good());
  CHECK(Clock::now() - started < 20s);
  const pid_t daemon = pid_in(dir / "pid");
  CHECK(kill(daemon, SIGKILL) == 0);  // it was left alone
}

TEST_CASE("a signal to us stops the program", "[subprocess]") {
  const TempDir dir;
  const pid_t tool = fork();
  if (tool == 0) {
    // In a process of its own: what a signal did cannot be forgotten again.
    install_interrupt_handlers();
    try {
      Subprocess run(shell("echo $$ >" + (dir / "pid").string() + "; exec sleep 60"));
      run.wait();
    } catch (const Error& error) {
      _exit(error.kind() == ErrorKind::terminated ? 0 : 2);
    }
    _exit(3);
  }
  const pid_t sleeper = pid_in(dir / "pid");
  kill(tool, SIGTERM);
  int status = -1;
  CHECK(waitpid(tool, &status, 0) == tool);
  CHECK((WIFEXITED(status) && WEXITSTATUS(status) == 0));
  CHECK(is_gone(sleeper));
}

TEST_CASE("only a program that asks on the terminal shares our process group", "[subprocess]") {
  const auto group_of = [](bool asks) {
    SubprocessOptions options = shell("cut -d ' ' -f 5 /proc/$$/stat");
    options.asks_on_terminal = asks;
    return std::stol(run_program(std::move(options)).output);
  };
  CHECK(group_of(true) == getpgrp());
  CHECK(group_of(false) != getpgrp());
}
