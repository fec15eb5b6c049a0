// SPDX-License-Identifier: MIT
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "a2a_backup/cli/command_tree.hpp"
#include "a2a_backup/cli/commands.hpp"
#include "a2a_backup/cli/config_file.hpp"
#include "a2a_backup/cli/output.hpp"
#include "a2a_backup/cli/secrets.hpp"
#include "a2a_backup/core/text.hpp"

namespace a2a_backup {
namespace {

using Json = nlohmann::ordered_json;

struct Setting {
  std::string key;  ///< "root", "create.level"
  const OptionInfo* option = nullptr;
  std::vector<std::string> values;  ///< without passwords; none for an unset one
  std::string source;               ///< "flag", "environment", "file" or "default"
};

bool on_command_line(const CommandInfo& command, const OptionInfo& option) {
  const auto& order = command.app->parse_order();
  return std::find(order.begin(), order.end(), option.option) != order.end();
}

/// "true" or "false" for whatever CLI11 takes for one.
std::string flag_word(const std::string& value) {
  try {
    return CLI::detail::to_flag_value(value) > 0 ? "true" : "false";
  } catch (const std::exception&) {
    return value;  // of a command that was not asked for, and so not looked at
  }
}

Setting setting_of(const CommandInfo& command, const OptionInfo& option, const std::string& key) {
  const char* variable = std::getenv(option.environment.c_str());
  Setting setting{key, &option, option.option->results(), "file"};
  if (on_command_line(command, option)) {
    setting.source = "flag";
  } else if (variable != nullptr && *variable != '\0') {
    setting.source = "environment";
    setting.values = {variable};
  } else if (setting.values.empty()) {
    setting.source = "default";
    if (option.is_flag()) setting.values = {"false"};
    if (!option.default_text.empty()) setting.values = {option.default_text};
  }
  for (std::string& value : setting.values) {
    value = redacted(option.key, option.is_flag() ? flag_word(value) : value);
  }
  return setting;
}

void collect(const CommandInfo& command, const std::string& section,
             std::vector<Setting>& settings) {
  for (const OptionInfo& option : command.options) {
    if (option.environment.empty()) continue;
    settings.push_back(setting_of(command, option, section + option.key));
  }
  for (const CommandInfo& each : command.commands) {
    collect(each, section + each.name + ".", settings);
  }
}

Json to_json(const Setting& setting) {
  Json value;
  if (setting.option->is_flag()) {
    value = setting.values.front() == "true";
  } else if (setting.option->repeatable) {
    value = setting.values;
  } else if (!setting.values.empty()) {
    value = setting.values.back();
  }
  return {{"key", setting.key},
          {"value", value},
          {"source", setting.source},
          {"variable", setting.option->environment}};
}

std::string source_text(const Setting& setting, const std::string& file) {
  if (setting.source == "flag") return "flag " + setting.option->name();
  if (setting.source == "environment") return "environment " + setting.option->environment;
  return setting.source == "file" ? "file " + file : "default";
}

void run_show(CLI::App& app, const GlobalOptions& global) {
  const std::string file = config_file(global.config);
  apply_config(app, global.config);
  const CommandInfo program = describe(app);
  std::vector<Setting> settings;
  collect(program, "", settings);
  if (global.json) {
    Json list = Json::array();
    for (const Setting& setting : settings) list.push_back(to_json(setting));
    return print_json({{"file", file.empty() ? Json() : Json(file)}, {"options", list}});
  }
  Table table({"OPTION", "VALUE", "FROM"});
  for (const Setting& setting : settings) {
    std::string value;
    for (const std::string& each : setting.values) value += (value.empty() ? "" : ", ") + each;
    table.add({setting.key, value.empty() ? "-" : value, source_text(setting, file)});
  }
  print(table.format({}, stdout_is_terminal()));
}

/// As if nothing else had been said, so that no value of the file goes unread.
void forget_all(CLI::App& app) {
  for (CLI::Option* option : app.get_options()) option->clear();
  for (CLI::App* command : app.get_subcommands({})) forget_all(*command);
}

void run_check(CLI::App& app, const std::string& named, const GlobalOptions& global) {
  const std::string file = config_file(named.empty() ? global.config : named);
  const bool json = global.json;
  std::size_t count = 0;
  forget_all(app);
  if (!file.empty()) {
    for (const TomlItem& item : read_config(file)) {
      apply_item(app, item, file);
      if (!item.key.empty()) ++count;
    }
  }
  if (json) {
    print_json({{"file", file.empty() ? Json() : Json(file)}, {"ok", true}, {"keys", count}});
  } else if (file.empty()) {
    print("there is no " + usual_config_file() + ", the defaults hold\n");
  } else {
    print(file + " is good: " + plural(count, "key") + "\n");
  }
}

}  // namespace

Command add_config(CLI::App& app, const GlobalOptions& global) {
  CLI::App* command = app.add_subcommand("config", "Show or check the configuration");
  command->require_subcommand(1);
  command->footer("Examples:\n  a2a-backup config show\n  a2a-backup config check\n");
  CLI::App* show = command->add_subcommand("show", "Print every option, its value and its source");
  show->footer("Examples:\n  a2a-backup config show\n  a2a-backup config show --json\n");
  CLI::App* check = command->add_subcommand("check", "Say whether a configuration file is right");
  check->footer(
      "Examples:\n  a2a-backup config check\n"
      "  a2a-backup config check /app/config.toml\n");
  auto file = std::make_shared<std::string>();
  check->add_option("file", *file, "The file (default: the one in use)")->type_name("FILE");
  for (CLI::App* each : {show, check}) each->fallthrough();
  const auto run = [&app, &global, show, file] {
    show->parsed() ? run_show(app, global) : run_check(app, *file, global);
  };
  return {command, run, false};
}

}  // namespace a2a_backup
