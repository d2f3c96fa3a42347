const MIB = 1024 ** 2;

/** The largest body in bytes that each route takes unless the configuration says otherwise. */
export const ROUTE_MAX_BYTES = { eventbridge: 2 * MIB, cloudtrail: 16 * MIB, events: MIB, firehose: 64 * MIB } as const;
