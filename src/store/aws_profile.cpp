// SPDX-License-Identifier: MIT
#include "a2a_backup/store/aws_profile.hpp"

#include <map>
#include <sstream>

#include "a2a_backup/core/environment.hpp"
#include "a2a_backup/core/secret.hpp"
#include "a2a_backup/core/text.hpp"

namespace a2a_backup {
namespace {

using Section = std::map<std::string, std::string>;

constexpr std::uint64_t max_file = std::uint64_t{1} << 20;

constexpr std::string_view blanks = " \t\r";

std::string first_of(const std::string& a, const std::string& b) {
  return a.empty() ? b : a;
}

/// The lines "key = value" under "[title]". Indented ones belong to the key above, such as "s3 =".
Section section_of(const std::string& text, const std::string& title) {
  Section section;
  std::istringstream stream(text);
  bool inside = false;
  for (std::string line; std::getline(stream, line);) {
    if (line.empty() || line.front() == '#' || line.front() == ';') continue;
    if (line.front() == '[') {
      inside = trimmed(line.substr(1, line.find(']') - 1), blanks) == title;
    } else if (const std::size_t equals = line.find('=');
               inside && equals != std::string::npos && line.front() != ' ') {
      section[std::string(trimmed(line.substr(0, equals), blanks))] =
          trimmed(line.substr(equals + 1), blanks);
    }
  }
  return section;
}

fs::path usual_file(const std::string& variable, const char* name) {
  const std::string named = environment(variable);
  if (!named.empty()) return named;
  const std::string home = environment("HOME");
  return home.empty() ? fs::path() : fs::path(home) / ".aws" / name;
}

void require_private(const fs::path& file) {
  const auto status = stat_path(file);
  if (!status || (status->st_mode & 077U) == 0) return;
  throw Error(ErrorKind::key, file.string() + " holds a key, and others can read or change it",
              "chmod 600 " + shell_word(file.string()));
}

Section read_section(const fs::path& file, const std::string& title) {
  if (file.empty() || !stat_path(file)) return {};
  Section section = section_of(read_file(file, max_file, ErrorKind::key), title);
  if (section.contains("aws_secret_access_key")) require_private(file);
  return section;
}

AwsProfile read_files(const std::string& name) {
  const fs::path keys = usual_file("AWS_SHARED_CREDENTIALS_FILE", "credentials");
  const fs::path config = usual_file("AWS_CONFIG_FILE", "config");
  Section section = read_section(keys, name);
  section.merge(read_section(config, name == "default" ? name : "profile " + name));
  AwsProfile profile;
  profile.credentials = {section["aws_access_key_id"], section["aws_secret_access_key"],
                         section["aws_session_token"]};
  profile.region = section["region"];
  profile.endpoint = section["endpoint_url"];
  profile.where = "the profile " + printable(name) + " of " + keys.string();
  return profile;
}

}  // namespace

AwsProfile read_aws_profile(const std::string& named) {
  AwsProfile profile =
      read_files(named.empty() ? first_of(environment("AWS_PROFILE"), "default") : named);
  if (!named.empty()) return profile;
  profile.where = "AWS_ACCESS_KEY_ID, " + profile.where;
  if (const std::string id = environment("AWS_ACCESS_KEY_ID"); !id.empty()) {
    profile.credentials = {id, secret_from_environment("AWS_SECRET_ACCESS_KEY").value_or(""),
                           environment("AWS_SESSION_TOKEN")};
  }
  const std::string region = first_of(environment("AWS_REGION"), environment("AWS_DEFAULT_REGION"));
  const std::string endpoint =
      first_of(environment("AWS_ENDPOINT_URL_S3"), environment("AWS_ENDPOINT_URL"));
  profile.region = first_of(region, profile.region);
  profile.endpoint = first_of(endpoint, profile.endpoint);
  return profile;
}

}  // namespace a2a_backup
