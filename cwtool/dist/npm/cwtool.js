#!/usr/bin/env node
// Starts the program of the package that npm installed for this platform.
"use strict";
const { spawn } = require("node:child_process");

const program = `@restartix/cwtool-${process.platform}-${process.arch}`;
let path;
try {
  path = require.resolve(`${program}/bin/cwtool${process.platform === "win32" ? ".exe" : ""}`);
} catch {
  console.error(`cwtool: the package ${program} is not installed. Either there is none for this platform, or npm was told to leave ` +
    `out optional dependencies: run npm install --include=optional`);
  process.exit(2);
}
const child = spawn(path, process.argv.slice(2), { stdio: "inherit" });
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => child.kill(signal));
}
child.on("error", (error) => {
  console.error(`cwtool: ${error.message}`);
  process.exit(2);
});
child.on("exit", (code, signal) => {
  if (signal) {
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  } else {
    process.exit(code);
  }
});
