/** What `npm run build` makes, as npm installs it. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { testGateway } from "../suites/gateway/index.ts";
import { processRuntime } from "../support/gateway-runtime.ts";
import { buildPackageInto } from "../support/installed-package.ts";

const place = mkdtempSync(join(tmpdir(), "poolcast-built-"));
afterAll(() => rmSync(place, { recursive: true, force: true }));

const { dependencies } = JSON.parse(readFileSync(join(import.meta.dirname, "../../package.json"), "utf8"));
buildPackageInto(place, Object.keys(dependencies));
const entry = join(place, "node_modules/poolcast/dist/cli/main.js");

testGateway(processRuntime({ name: "Node, built", command: [process.execPath, entry] }));
