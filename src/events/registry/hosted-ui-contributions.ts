import { HOSTED_UI_PAGES, HOSTED_UI_REQUEST, HOSTED_UI_RESPONSE, type HostedUiRow } from "../catalog/hosted-ui.ts";
import { describeFact, describeFailure } from "../descriptions.ts";
import type { Contribution } from "./contribution.ts";

export function hostedUiContributions(): readonly Contribution[] {
  const rows: readonly (readonly [string, HostedUiRow])[] = Object.entries(HOSTED_UI_PAGES);
  return rows.flatMap(([action, { passed, failed, shown, refresh }]) => {
    const pairs = [{ passed, failed }, ...(refresh === undefined ? [] : [refresh])];
    return [
      ...pairs.flatMap((pair) => [
        contribution(action, pair.passed, describePage(pair.passed) ?? describeFact(pair.passed)),
        contribution(action, pair.failed, describePage(pair.failed) ?? describeFailure(pair.passed)),
      ]),
      contribution(action, shown, describePage(shown) ?? describeFact(shown)),
    ];
  });
}

function contribution(action: string, name: string, description: string | undefined): Contribution {
  return { name, description, actions: [action], request: HOSTED_UI_REQUEST, response: HOSTED_UI_RESPONSE };
}

const PAGE_EVENT = /^hosted_ui\.(\w+?)_(submitted|submit_failed|viewed|view_failed)$/;

/** Undefined for a fact that another road can tell as well. */
function describePage(name: string): string | undefined {
  const [, page, what] = PAGE_EVENT.exec(name) ?? [];
  switch (what) {
    case "submitted":
      return `Something was sent to the hosted page or endpoint ${page}, which took it or was shown again.`;
    case "submit_failed":
      return `Something was sent to the hosted page or endpoint ${page}, which refused it.`;
    case "viewed":
      return `The hosted page or endpoint ${page} was asked for, which changes nothing.`;
    case "view_failed":
      return `The hosted page or endpoint ${page} was asked for and refused.`;
    default:
      return undefined;
  }
}
