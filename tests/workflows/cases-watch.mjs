// SPDX-License-Identifier: MIT
// freshness.yml and drill.yml, on their schedules and by the caller of docs/github.md.
import fs from "node:fs";
import path from "node:path";
import { execFileSync } from "node:child_process";
import { SYSTEM, TOOL, assert, assertMatch, damage, failedIn, makeBackup, newWorld, runCaller, runOwn,
  succeeded, test } from "./harness.mjs";

const FETCH = "Fetch the newest backup";
const READ = "Read it, and look at its age";
const RESTORE = "Restore it, and look at the clock";

const world = (options) => newWorld({ repository: TOOL, ...options });

/** A backup under this key's public half; the time in its name can be another. */
function sealed(place, { taken } = {}) {
  const key = path.join(place.folder, "key.txt");
  if (!fs.existsSync(key)) execFileSync("age-keygen", ["-o", key], { stdio: "ignore" });
  const recipient = execFileSync("age-keygen", ["-y", key], { encoding: "utf8" }).trim();
  const plain = makeBackup(place);
  const name = taken ? `a2a_backup_${taken}.zip.age` : `${path.basename(plain)}.age`;
  const file = path.join(path.dirname(plain), name);
  execFileSync("age", ["-r", recipient, "-o", file, plain]);
  return { file, identity: fs.readFileSync(key, "utf8").match(/^AGE-SECRET-KEY-.*$/m)[0] };
}

// --- freshness ---

test("freshness: a backup of today is good", async () => {
  const place = world();
  place.storeArtifact(makeBackup(place));
  const done = await runOwn(place, "freshness");
  succeeded(done);
  assertMatch(done.summary, /Fresh and good: artifact a2a_backup_/);
});

test("freshness: a backup of the day before yesterday is not", async () => {
  const place = world();
  place.storeArtifact(makeBackup(place, { hours: 50 }));
  const done = await runOwn(place, "freshness");
  failedIn(done, READ, 11, /::error::.*is 2 days old[\s\S]*::error::the newest backup, artifact/);
  assertMatch(done.summary, /\*\*Failed:\*\* the newest backup/);
});

test("freshness: how old it may be can be said", async () => {
  const place = world();
  place.storeArtifact(makeBackup(place, { hours: 50 }));
  succeeded(await runOwn(place, "freshness",
    { event: "workflow_dispatch", inputs: { "max-age-hours": 72 } }));
});

test("freshness: the newest counts, artifact or release", async () => {
  const place = world();
  place.storeArtifact(makeBackup(place, { hours: 50 }));
  place.addRelease("backup-20200101", [makeBackup(place, { hours: 70 })]);
  failedIn(await runOwn(place, "freshness"), READ, 11, /the newest backup, artifact/);
  const today = new Date().toISOString().slice(0, 10).replaceAll("-", "");
  place.addRelease(`backup-${today}`, [makeBackup(place)]);
  const later = await runOwn(place, "freshness");
  succeeded(later);
  assertMatch(later.summary, new RegExp(`Fresh and good: a2a_backup_.* of release backup-${today}`));
});

test("freshness: no backup at all is exit code 4", async () => {
  failedIn(await runOwn(world(), "freshness"), FETCH, 4, /::error::there is no backup here/);
});

test("freshness: what expired, came from a fork, or has another name does not count", async () => {
  const place = world();
  place.storeArtifact(makeBackup(place), { expired: true });
  place.storeArtifact(makeBackup(place), { fork: true });
  place.storeArtifact(makeBackup(place), { name: "a2a_backup_20990101_000000_x" });
  place.addRelease("v2.0.0", [makeBackup(place)]);
  place.addRelease("backup-20990101", [makeBackup(place)], { isDraft: true });
  failedIn(await runOwn(place, "freshness"), FETCH, 4, /there is no backup here/);
});

test("freshness: a fresh name around damage is found out", async () => {
  const place = world();
  const file = makeBackup(place);
  damage(file);
  place.storeArtifact(file);
  failedIn(await runOwn(place, "freshness"), READ, 5, /::error::/);
});

test("freshness: an encrypted one by its name, without the key", async () => {
  const place = world();
  place.storeArtifact(sealed(place).file);
  const done = await runOwn(place, "freshness");
  succeeded(done);
  assertMatch(done.summary, /only its age was checked/);
  const old = world();
  old.storeArtifact(sealed(old, { taken: "20250101_020000" }).file);
  failedIn(await runOwn(old, "freshness"), READ, 11, /::error::the newest backup, artifact/);
}, "--encrypt-to");

test("drill: an encrypted one without the key fails", async () => {
  const place = world();
  place.storeArtifact(sealed(place).file);
  failedIn(await runOwn(place, "drill", { event: "workflow_dispatch", inputs: { from: "artifact" } }),
    RESTORE, 9, /::error::the drill could not restore/);
}, "--encrypt-to");

const QUIET = [["public", 50, true], ["public", 70, true], ["public", 30, false], ["private", 50, false]];
for (const [visibility, commitDays, warned] of QUIET) {
  const outcome = warned ? "warns" : "says nothing";
  test(`freshness: ${commitDays} days of silence, ${visibility}: ${outcome}`, async () => {
    const place = world({ visibility, commitDays });
    place.storeArtifact(makeBackup(place));
    const done = await runOwn(place, "freshness");
    succeeded(done);
    const left = Math.max(0, 60 - commitDays);
    assert.equal(done.log.includes(`in about ${left} days`), warned, done.log);
    assert.equal(done.summary.includes("git commit --allow-empty"), warned);
  });
}

// --- the drill ---

function stocked(options) {
  const place = world(options);
  place.storeArtifact(makeBackup(place));
  place.addRelease("backup-20261122", [makeBackup(place)]);
  return place;
}

test("drill: from an artifact and from a release, within the times", async () => {
  const done = await runOwn(stocked(), "drill");
  succeeded(done);
  assert.equal(done.jobs.drill.parts.length, 2);
  const [artifact, release] = done.jobs.drill.parts.map((part) => part.summary);
  assertMatch(artifact, /Restore drill: artifact a2a_backup_/);
  assertMatch(release, /Restore drill: a2a_backup_.* of release backup-20261122/);
  for (const summary of [artifact, release]) {
    assertMatch(summary, /\| restore from a local file \| [\d.]+ s \| 5 min \| yes \|/);
    assertMatch(summary, /\| download and restore \| [\d.]+ s \| 10 min \| yes \|/);
    assertMatch(summary, /\| from nothing: .* \| [\d.]+ s \| 30 min \| yes \|/);
    assertMatch(summary, /2 JSON files parse, 1 databases are sound, 72 rows/);
  }
});

for (const [limit, what] of [["local", "restore from a local file"], ["artifact", "download and restore"],
  ["rebuild", "from nothing"]]) {
  test(`drill: over the limit for ${limit} it fails`, async () => {
    const done = await runOwn(stocked(), "drill", { event: "workflow_dispatch",
      inputs: { from: "artifact", [`limit-${limit}`]: -1 } });
    failedIn(done, RESTORE, 11, new RegExp(`the drill took too long: ${what}`));
    assertMatch(done.summary, new RegExp(`\\| ${what}.* \\| \\*\\*no\\*\\* \\|`));
    assert.equal(done.summary.match(/\| yes \|/g).length, 2);
  });
}

test("drill: a damaged artifact fails, and the release is drilled all the same", async () => {
  const place = world();
  const file = makeBackup(place);
  damage(file);
  place.storeArtifact(file);
  place.addRelease("backup-20261122", [makeBackup(place)]);
  const done = await runOwn(place, "drill");
  failedIn(done, RESTORE, 5, /::error::the drill could not restore artifact/);
  assert.deepEqual(done.jobs.drill.parts.map((part) => part.result), ["failure", "success"]);
});

test("drill: an artifact whose wrapping is damaged", async () => {
  const place = world();
  const id = place.storeArtifact(makeBackup(place));
  damage(place.artifactFile(id));
  failedIn(await runOwn(place, "drill",
    { event: "workflow_dispatch", inputs: { from: "artifact" } }), RESTORE, 5, /::error::/);
});

test("drill: without a release there is nothing to drill, and it says so", async () => {
  const place = world();
  place.storeArtifact(makeBackup(place));
  const done = await runOwn(place, "drill");
  failedIn(done, FETCH, 4, /there is no backup here \(release\)/);
  assert.deepEqual(done.jobs.drill.parts.map((part) => part.result), ["success", "failure"]);
});

// --- called ---

const TWICE_A_DAY = { payload: { schedule: "17 8,20 * * *" } };

test("called: watch looks twice a day, and drills on Mondays", async () => {
  const place = stocked({ repository: SYSTEM });
  const daily = await runCaller(place, "watch", { event: TWICE_A_DAY });
  succeeded(daily);
  assert.equal(daily.jobs.drill.result, "skipped");
  assert.equal(daily.jobs.freshness.result, "success");
  const monday = await runCaller(place, "watch", { event: { payload: { schedule: "0 6 * * 1" } } });
  succeeded(monday);
  assert.equal(monday.jobs.drill.result, "success");
});

test("called: a stale backup fails there too", async () => {
  const place = newWorld({ repository: SYSTEM });
  place.storeArtifact(makeBackup(place, { hours: 30 }));
  failedIn(await runCaller(place, "watch", { event: TWICE_A_DAY }), READ, 11, /::error::/);
});

test("called: an encrypted backup is read and drilled with the key", async () => {
  const place = newWorld({ repository: SYSTEM });
  const { file, identity } = sealed(place);
  place.storeArtifact(file);
  const pass = '    secrets: { A2A_AGE_IDENTITY: "${{ secrets.A2A_AGE_IDENTITY }}" }\n';
  const done = await runCaller(place, "watch", {
    event: { payload: { schedule: "0 6 * * 1" } }, secrets: { A2A_AGE_IDENTITY: identity },
    change: (text) => text.replace(/^( *uses: .*drill.yml.*\n)/m, `$1    with: { from: artifact }\n${pass}`)
      .replace(/^( *uses: .*freshness.yml.*\n)/m, `$1${pass}`),
  });
  succeeded(done);
  assertMatch(done.summary, /Fresh and good/);
  assertMatch(done.summary, /2 JSON files parse/);
}, "--encrypt-to");
