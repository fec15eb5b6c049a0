// SPDX-License-Identifier: MIT
// release.yml, with a scripts/package that leaves what the real one is to leave.
import fs from "node:fs";
import path from "node:path";
import { execFileSync } from "node:child_process";
import { TOOL, assert, assertMatch, failedIn, newWorld, runOwn, succeeded, test } from "./harness.mjs";

const GATHER = "Check them, and write SHA256SUMS";

// The first of the two machines is x86-64.
const PACKAGE = (version) => `#!/usr/bin/env bash
mkdir -p "$1"
if mkdir "$STUB_WORLD/first" 2>/dev/null; then set -- "$1" x86_64 amd64; else set -- "$1" aarch64 arm64; fi
echo tar >"$1/a2a-backup-${version}-linux-$2.tar.gz"
echo deb >"$1/a2a-backup_${version}_$3.deb"
`;

const CHANGES = `# Changelog
## [1.2.0] - 2026-11-24
### Added
- Something new.
## [1.1.0]
- Something old.
`;

function taggedWorld({ version = "1.2.0", changes = CHANGES } = {}) {
  const world = newWorld({ repository: TOOL });
  const script = path.join(world.tree(TOOL), "scripts/package");
  fs.writeFileSync(script, PACKAGE(version), { mode: 0o755 });
  fs.writeFileSync(path.join(world.tree(TOOL), "CHANGELOG.md"), changes);
  return world;
}

const runTag = (world, tag, isPrivate = false) => runOwn(world, "release", { event: "push",
  ref: `refs/tags/${tag}`, payload: { repository: { private: isPrivate } } });

test("release: packages of both machines, checksums, a statement, and the notes", async () => {
  const world = taggedWorld();
  succeeded(await runTag(world, "v1.2.0"));
  const release = world.release("v1.2.0");
  assert.deepEqual(release.assets, ["SHA256SUMS", "a2a-backup-1.2.0-linux-aarch64.tar.gz",
    "a2a-backup-1.2.0-linux-x86_64.tar.gz", "a2a-backup_1.2.0_amd64.deb", "a2a-backup_1.2.0_arm64.deb"]);
  execFileSync("sha256sum", ["--check", "--quiet", "SHA256SUMS"],
    { cwd: path.join(release.folder, "assets") });
  assertMatch(release.body, /- Something new\./);
  assert.ok(!release.body.includes("old"));
  assert.equal(release.verified, true);
  assert.equal(world.attested.trim().split("\n").length, 4);
});

test("release: a private repository has no statement", async () => {
  const world = taggedWorld();
  succeeded(await runTag(world, "v1.2.0", true));
  assert.equal(world.attested, undefined);
});

test("release: packages of another version than the tag", async () => {
  const world = taggedWorld({ version: "1.1.0" });
  failedIn(await runTag(world, "v1.2.0"), GATHER, 1, /not the four packages of 1\.2\.0/);
  assert.deepEqual(world.releases(), []);
});

test("release: a version that the changelog does not know", async () => {
  const world = taggedWorld({ changes: "# Changelog\n## [1.2.0]\n\n## [1.1.0]\n- old\n" });
  failedIn(await runTag(world, "v1.2.0"), GATHER, 1, /CHANGELOG\.md has nothing about 1\.2\.0/);
  assert.deepEqual(world.releases(), []);
});

test("release: a tag that is no version", async () => {
  failedIn(await runTag(taggedWorld(), "vnext"), GATHER, 2, /"vnext" is no version/);
});
