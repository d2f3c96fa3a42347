// An app of one's own with poolcast in it: AWS posts to /poolcast/ingest/eventbridge, and a function takes the events.
import { Hono } from "hono";
import { createGateway } from "poolcast";

export const gateway = await createGateway({
  // True because node.js and deno.js listen on 127.0.0.1.
  loopback: true,
  config: {
    broker: { path: "./data/own-app.db" },
    ingest: { eventbridge: { apiKeys: ["${EVENTBRIDGE_KEY}"] } },
  },
  handlers: {
    welcome: {
      filters: [{ exact: { type: "com.amazon.cognito-idp.user.signed_up" } }],
      async handle(event) {
        console.log(`welcome, ${event.subject}`);
      },
    },
  },
});

export const app = new Hono();
app.get("/", (c) => c.text("hello"));
app.mount("/poolcast", gateway.fetch);
