import { type Answer, postToIngest } from "../ingest-post.ts";
import type { SimulatedPost } from "./posts.ts";
import type { SimulateSettings } from "./settings.ts";

export function sendPost({ route, body }: SimulatedPost, settings: SimulateSettings): Promise<Answer> {
  return postToIngest({ route, contentType: "application/json", body: JSON.stringify(body) }, settings);
}
