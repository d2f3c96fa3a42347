/** The gateway's suite on workerd, with the Worker as `wrangler` bundles it and storage on disk. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Response } from "miniflare";
import type { GatewayRuntime } from "../suites/gateway/runtime.ts";
import { HOST } from "./sns.ts";
import { type RunningWorker, startWorker } from "./worker.ts";

export function workerRuntime(script: string): GatewayRuntime {
  return {
    name: "Workers",
    loopback: false,
    settings: 'egress: { allowHttp: true, allowCidrs: ["127.0.0.0/8"] }',
    async makeHome(answerAws) {
      const directory = mkdtempSync(join(tmpdir(), "poolcast-worker-home-"));
      let running: RunningWorker | undefined;
      // There is no other end: a Worker is not told that it will be gone.
      const end = async () => {
        const last = running;
        running = undefined;
        await last?.stop();
      };
      return {
        reach: (url) => url,
        async start(config) {
          const worker = await startWorker({
            script,
            env: { POOLCAST_CONFIG: config },
            directory,
            async outbound(request) {
              if (new URL(request.url).host !== HOST) return fetchElsewhere(request);
              const { status, body } = answerAws(request.url);
              return new Response(body, { status });
            },
          });
          running = worker;
          await worker.cron();
          return { url: worker.url, stop: end, kill: end };
        },
        async remove() {
          await end();
          rmSync(directory, { recursive: true, force: true });
        },
      };
    },
  };
}

type Outbound = NonNullable<Parameters<typeof startWorker>[0]["outbound"]>;

async function fetchElsewhere(request: Parameters<Outbound>[0]): Promise<Response> {
  const { url, method } = request;
  const body = await request.arrayBuffer();
  // What comes packed is unpacked here, and packed again by Miniflare: to the same bytes, where Node packed it.
  const answer = await fetch(url, {
    method,
    headers: [...request.headers],
    ...(body.byteLength > 0 && { body }),
    redirect: "manual",
  });
  const bytes = await answer.arrayBuffer();
  // A 204 must not have a body, not even an empty one.
  return new Response(bytes.byteLength > 0 ? bytes : null, { status: answer.status, headers: [...answer.headers] });
}
