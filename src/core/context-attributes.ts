/** What the specification itself says of an event: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md#context-attributes */
export interface ContextAttributes {
  readonly specversion: "1.0";
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject?: string | undefined;
  readonly time?: string | undefined;
  readonly datacontenttype?: string | undefined;
  readonly dataschema?: string | undefined;
}
