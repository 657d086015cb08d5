/** Computes password hashes. Throws a Problem with status 503 when no service computes one in time. */
export abstract class PasswordHashClient {
  abstract hash(password: string, timeLeftMs: number): Promise<string>;
}
