/** Makes password hashes. Throws Busy when nobody makes one in time. */
export abstract class PasswordHashClient {
  abstract hash(password: string, timeLeftMs: number): Promise<string>;
}
