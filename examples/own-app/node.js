import { serve } from "@hono/node-server";
import { app, gateway } from "./app.js";

const server = serve(
  { fetch: app.fetch, hostname: "127.0.0.1", port: Number(process.env.PORT ?? 3000) },
  ({ address, port }) => console.log(`listening on http://${address}:${port}`),
);

// First whoever sends, then the gateway.
process.once("SIGTERM", () => server.close(() => gateway.stop()));
