// SPDX-License-Identifier: MIT
#include "a2a_backup/cli/command_line.hpp"
#include "a2a_backup/cli/completion.hpp"
#include "a2a_backup/cli/secrets.hpp"
#include "catch.hpp"

using namespace a2a_backup;

namespace {

OptionInfo option(std::vector<std::string> names, const std::string& placeholder) {
  OptionInfo info;
  info.key = names.empty() ? "sel" : names.back().substr(2);
  info.names = std::move(names);
  info.placeholder = placeholder;
  return info;
}

/// A program with -C, -q and --color, whose command show takes --undo, --to and one SEL.
CommandInfo program() {
  CommandInfo whole;
  whole.options = {option({"-C", "--root"}, "DIR"), option({"-q", "--quiet"}, ""),
                   option({"--color"}, "WHEN")};
  whole.options[0].kind = ValueKind::folder;
  whole.options[2].choices = {"auto", "always"};
  CommandInfo show;
  show.name = "show";
  show.options = {option({"--undo"}, ""), option({"--to"}, "FILE")};
  show.options[0].excludes = {"--to"};
  show.options[1].kind = ValueKind::file;
  show.arguments = {option({}, "SEL")};
  show.arguments[0].kind = ValueKind::backup;
  whole.commands = {show};
  return whole;
}

/// The candidates, with what the shell completes in front, and the options seen behind.
std::string ask(std::vector<std::string> words) {
  std::string root;
  const CommandInfo whole = program();
  const auto names = [&](const std::map<std::string, std::string>& options) {
    if (options.contains("root")) root = " in " + options.at("root");
    return std::vector<Candidate>{{"one.zip", ""}, {"two.zip", ""}};
  };
  const Completion found = complete(whole, std::move(words), names);
  std::string text = std::string(completes_name(found.shell)) + ":";
  for (const Candidate& each : found.candidates) text += " " + found.prefix + each.word;
  return text + root;
}

}  // namespace

TEST_CASE("completion: commands, options and values", "[cli][completion]") {
  CHECK(ask({""}) == "nothing: show");
  CHECK(ask({"x"}) == "nothing:");
  CHECK(ask({"show", "--q"}) == "nothing: --quiet");
  CHECK(ask({"-q", "--q"}) == "nothing:");
  CHECK(ask({"--color", "al"}) == "nothing: always");
  CHECK(ask({"--color=au"}) == "nothing: --color=auto");
  CHECK(ask({"-C", ""}) == "folders:");
  CHECK(ask({"-qC", ""}) == "folders:");
  CHECK(ask({"show", "--to", ""}) == "files:");
  CHECK(ask({}) == "nothing: show");
}

TEST_CASE("completion: backups of the place that is named", "[cli][completion]") {
  CHECK(ask({"show", ""}) == "files: latest one.zip two.zip");
  CHECK(ask({"-C", "x", "show", "o"}) == "files: one.zip in x");
  CHECK(ask({"show", "--root=x", "t"}) == "files: two.zip in x");
  CHECK(ask({"-Cx", "show", "--", "t"}) == "files: two.zip in x");
}

TEST_CASE("completion: what does not go together is not offered", "[cli][completion]") {
  CHECK(ask({"show", "--to", "x", "--u"}) == "nothing:");
  CHECK(ask({"show", "--u"}) == "nothing: --undo");
  // No further argument: what else there is.
  CHECK(ask({"show", "a", ""}) == "nothing: --undo --to -C --root -q --quiet --color");
  CHECK(ask({"show", "--", "a", ""}) == "nothing:");
}

TEST_CASE("completion: words of a shell lose their quotes", "[cli][completion]") {
  CHECK(unquoted("a\\ b") == "a b");
  CHECK(unquoted("'a \\b") == "a \\b");
  CHECK(unquoted("\"a \\\"b\"'c'") == "a \"bc");
  CHECK(unquoted("a\\") == "a\\");
}

TEST_CASE("command line: what cannot be read is told apart", "[cli][completion]") {
  const CommandInfo whole = program();
  const ReadWords read = read_words(whole, {"-qx", "--nope=1", "show", "a", "b", "--to"});
  CHECK(read.unknown_options == std::vector<std::string>{"-x", "--nope"});
  CHECK(read.unexpected == std::vector<std::string>{"b"});
  CHECK(read.command().name == "show");
  REQUIRE(read.waiting != nullptr);
  CHECK(read.waiting->key == "to");
}

TEST_CASE("secrets: passwords are hidden, and nothing else", "[cli][secrets]") {
  CHECK(redacted("postgresql://user:pa@ss/w@host/db") == "postgresql://user:***@host/db");
  CHECK(redacted("postgresql://user@host:5432/db") == "postgresql://user@host:5432/db");
  CHECK(redacted("sqlite:////app/data.db") == "sqlite:////app/data.db");
  CHECK(redacted("host=x Password=y z=1") == "host=x Password=*** z=1");
  CHECK(redacted("postgresql://h/db?password=x&a=b") == "postgresql://h/db?password=***&a=b");
  CHECK(redacted("/a:b@c") == "/a:b@c");
}
