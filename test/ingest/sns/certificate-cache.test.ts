import { describe, expect, it } from "vitest";
import { createCertificateCache } from "../../../src/ingest/sns/certificate-cache.ts";
import type { SnsFetch } from "../../../src/ingest/sns/sns-fetch.ts";
import { certificateUrl, fakeAws, makeCertificate } from "../../support/sns.ts";

const CERTIFICATE = makeCertificate();

describe("the certificate cache", () => {
  it("asks once for what many want at the same time and later", async () => {
    const aws = fakeAws(CERTIFICATE);
    const certificateOf = createCertificateCache(aws.fetch);
    const url = certificateUrl();
    const results = await Promise.all(Array.from({ length: 20 }, () => certificateOf(url)));
    expect(results.every(({ ok }) => ok)).toBe(true);
    expect(await certificateOf(url)).toMatchObject({ ok: true });
    expect(aws.urls).toEqual([url]);
  });

  it("keeps sixteen, and of these the ones that are used", async () => {
    const aws = fakeAws(CERTIFICATE);
    const certificateOf = createCertificateCache(aws.fetch);
    const used = certificateUrl();
    const first = certificateUrl();
    for (const url of [first, used]) await certificateOf(url);
    for (let n = 0; n < 15; n++) {
      await certificateOf(used);
      await certificateOf(certificateUrl());
    }
    expect(aws.urls).toHaveLength(17);
    await certificateOf(used);
    expect(aws.urls).toHaveLength(17);
    await certificateOf(first);
    expect(aws.urls.at(-1)).toBe(first);
  });

  it("asks again for what could not be had", async () => {
    let tries = 0;
    const aws = fakeAws(CERTIFICATE, () =>
      ++tries === 1 ? { ok: false, error: "timeout" } : { ok: true, value: CERTIFICATE },
    );
    const certificateOf = createCertificateCache(aws.fetch);
    const url = certificateUrl();
    expect(await certificateOf(url)).toEqual({ ok: false, error: "timeout" });
    expect(await certificateOf(url)).toMatchObject({ ok: true });
    expect(aws.urls).toHaveLength(2);
  });

  it("has no more than sixteen calls open, and goes on when one comes back", async () => {
    const waiting: (() => void)[] = [];
    const fetch: SnsFetch = () => new Promise((done) => waiting.push(() => done({ ok: true, value: CERTIFICATE })));
    const certificateOf = createCertificateCache(fetch);
    const open = Array.from({ length: 16 }, () => certificateOf(certificateUrl()));
    expect(await certificateOf(certificateUrl())).toEqual({ ok: false, error: "too_many_fetches" });
    for (const answer of waiting) answer();
    expect((await Promise.all(open)).every(({ ok }) => ok)).toBe(true);
    const after = certificateOf(certificateUrl());
    waiting.at(-1)?.();
    expect(await after).toMatchObject({ ok: true });
  });
});
