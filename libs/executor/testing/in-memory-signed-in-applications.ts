import type { SignedInApplication } from '@gatehouse/contracts';
import { SignedInApplications } from '../src/ports/signed-in-applications.js';

/** Returns the same applications for every session: none, unless a test adds some. */
export class InMemorySignedInApplications extends SignedInApplications {
  readonly applications: SignedInApplication[] = [];
  lookups = 0;

  async list() {
    this.lookups++;
    return this.applications;
  }
}
