// SPDX-License-Identifier: MIT
#include "a2a_backup/cli/create_output.hpp"

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "a2a_backup/cli/output.hpp"
#include "a2a_backup/core/text.hpp"
#include "a2a_backup/store/locations.hpp"

namespace a2a_backup {
namespace {

using Json = nlohmann::ordered_json;

Json to_json(const CreateResult& result, const std::vector<PlaceResult>& copies) {
  Json json{{"path", result.path.string()},
            {"name", result.path.filename().string()},
            {"size", result.size}};
  if (result.unchanged) json["unchanged"] = true;
  if (!result.sha256.empty()) json["sha256"] = result.sha256;
  json["timestamp"] = format_rfc3339(result.metadata.timestamp);
  json["files"] = Json::array();
  for (const EntryRecord& entry : result.metadata.entries) {
    json["files"].push_back({{"path", entry.path}, {"size", entry.size}, {"sha256", entry.sha256}});
  }
  if (result.metadata.tasks) json["tasks"] = tasks_to_json(*result.metadata.tasks);
  if (result.metadata.database) json["tables"] = result.metadata.database->tables;
  if (result.encrypted) {
    json["encryption"] = {{"program", "age"}, {"proven", result.encryption_proven}};
  }
  json["warnings"] = result.metadata.warnings;
  if (result.pruned) json["pruned"] = result.pruned->removed;
  if (!copies.empty()) json["copies"] = places_to_json(copies);
  return json;
}

void append_to(const char* variable, const std::string& text) {
  const char* file = std::getenv(variable);
  if (file == nullptr || *file == '\0') return;
  std::ofstream stream(file, std::ios::app);
  stream << text;
}

/// Short where it is a path of this machine.
std::string shown_source(const CreateResult& result, const std::string& source) {
  if (!result.received_from.empty()) return result.received_from;
  if (source.find("://") != std::string::npos) return source;
  return fs::path(source).lexically_proximate(fs::current_path()).string();
}

/// What there is to say of an archive that is new.
void print_new(const CreateResult& result) {
  std::uint64_t captured = 0;
  for (const EntryRecord& entry : result.metadata.entries) captured += entry.size;
  print("backed up to " + result.path.string() + "\n");
  for (const EntryRecord& entry : result.metadata.entries) {
    print("  " + entry.path + "  " + format_bytes(entry.size) + "  from " +
          shown_source(result, entry.source) + "\n");
  }
  const std::string content = describe_content(result.metadata);
  print("holds " + (content.empty() ? plural(result.metadata.entries.size(), "file") : content) +
        "; " + format_bytes(captured) + " in " + format_bytes(result.size) + "\n");
  print("proven: inflated and compared with the data captured, byte by byte, and read back\n");
  if (result.encrypted) {
    print(result.encryption_proven ? "encrypted, and proven: decrypted again to the same bytes\n"
                                   : "encrypted\n");
  }
}

void print_unchanged(const CreateResult& result) {
  print("nothing has changed since " + result.path.string() + ", made " +
        format_age(now() - result.metadata.timestamp) + " ago: no new backup\n");
  print(
      result.sha256.empty()
          ? "every SHA-256 it notes is that of the data there is now\n"
          : "it was read back: every size, CRC-32 and SHA-256 is that of the data there is now\n");
}

}  // namespace

void print_created(const CreateResult& result, const std::vector<PlaceResult>& copies,
                   const GlobalOptions& global) {
  if (global.json) return print_json(to_json(result, copies));
  if (global.quiet) return print(result.path.string() + "\n");
  result.unchanged ? print_unchanged(result) : print_new(result);
  if (result.pruned && !result.pruned->removed.empty()) {
    print("removed " + plural(result.pruned->removed.size(), "old backup") + ", " +
          format_bytes(result.pruned->freed) + "\n");
  }
  print_places(copies);
  const std::string name = result.path.filename().string();
  if (!result.encrypted) return suggest(global, "a2a-backup inspect " + name);
  suggest(global, "a2a-backup verify " + name + " --identity FILE   (where the secret key is)");
}

void report_to_github(const CreateResult& result) {
  const char* actions = std::getenv("GITHUB_ACTIONS");
  if (actions == nullptr || std::string_view(actions) != "true") return;
  append_to("GITHUB_OUTPUT",
            "path=" + result.path.string() + "\nname=" + result.path.filename().string() +
                "\nsha256=" + result.sha256 + "\nsize=" + std::to_string(result.size) +
                "\nchanged=" + (result.unchanged ? "false" : "true") + "\n");
  std::string summary = "| file | size | SHA-256 |\n|---|---:|---|\n";
  for (const EntryRecord& entry : result.metadata.entries) {
    summary +=
        "| " + entry.path + " | " + format_bytes(entry.size) + " | `" + entry.sha256 + "` |\n";
  }
  const std::string title = result.unchanged ? "Nothing has changed since " : "";
  append_to("GITHUB_STEP_SUMMARY", "### " + title + result.path.filename().string() + "\n\n" +
                                       summary + "\n" + describe_content(result.metadata) + "\n");
}

HookFacts facts_for_hooks(const CreateResult& result) {
  const bool here = !result.path.empty() && !is_store_url(result.path);
  HookFacts facts{
      {"A2A_HOOK_PATH", here ? fs::absolute(result.path).string() : result.path.string()},
      {"A2A_HOOK_NAME", result.path.filename().string()},
      {"A2A_HOOK_SIZE", std::to_string(result.size)},
      {"A2A_HOOK_SHA256", result.sha256},
      {"A2A_HOOK_CHANGED", result.unchanged ? "false" : "true"}};
  if (result.pruned && result.pruned->problem) {
    facts["A2A_HOOK_PRUNE_ERROR"] = result.pruned->problem->message();
  }
  return facts;
}

MonitoredResult told_of(const CreateResult& result) {
  const std::string content =
      describe_content(result.metadata) + " in " + format_bytes(result.size);
  if (!result.unchanged) {
    return {true, result.size, !result.encrypted || result.encryption_proven, content};
  }
  const bool read_back = !result.sha256.empty();  // else it is not on this machine
  return {true, result.size, read_back,
          "unchanged since " + result.path.filename().string() + ": " + content};
}

}  // namespace a2a_backup
