/**
 * Loaded before the sources, which an older Node cannot read: npm scripts run on whatever `node` there is where the
 * development dependencies are left out. src/cli/main.ts says the same for what is built.
 */
const OLDEST_NODE = 24;

if (Number.parseInt(process.versions.node, 10) < OLDEST_NODE) {
  process.stderr.write(
    `poolcast: this is Node ${process.versions.node}, and it takes Node ${OLDEST_NODE} or newer: https://nodejs.org\n`,
  );
  process.exit(2);
}
