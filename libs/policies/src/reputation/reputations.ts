/** What logins have made of addresses and names. */
export abstract class Reputations {
  /** The sum of all scores of an address or a name; one of both counts once. */
  abstract score(of: { readonly ip?: string | undefined; readonly identifier?: string | undefined }): Promise<number>;
}
