// SPDX-License-Identifier: MIT
// node main.mjs PROJECT BINARY SCRATCH [WORD]: runs the cases whose name has the word, two at a time.
import { spawnSync } from "node:child_process";
import { cases, removeWorlds, settings } from "./harness.mjs";

const [project, binary, scratch, word = ""] = process.argv.slice(2);
Object.assign(settings, { project, binary, scratch });
for (const name of ["engine", "backup", "watch", "release"]) await import(`./cases-${name}.mjs`);

const help = spawnSync(binary, ["create", "--help"], { encoding: "utf8" }).stdout;
const count = { passed: 0, failed: 0, skipped: 0 };
const waiting = cases.filter(({ name }) => name.includes(word));

async function worker() {
  for (let next = waiting.shift(); next; next = waiting.shift()) {
    if (next.needs && !help.includes(next.needs)) {
      count.skipped++;
      console.log(`SKIPPED ${next.name}: this a2a-backup has no create ${next.needs}`);
      continue;
    }
    try {
      await next.action();
      count.passed++;
    } catch (error) {
      count.failed++;
      console.log(`FAILED ${next.name}\n${error.stack}`);
    }
  }
}

await Promise.all([worker(), worker()]);
removeWorlds();
const { passed, failed, skipped } = count;
console.log(`${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ""}`);
process.exit(failed > 0 || passed + skipped === 0 ? 1 : 0);
