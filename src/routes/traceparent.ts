const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** The request's W3C trace context, https://www.w3.org/TR/trace-context/#traceparent-header, where it is valid. */
export function traceparentOf(request: Request): string | undefined {
  const header = request.headers.get("traceparent");
  return header !== null && TRACEPARENT.test(header) ? header : undefined;
}
