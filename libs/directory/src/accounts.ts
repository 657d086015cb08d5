/** Users as flows make, change and remove them, inside the caller's transaction. */
export abstract class Accounts {
  /** False when there is no such user. Their sessions, groups and tokens go with them. */
  abstract remove(userId: string): Promise<boolean>;
}
