/** What a case started or created, let go of in reverse order, also when the run is interrupted. */
export interface Resources {
  /** Hands back what it is given, and releases it later. */
  own<T extends { stop(): Promise<void> }>(resource: T): T;
  release(): Promise<void>;
}

export function createResources(): Resources {
  const owned: { stop(): Promise<void> }[] = [];
  return {
    own(resource) {
      owned.push(resource);
      return resource;
    },
    async release() {
      for (let one = owned.pop(); one; one = owned.pop()) await one.stop();
    },
  };
}
