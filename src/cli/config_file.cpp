// SPDX-License-Identifier: MIT
#include "a2a_backup/cli/config_file.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>

#include "a2a_backup/cli/command_tree.hpp"
#include "a2a_backup/cli/secrets.hpp"
#include "a2a_backup/cli/usage_errors.hpp"
#include "a2a_backup/core/text.hpp"

namespace a2a_backup {
namespace {

/// These choose what is done, or where this very configuration is; neither belongs in it.
constexpr std::array not_configurable{"help",     "version", "config", "undo", "resume",
                                      "rollback", "dry-run", "all",    "to",   "cat",
                                      "pick",     "output",  "at"};

std::vector<std::string> keys_of(CLI::App& app) {
  std::vector<std::string> keys;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) {
      if (configurable(app.get_name(), name)) keys.push_back(name);
    }
  }
  return keys;
}

std::string place(const std::string& file, const TomlItem& item) {
  return file + ":" + std::to_string(item.line) + ": ";
}

[[noreturn]] void unknown_name(const std::string& where, const std::string& what,
                               const std::string& name, const std::vector<std::string>& known,
                               const std::string& otherwise) {
  throw Error(ErrorKind::usage, where + "there is no " + what + " '" + printable(name) + "'",
              did_you_mean(name, known, otherwise));
}

/// The commands that have something to configure.
CLI::App& section_app(CLI::App& app, const TomlItem& item, const std::string& file) {
  if (item.section.empty()) return app;
  std::vector<std::string> names;
  for (CLI::App* command : app.get_subcommands({})) {
    if (keys_of(*command).empty()) continue;
    if (command->get_name() == item.section) return *command;
    names.push_back(command->get_name());
  }
  unknown_name(place(file, item), "section", item.section, names,
               "the sections are " + enumeration(names, "and"));
}

void require_private(const std::string& file) {
  const auto status = stat_path(file);
  if (!status) {
    throw Error(ErrorKind::usage, "cannot open the configuration file " + file,
                "correct --config or A2A_BACKUP_CONFIG");
  }
  if (S_ISDIR(status->st_mode)) {
    throw Error(ErrorKind::usage, "the configuration file " + file + " is a folder",
                "name the file in it");
  }
  if ((status->st_mode & 022U) == 0) return;
  throw Error(ErrorKind::usage, file + " can be written by others",
              "chmod go-w " + shell_word(file));
}

/// Every value that redacted() would change holds a secret; no other key can hold one.
void require_secrecy(const std::string& file, const std::vector<TomlItem>& items) {
  const auto status = stat_path(file);
  if (!status || (status->st_mode & 044U) == 0) return;
  for (const TomlItem& item : items) {
    for (const std::string& value : item.values) {
      if (redacted(item.key, value) == value) continue;
      throw Error(ErrorKind::usage,
                  place(file, item) + "'" + printable(item.key) +
                      "' holds a secret, and the file can be read by others",
                  "chmod 600 " + shell_word(file));
    }
  }
}

}  // namespace

bool configurable(const std::string& command, const std::string& key) {
  if (command == "create" && key == "to") return true;  // where copies go is no choice of one run
  return std::find(not_configurable.begin(), not_configurable.end(), key) == not_configurable.end();
}

void bind_environment(CLI::App& app) {
  for (CLI::Option* option : app.get_options()) {
    if (option->get_lnames().empty()) continue;
    std::string name = option->get_lnames().front();
    if (name != "config" && !configurable(app.get_name(), name)) continue;
    std::transform(name.begin(), name.end(), name.begin(),
                   [](char c) { return c == '-' ? '_' : static_cast<char>(std::toupper(c)); });
    option->envname("A2A_BACKUP_" + name);
  }
  for (CLI::App* command : app.get_subcommands({})) bind_environment(*command);
}

std::string usual_config_file() {
  const char* folder = std::getenv("XDG_CONFIG_HOME");
  const char* home = std::getenv("HOME");
  fs::path base;
  if (folder != nullptr && *folder != '\0') {
    base = folder;
  } else if (home != nullptr && *home != '\0') {
    base = fs::path(home) / ".config";
  } else {
    return {};
  }
  return base / "a2a-backup" / "config.toml";
}

std::string config_file(const std::string& named) {
  if (!named.empty()) return named;
  const std::string usual = usual_config_file();
  return !usual.empty() && stat_path(usual) ? usual : std::string();
}

std::vector<TomlItem> read_config(const std::string& file) {
  require_private(file);
  std::ifstream stream(file);
  if (!stream) {
    throw Error(ErrorKind::usage, "cannot read the configuration file " + file,
                "let this user read it, or name another one with --config");
  }
  std::vector<TomlItem> items = read_toml(stream, file);
  require_secrecy(file, items);
  return items;
}

void apply_item(CLI::App& app, const TomlItem& item, const std::string& file) {
  CLI::App& target = section_app(app, item, file);
  if (item.key.empty()) return;
  const std::vector<std::string> keys = keys_of(target);
  if (std::find(keys.begin(), keys.end(), item.key) == keys.end()) {
    unknown_name(place(file, item), "key", item.key, keys,
                 "the keys are the long names of the options, see --help");
  }
  CLI::Option* option = target.get_option("--" + item.key);
  if (option->count() > 0) return;
  const bool empty = std::find(item.values.begin(), item.values.end(), "") != item.values.end();
  if (empty) {
    throw Error(ErrorKind::usage, place(file, item) + item.key + " is empty",
                "leave the key out for the default");
  }
  try {
    for (const std::string& value : item.values) option->add_result(value);
    option->run_callback();
  } catch (const CLI::Error& error) {
    throw Error(ErrorKind::usage, place(file, item) + item.key + " " +
                                      value_problem(describe(*option), item.values, error));
  }
}

void apply_config(CLI::App& app, const std::string& named) {
  const std::string file = config_file(named);
  if (file.empty()) return;
  for (const TomlItem& item : read_config(file)) apply_item(app, item, file);
}

}  // namespace a2a_backup
