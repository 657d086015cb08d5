/** How a list calls the user that it is narrowed to. */
export type UserReference = { readonly pk: number } | { readonly username: string };

/** The users whose things can be listed. */
export abstract class Owners {
  /** uuid; undefined when there is no such user. */
  abstract find(called: UserReference): Promise<string | undefined>;
}
