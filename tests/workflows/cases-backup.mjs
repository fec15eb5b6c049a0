// SPDX-License-Identifier: MIT
// backup.yml, run on its schedule, by hand, and by the caller of docs/github.md.
import fs from "node:fs";
import http from "node:http";
import path from "node:path";
import { execFileSync } from "node:child_process";
import { SECRETS, SYSTEM, TOOL, assert, assertGood, assertMatch, damage, demoSystem, documented,
  failedIn, jobOf, makeBackup, newWorld, onlyArtifact, runCaller, runOwn, settings, succeeded, test,
} from "./harness.mjs";

const SATURDAY = "2026-11-21T02:03:04Z";
const SUNDAY = "2026-11-22T02:03:04Z";
const CONSENT = "yes, publish my API keys";
const GUARD = "See what is asked for, and whether it may be";
const TAKE = "Take the backup";
const URL_LINE = /^ *with: \{ source-url.*\n/m;

/** A world whose own repository has the workflow and a system. */
function ownWorld({ now = SATURDAY, ...rest } = {}) {
  const world = newWorld({ repository: TOOL, ...rest });
  world.fillTree(demoSystem());
  world.stubEnvironment.STUB_NOW = now;
  return world;
}

/** A world whose repository calls the workflow from elsewhere. */
function callerWorld({ now = SATURDAY, ...rest } = {}) {
  const world = newWorld({ repository: SYSTEM, ...rest });
  world.fillTree(demoSystem());
  world.stubEnvironment.STUB_NOW = now;
  return world;
}

const ofRepository = (text) => text.replace(URL_LINE, "");
const withInputs = (inputs) => (text) => text.replace(URL_LINE, `    with: { ${inputs} }\n`);

function nothingKept(world) {
  assert.deepEqual(world.artifacts(), []);
  assert.deepEqual(world.releases(), []);
}

// --- its own schedule ---

test("daily: one good artifact, and no release on a Saturday", async () => {
  const world = ownWorld();
  const done = await runOwn(world, "backup");
  succeeded(done);
  const artifact = onlyArtifact(world);
  assertGood(artifact.file);
  assert.equal(artifact.fileName, `${artifact.name}.zip`);
  const { outputs } = done.jobs.backup;
  assert.equal(outputs.name, artifact.fileName);
  const sum = execFileSync("sha256sum", [artifact.file], { encoding: "utf8" });
  assert.equal(outputs.sha256, sum.slice(0, 64));
  assert.equal(done.jobs.release.result, "skipped");
  assert.deepEqual(world.releases(), []);
  assertMatch(done.summary, /shared\/tasks\.json \|/);
  assertMatch(done.summary, /integrity_check|database: sqlite/);
});

test("Sunday: the same file in a release, with its notes", async () => {
  const world = ownWorld({ now: SUNDAY });
  succeeded(await runOwn(world, "backup"));
  const artifact = onlyArtifact(world);
  assert.deepEqual(world.releases(), ["backup-20261122"]);
  const release = world.release("backup-20261122");
  assert.deepEqual(release.assets, [artifact.fileName]);
  assert.deepEqual(fs.readFileSync(path.join(release.folder, "assets", artifact.fileName)),
    fs.readFileSync(artifact.file));
  assertMatch(release.body, /tasks: 12 in the history[\s\S]*SHA-256 `[0-9a-f]{64}`/);
  assert.equal(release.latest, "false");
  assert.equal(release.name, "Backup 20261122");
});

test("Sunday again: a second run adds its file, and publishes a draft", async () => {
  const world = ownWorld({ now: SUNDAY });
  const earlier = path.join(world.folder, "a2a_backup_20261122_020000.zip");
  fs.writeFileSync(earlier, "the first one");
  world.addRelease("backup-20261122", [earlier], { isDraft: true });
  succeeded(await runOwn(world, "backup"));
  const release = world.release("backup-20261122");
  assert.equal(release.isDraft, false);
  assert.deepEqual(release.assets,
    ["a2a_backup_20261122_020000.zip", onlyArtifact(world).fileName].sort());
});

test("the oldest backup releases go, all others stay", async () => {
  const world = ownWorld({ now: SUNDAY });
  const others = ["backup-final", "backup-2026112", "backup-20261101-old", "mybackup-20200101", "v1.0.0"];
  const backups = ["backup-20261101", "backup-20261108", "backup-20261115", "backup-20200101"];
  for (const tag of [...others, ...backups]) world.addRelease(tag);
  const done = await runOwn(world, "backup", { vars: { A2A_BACKUP_KEEP_RELEASES: "3" } });
  succeeded(done);
  assert.deepEqual(world.releases(),
    [...others, "backup-20261108", "backup-20261115", "backup-20261122"].sort());
  assertMatch(done.summary, /Deleted the release `backup-20261101`: 3 newer ones are kept/);
});

test("twelve are kept by default", async () => {
  const world = ownWorld({ now: SUNDAY });
  for (let day = 10; day < 25; day++) world.addRelease(`backup-202501${day}`);
  succeeded(await runOwn(world, "backup"));
  assert.equal(world.releases().length, 12);
  assert.equal(world.releases()[0], "backup-20250114");
});

test("with every newer tag in the future, the one just made stays", async () => {
  const world = ownWorld({ now: SUNDAY });
  for (const tag of ["backup-20990101", "backup-20990102"]) world.addRelease(tag);
  succeeded(await runOwn(world, "backup", { vars: { A2A_BACKUP_KEEP_RELEASES: "1" } }));
  assert.deepEqual(world.releases(), ["backup-20261122", "backup-20990102"]);
});

test("a number to keep that is none is refused before anything", async () => {
  const world = ownWorld({ now: SUNDAY });
  world.addRelease("backup-20200101");
  const done = await runOwn(world, "backup", { vars: { A2A_BACKUP_KEEP_RELEASES: "-1" } });
  failedIn(done, GUARD, 2, /keep-releases is "-1"/);
  assert.deepEqual(world.releases(), ["backup-20200101"]);
});

test("the schedule can be switched off by a variable", async () => {
  const world = ownWorld();
  const done = await runOwn(world, "backup", { vars: { A2A_BACKUP_SCHEDULE: "off" } });
  assert.equal(done.result, "skipped");
  nothingKept(world);
  succeeded(await runOwn(world, "backup", { event: "workflow_dispatch",
    vars: { A2A_BACKUP_SCHEDULE: "off" } }));
});

test("no data in the repository: exit code 3, and nothing is kept", async () => {
  const world = ownWorld({ now: SUNDAY });
  fs.rmSync(path.join(world.tree(TOOL), "shared"), { recursive: true });
  failedIn(await runOwn(world, "backup"), TAKE, 3, /::error::/);
  nothingKept(world);
});

test("a web page in place of a task file: exit code 3, and nothing is kept", async () => {
  const world = ownWorld({ now: SUNDAY });
  fs.writeFileSync(path.join(world.tree(TOOL), "shared/tasks.json"), "<html>502 Bad Gateway</html>");
  failedIn(await runOwn(world, "backup"), TAKE, 3, /::error::.*tasks\.json/);
  nothingKept(world);
});

// --- by hand ---

/** A release of the program; `spoil` may change its files. */
function programRelease(world, spoil = () => {}) {
  const name = `a2a-backup-9.8.7-linux-${process.arch === "arm64" ? "aarch64" : "x86_64"}`;
  const folder = fs.mkdtempSync(path.join(world.folder, "program-"));
  fs.mkdirSync(path.join(folder, name, "bin"), { recursive: true });
  fs.copyFileSync(settings.binary, path.join(folder, name, "bin/a2a-backup"));
  const bash = (command) => execFileSync("bash", ["-ec", command], { cwd: folder });
  bash(`tar -czf ${name}.tar.gz ${name}; sha256sum *.gz >SHA256SUMS`);
  spoil({ bash, sums: path.join(folder, "SHA256SUMS"), archive: path.join(folder, `${name}.tar.gz`) });
  world.addRelease("v9.8.7", [path.join(folder, `${name}.tar.gz`), path.join(folder, "SHA256SUMS")],
    { repository: TOOL });
}

test("by hand: from a folder, kept as a release, with a downloaded program", async () => {
  const world = ownWorld();
  const tree = world.tree(TOOL);
  fs.mkdirSync(path.join(tree, "app"));
  for (const part of ["shared", "database"]) {
    fs.renameSync(path.join(tree, part), path.join(tree, "app", part));
  }
  programRelease(world);
  const done = await runOwn(world, "backup", { event: "workflow_dispatch",
    inputs: { root: "app", release: "always", "tool-version": "9.8.7" } });
  succeeded(done);
  assertGood(onlyArtifact(world).file);
  assert.deepEqual(world.releases(), ["backup-20261121", "v9.8.7"]);
  assert.ok(!done.log.includes("Cache"), "it has nothing to compile");
});

test("by hand on a Sunday, never a release", async () => {
  const world = ownWorld({ now: SUNDAY });
  succeeded(await runOwn(world, "backup", { event: "workflow_dispatch", inputs: { release: "never" } }));
  onlyArtifact(world);
  assert.deepEqual(world.releases(), []);
});

const GET = "Get the program";
const SPOILT = {
  "was changed": [({ archive }) => damage(archive), /does not have the SHA-256 that its release names/],
  "is in no list": [({ sums }) => fs.writeFileSync(sums, `${"0".repeat(64)}  other.tar.gz\n`),
    /does not have the SHA-256/],
  "is in an empty list": [({ sums }) => fs.writeFileSync(sums, ""), /does not have the SHA-256/],
};
for (const [what, [spoil, words]] of Object.entries(SPOILT)) {
  test(`a program that ${what} is not run`, async () => {
    const world = ownWorld();
    programRelease(world, spoil);
    const done = await runOwn(world, "backup", { event: "workflow_dispatch",
      inputs: { "tool-version": "v9.8.7" } });
    failedIn(done, GET, 1, words);
    assert.deepEqual(world.artifacts(), []);
  });
}

test("a version that was never released", async () => {
  const world = ownWorld();
  const done = await runOwn(world, "backup", { event: "workflow_dispatch",
    inputs: { "tool-version": "0.0.9" } });
  failedIn(done, GET, 1, /there is no a2a-backup-0\.0\.9-linux-.* in release v0\.0\.9/);
});

// --- called from another repository ---

test("the caller of the document has ten lines", () => {
  assert.equal(documented("backup").trimEnd().split("\n").length, 10);
});

test("called: the system's repository, by the program's scripts", async () => {
  const world = callerWorld();
  const done = await runCaller(world, "backup", { change: ofRepository, secrets: SECRETS });
  succeeded(done);
  const artifact = onlyArtifact(world);
  assertGood(artifact.file);
  assert.equal(done.jobs.backup.outputs.name, artifact.fileName);
});

test("called on a Sunday: the release is the caller's", async () => {
  const world = callerWorld({ now: SUNDAY });
  succeeded(await runCaller(world, "backup", { change: ofRepository, secrets: SECRETS }));
  assert.deepEqual(world.releases(SYSTEM), ["backup-20261122"]);
  assert.deepEqual(world.releases(TOOL), []);
});

test("called with a program whose SHA-256 is another", async () => {
  const world = callerWorld();
  programRelease(world);
  const inputs = `tool-version: "9.8.7", tool-sha256: "${"a".repeat(64)}"`;
  const done = await runCaller(world, "backup", { change: withInputs(inputs), secrets: SECRETS });
  failedIn(done, GET, 1, /is not the file whose SHA-256 tool-sha256 names/);
});

test("a caller that grants too little is told so by GitHub", async () => {
  const world = callerWorld({ now: SUNDAY });
  const change = (text) => ofRepository(text).replace("contents: write", "contents: read");
  await assert.rejects(runCaller(world, "backup", { change, secrets: SECRETS }),
    /release wants contents: write/);
});

test("a missing secret is named before anything is fetched", async () => {
  const world = callerWorld();
  failedIn(await runCaller(world, "backup"), GUARD, 2, /::error::the secret A2A_API_KEY is not set/);
  nothingKept(world);
});

test("two sources at once are refused", async () => {
  const world = callerWorld();
  const inputs = 'source-url: "http://127.0.0.1:9", ssh-host: "me@far"';
  const done = await runCaller(world, "backup", { change: withInputs(inputs), secrets: SECRETS });
  failedIn(done, GUARD, 2, /source-url and ssh-host are both set/);
});

test("a time for releases that does not exist", async () => {
  const world = callerWorld();
  const done = await runCaller(world, "backup",
    { change: withInputs("release: sometimes"), secrets: SECRETS });
  failedIn(done, GUARD, 2, /release is "sometimes"/);
});

// --- who may read it ---

for (const visibility of ["public", "internal", "unreachable"]) {
  test(`an unencrypted backup where the repository is ${visibility} is refused`, async () => {
    const world = callerWorld({ visibility, now: SUNDAY });
    const done = await runCaller(world, "backup", { change: ofRepository, secrets: SECRETS });
    failedIn(done, GUARD, 7, /::error::the repository is .*holds every API key/);
    assert.ok(!done.log.includes(TAKE));
    nothingKept(world);
  });
}

test("nearly the words are not the words", async () => {
  const world = callerWorld({ visibility: "public" });
  const change = withInputs('allow-unencrypted-in-public: "yes"');
  failedIn(await runCaller(world, "backup", { change, secrets: SECRETS }), GUARD, 7, /set encrypt-to/);
  nothingKept(world);
});

test("with the words it is done, and said", async () => {
  const world = callerWorld({ visibility: "public" });
  const change = withInputs(`allow-unencrypted-in-public: "${CONSENT}"`);
  const done = await runCaller(world, "backup", { change, secrets: SECRETS });
  succeeded(done);
  onlyArtifact(world);
  assertMatch(done.log, /::warning::an unencrypted backup, with every API key/);
  assertMatch(done.summary, /\*\*Warning:\*\* an unencrypted backup/);
});

// --- over SSH ---

/** A far machine with a system of its own, the program, and a key that opens it. */
function farMachine(world) {
  const far = path.join(world.folder, "far");
  fs.mkdirSync(path.join(far, "bin"), { recursive: true });
  fs.symlinkSync(settings.binary, path.join(far, "bin/a2a-backup"));
  fs.writeFileSync(path.join(far, "key"), SECRETS.A2A_SSH_KEY + "\n");
  world.stubEnvironment.STUB_FAR = far;
  fs.renameSync(world.tree(SYSTEM), path.join(far, "my disk"));
  fs.mkdirSync(world.tree(SYSTEM));
  return far;
}

const OVER_SSH = withInputs(
  'ssh-host: "srv@far.example", ssh-root: "my disk", ssh-program: "bin/a2a-backup", ssh-known-hosts: "far.example ssh-ed25519 AAAA"');
const sshCaller = (text) => OVER_SSH(text).replace("A2A_API_KEY: \"${{ secrets.A2A_API_KEY }}\"",
  "A2A_SSH_KEY: \"${{ secrets.A2A_SSH_KEY }}\"");

test("over SSH: the disk of the far machine", async () => {
  const world = callerWorld();
  farMachine(world);
  const done = await runCaller(world, "backup", { change: sshCaller, secrets: SECRETS });
  succeeded(done);
  const artifact = onlyArtifact(world);
  assertGood(artifact.file);
  assert.equal(jobOf(done, "backup").outputs.name, artifact.fileName);
});

test("over SSH: the wrong key", async () => {
  const world = callerWorld();
  fs.writeFileSync(path.join(farMachine(world), "key"), "another");
  const done = await runCaller(world, "backup", { change: sshCaller, secrets: SECRETS });
  failedIn(done, TAKE, 255, /no backup came from srv@far\.example/);
  nothingKept(world);
});

test("over SSH: a far machine whose data is bad", async () => {
  const world = callerWorld();
  fs.writeFileSync(path.join(farMachine(world), "my disk/shared/tasks.json"), "{");
  const done = await runCaller(world, "backup", { change: sshCaller, secrets: SECRETS });
  failedIn(done, TAKE, 3, /no backup came from/);
  nothingKept(world);
});

test("over SSH: without known hosts nothing is asked", async () => {
  const world = callerWorld();
  farMachine(world);
  const change = (text) => sshCaller(text).replace(/, ssh-known-hosts: "[^"]*"/, "");
  failedIn(await runCaller(world, "backup", { change, secrets: SECRETS }), GUARD, 2,
    /ssh-known-hosts is empty/);
});

// --- from a running service that does not do its part ---

/** A service on this machine; `answer` gets (request, response). Closed by the case. */
async function service(answer) {
  const server = http.createServer(answer);
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => server.closeAllConnections()
    || server.close() };
}

const BROKEN = {
  "an error page with 200": [3, (request, response) => response.end("<html>We are down</html>")],
  "401 for the key": [9, (request, response) => response.writeHead(401).end('{"error": "bad key"}')],
  "502 from the proxy": [3, (request, response) => response.writeHead(502).end("Bad Gateway")],
  "it hangs up": [3, (request) => request.socket.destroy()],
  "it never answers": [3, () => {}],
};
for (const [what, [code, answer]] of Object.entries(BROKEN)) {
  test(`from a service: ${what}`, async () => {
    const world = callerWorld({ now: SUNDAY });
    Object.assign(world.stubEnvironment, { A2A_BACKUP_RETRIES: "0", A2A_BACKUP_WAKE_TIMEOUT: "2s",
      A2A_BACKUP_DOWNLOAD_TIMEOUT: "2s" });
    const { url, close } = await service(answer);
    try {
      const done = await runCaller(world, "backup",
        { change: withInputs(`source-url: "${url}"`), secrets: SECRETS });
      failedIn(done, TAKE, code, /::error::/);
      nothingKept(world);
    } finally {
      close();
    }
  }, "--from");
}

test("from a service: a whole backup", async () => {
  const world = callerWorld();
  const backup = fs.readFileSync(makeBackup(world));
  const keys = [];
  const { url, close } = await service((request, response) => {
    if (request.url !== "/export/backup") return response.end('{"status": "ok"}');
    keys.push(request.headers["x-api-key"]);
    response.writeHead(200, { "content-type": "application/zip", "content-length": backup.length });
    response.end(backup);
  });
  try {
    succeeded(await runCaller(world, "backup",
      { change: withInputs(`source-url: "${url}"`), secrets: SECRETS }));
    assert.deepEqual(keys, [SECRETS.A2A_API_KEY]);
    assertGood(onlyArtifact(world).file);
  } finally {
    close();
  }
}, "--from");

test("far less than in the last backup, artifact or release: exit code 7", async () => {
  for (const release of [false, true]) {
    const world = callerWorld({ now: SUNDAY });
    const last = makeBackup(world, { hours: 24 });
    if (release) world.addRelease("backup-20261115", [last]);
    else world.storeArtifact(last);
    const shared = path.join(world.tree(SYSTEM), "shared");
    fs.rmSync(path.join(shared, "agent_tasks.json"));
    fs.writeFileSync(path.join(shared, "tasks.json"), "[]");
    fs.rmSync(path.join(world.tree(SYSTEM), "database"), { recursive: true });
    const done = await runCaller(world, "backup", { change: ofRepository, secrets: SECRETS });
    failedIn(done, TAKE, 7, /::error::/);
    assert.equal(world.artifacts().length, release ? 0 : 1);
  }
}, "--max-shrink");

test("with a last backup of the usual size all is well, and it is not uploaded again", async () => {
  const world = callerWorld();
  const old = world.storeArtifact(makeBackup(world, { hours: 24 }));
  succeeded(await runCaller(world, "backup", { change: ofRepository, secrets: SECRETS }));
  const made = world.artifacts().filter(({ id }) => id !== old);
  assert.equal(made.length, 1);
  const inside = execFileSync("unzip", ["-Z1", world.artifactFile(made[0].id)], { encoding: "utf8" });
  assert.equal(inside, `${made[0].name}.zip\n`);
});

test("a last backup that cannot be fetched does not stop this one", async () => {
  const world = callerWorld();
  const old = world.storeArtifact(makeBackup(world));
  fs.rmSync(world.artifactFile(old));
  const done = await runCaller(world, "backup", { change: ofRepository, secrets: SECRETS });
  succeeded(done);
  assertMatch(done.log, /## Fetch the last backup: exit code 1/);
});

test("a damaged last backup does not stop this one", async () => {
  const world = callerWorld();
  damage(world.artifactFile(world.storeArtifact(makeBackup(world))));
  succeeded(await runCaller(world, "backup", { change: ofRepository, secrets: SECRETS }));
  const inner = makeBackup(world, { hours: 3 });
  damage(inner);
  world.storeArtifact(inner);
  succeeded(await runCaller(world, "backup", { change: ofRepository, secrets: SECRETS }));
});

// --- encrypted ---

test("encrypted, in a public repository: only its owner can read it", async () => {
  const world = callerWorld({ visibility: "public", now: SUNDAY });
  const key = path.join(world.folder, "key.txt");
  execFileSync("age-keygen", ["-o", key], { stdio: "ignore" });
  fs.chmodSync(key, 0o600);
  const recipient = execFileSync("age-keygen", ["-y", key], { encoding: "utf8" }).trim();
  const done = await runCaller(world, "backup",
    { change: withInputs(`encrypt-to: "${recipient}"`), secrets: SECRETS });
  succeeded(done);
  const artifact = onlyArtifact(world);
  assert.equal(artifact.fileName, `${artifact.name}.zip.age`);
  assertMatch(fs.readFileSync(artifact.file, "latin1"), /^age-encryption\.org\/v1\n/);
  assertMatch(done.summary, /Encrypted: only the owner of the key/);
  assert.deepEqual(world.release("backup-20261122").assets, [artifact.fileName]);
}, "--encrypt-to");
