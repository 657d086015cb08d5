/** What policies may know of devices: whether somebody has one. */
export abstract class Authenticators {
  /** Whether a user has a confirmed device, of a kind if one is named. */
  abstract has(userId: string, kind: string | undefined): Promise<boolean>;
}
