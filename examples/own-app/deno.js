import { app, gateway } from "./app.js";

const server = Deno.serve(
  {
    hostname: "127.0.0.1",
    port: Number(Deno.env.get("PORT") ?? 3000),
    onListen: ({ hostname, port }) => console.log(`listening on http://${hostname}:${port}`),
  },
  app.fetch,
);

// First whoever sends, then the gateway.
Deno.addSignalListener("SIGTERM", async () => {
  await server.shutdown();
  await gateway.stop();
  Deno.exit();
});
