import type { CDPSession, Page } from 'playwright-core';

/** A credential in the browser's authenticator. */
export interface StoredCredential {
  readonly credentialId: string;
  readonly isResidentCredential: boolean;
  readonly rpId?: string;
  readonly privateKey: string;
  readonly userHandle?: string;
  readonly signCount: number;
  readonly userName?: string;
  readonly userDisplayName?: string;
}

/** A virtual platform authenticator of a page. It approves every request without user interaction. */
export class VirtualAuthenticator {
  private constructor(
    private readonly devtools: CDPSession,
    private readonly authenticatorId: string,
  ) {}

  static async of(page: Page, { verifies = true } = {}): Promise<VirtualAuthenticator> {
    const devtools = await page.context().newCDPSession(page);
    await devtools.send('WebAuthn.enable');
    const { authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        ...{ protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: verifies },
        ...{ isUserVerified: verifies, automaticPresenceSimulation: true },
      },
    });
    return new VirtualAuthenticator(devtools, authenticatorId);
  }

  async credentials(): Promise<StoredCredential[]> {
    const { authenticatorId } = this;
    return (await this.devtools.send('WebAuthn.getCredentials', { authenticatorId })).credentials;
  }

  async add(credential: StoredCredential): Promise<void> {
    const { authenticatorId } = this;
    await this.devtools.send('WebAuthn.addCredential', { authenticatorId, credential });
  }
}
