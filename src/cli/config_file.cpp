// SPDX-License-Identifier: MIT
#include "a2a_backup/cli/config_file.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>

#include "a2a_backup/core/text.hpp"

namespace a2a_backup {
namespace {

/// These choose what is done, or where this very configuration is; neither belongs in it.
constexpr std::array not_configurable{"help",    "version", "config", "undo", "resume", "rollback",
                                      "dry-run", "all",     "to",     "cat",  "pick",   "output"};

bool configurable(const std::string& name) {
  return std::find(not_configurable.begin(), not_configurable.end(), name) ==
         not_configurable.end();
}

std::vector<std::string> keys_of(CLI::App& app) {
  std::vector<std::string> keys;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) {
      if (configurable(name)) keys.push_back(name);
    }
  }
  return keys;
}

[[noreturn]] void unknown_key(const std::string& file, const std::string& key,
                              const std::vector<std::string>& known) {
  const std::string close = nearest(key, known);
  throw Error(ErrorKind::usage, file + ": there is no key '" + printable(key) + "'",
              close.empty() ? "the keys are the long names of the options, see --help"
                            : "did you mean '" + close + "'?");
}

CLI::App& section_app(CLI::App& app, const CLI::ConfigItem& item, const std::string& file) {
  if (item.parents.empty()) return app;
  std::vector<std::string> names;
  for (CLI::App* command : app.get_subcommands({})) {
    if (item.parents.size() == 1 && command->get_name() == item.parents.front()) return *command;
    names.push_back(command->get_name());
  }
  unknown_key(file, item.parents.front(), names);
}

void apply_item(CLI::App& app, const CLI::ConfigItem& item, const std::string& file) {
  if (item.name == "++" || item.name == "--") return;  // CLI11's marks around a section
  CLI::App& target = section_app(app, item, file);
  const std::vector<std::string> keys = keys_of(target);
  if (std::find(keys.begin(), keys.end(), item.name) == keys.end()) {
    unknown_key(file, item.name, keys);
  }
  CLI::Option* option = target.get_option("--" + item.name);
  if (option->count() > 0) return;
  try {
    for (const std::string& value : item.inputs) option->add_result(value);
    option->run_callback();
  } catch (const CLI::Error& error) {
    throw Error(ErrorKind::usage, file + ": " + item.name + ": " + error.what());
  }
}

std::string default_file() {
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
  const fs::path file = base / "a2a-backup" / "config.toml";
  return stat_path(file) ? file.string() : std::string();
}

void require_private(const std::string& file) {
  const auto status = stat_path(file);
  if (!status) {
    throw Error(ErrorKind::usage, "cannot open the configuration file " + file,
                "correct --config or A2A_BACKUP_CONFIG");
  }
  if ((status->st_mode & 022U) == 0) return;
  throw Error(ErrorKind::usage, file + " can be written by others",
              "chmod go-w " + shell_word(file));
}

}  // namespace

void bind_environment(CLI::App& app) {
  for (CLI::Option* option : app.get_options()) {
    if (option->get_lnames().empty()) continue;
    std::string name = option->get_lnames().front();
    if (name != "config" && !configurable(name)) continue;
    std::transform(name.begin(), name.end(), name.begin(),
                   [](char c) { return c == '-' ? '_' : static_cast<char>(std::toupper(c)); });
    option->envname("A2A_BACKUP_" + name);
  }
  for (CLI::App* command : app.get_subcommands({})) bind_environment(*command);
}

void apply_config(CLI::App& app, const std::string& named) {
  const std::string file = named.empty() ? default_file() : named;
  if (file.empty()) return;
  require_private(file);
  std::ifstream stream(file);
  std::vector<CLI::ConfigItem> items;
  try {
    items = CLI::ConfigTOML().from_config(stream);
  } catch (const CLI::Error& error) {
    throw Error(ErrorKind::usage, file + ": " + error.what());
  }
  for (const CLI::ConfigItem& item : items) apply_item(app, item, file);
}

}  // namespace a2a_backup
