/** What a case started or created, let go of in reverse order, also when the run is interrupted. */
export interface Resources {
  /** Hands back what it is given, and releases it later. */
  own<T extends { stop(): Promise<void> }>(resource: T): T;
  /** An interrupt and the failure that it causes both ask for this; each waits until all is gone. */
  release(): Promise<void>;
}

export function createResources(): Resources {
  const owned: { stop(): Promise<void> }[] = [];
  let releasing: Promise<void> | undefined;

  async function stopAll(): Promise<void> {
    for (let one = owned.pop(); one; one = owned.pop()) await one.stop();
  }

  return {
    own(resource) {
      owned.push(resource);
      return resource;
    },
    release() {
      releasing ??= stopAll().finally(() => {
        releasing = undefined;
      });
      return releasing;
    },
  };
}
