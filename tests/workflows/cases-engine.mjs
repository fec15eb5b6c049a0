// SPDX-License-Identifier: MIT
// The proof that the runner can fail: what GitHub would refuse, and what no case may do unseen.
import fs from "node:fs";
import path from "node:path";
import { assert, failedIn, newWorld, runFile, succeeded, test } from "./harness.mjs";

const JOB = "runs-on: ubuntu-24.04\n    timeout-minutes: 5\n    permissions: { contents: read }\n";

/** Runs a workflow of one job with these steps. */
function runSteps(steps, { job = JOB, ...options } = {}) {
  const world = newWorld();
  const file = path.join(world.folder, "some.yml");
  fs.writeFileSync(file, `on: push\njobs:\n  one:\n    ${job}    steps:\n${steps}`);
  return runFile(world, file, { event: { name: "push" }, ...options });
}

test("runner: a step that fails fails the run, and what follows is skipped", async () => {
  const done = await runSteps("      - run: exit 3\n      - run: echo after\n");
  failedIn(done, "run", 3, /^(?!.*after)/s);
  assert.ok(!done.log.includes("after"));
});

test("runner: outputs, conditions and expressions are GitHub's", async () => {
  const done = await runSteps(`      - id: a
        run: printf 'x<<E\\n1\\n2\\nE\\n' >>"$GITHUB_OUTPUT"
      - if: steps.a.outputs.x == format('1{0}2', fromJSON('"\\n"'))
        run: echo "right $X"
        env: { X: "\${{ github.event_name == 'PUSH' && 'yes' || 'no' }}" }
      - if: failure()
        run: echo wrong
`);
  succeeded(done);
  assert.match(done.log, /right yes/);
  assert.ok(!done.log.includes("wrong"));
});

const REFUSED = {
  "an action without a stub": ["      - uses: actions/setup-python@v5\n", /no stub for/],
  "an input that no stub knows": ["      - uses: actions/cache@v6\n        with: { keys: a }\n", /keys/],
  "a checkout that leaves the token on the disk": ["      - uses: actions/checkout@v7\n", /token/],
  "what is not a workflow": ["      - runs: echo\n", /runs|required|Unexpected/i],
  "an expression that is none": ["      - run: echo ${{ github. }}\n", /./],
};
for (const [what, [steps, words]] of Object.entries(REFUSED)) {
  test(`runner: refuses ${what}`, () => assert.rejects(runSteps(steps), words));
}

test("runner: refuses a job without a time limit, or without permissions", async () => {
  const steps = "      - run: echo\n";
  await assert.rejects(runSteps(steps, { job: JOB.replace(/ *timeout.*\n/, "") }), /timeout-minutes/);
  await assert.rejects(runSteps(steps, { job: JOB.replace(/ *permissions.*\n/, "") }), /permissions/);
});

test("runner: finds a secret in the log, and one on the page", async () => {
  const secrets = { KEY: "very-secret-value" };
  for (const target of ["", ' >>"$GITHUB_STEP_SUMMARY"']) {
    const steps = `      - run: echo "$K"${target}\n        env: { K: "\${{ secrets.KEY }}" }\n`;
    await assert.rejects(runSteps(steps, { secrets }), /a secret is shown/);
  }
});

test("runner: finds a call of gh that nobody thought of", () =>
  assert.rejects(runSteps("      - run: gh issue list || true\n" +
    "        env: { GH_TOKEN: \"${{ github.token }}\" }\n"), /gh issue list/));

test("runner: gh does no more than the job may", async () => {
  const env = '\n        env: { GH_TOKEN: "${{ github.token }}", GH_REPO: "${{ github.repository }}" }\n';
  failedIn(await runSteps(`      - run: gh release delete v1 --yes${env}`), "run", 1,
    /403.*contents: write/);
  failedIn(await runSteps("      - run: gh release list --json tagName\n"), "run", 4, /GH_TOKEN/);
});

test("runner: an artifact's name, its files and its days are checked", async () => {
  const upload = (inputs) => runSteps(
    `      - run: touch f\n      - uses: actions/upload-artifact@v7\n        with: { ${inputs} }\n`);
  const step = "actions/upload-artifact@v7";
  failedIn(await upload('name: "a:b", path: f'), step, 1, /bad artifact name/);
  failedIn(await upload("name: a, path: g, if-no-files-found: error"), step, 1, /No files/);
  failedIn(await upload("name: a, path: f, retention-days: 91"), step, 1, /retention-days/);
});
