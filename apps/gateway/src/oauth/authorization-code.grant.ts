import { hash } from 'node:crypto';
import { MAX_DEVICE_SECRET_LENGTH, type RedeemedAuthorization } from '@gatehouse/contracts';
import type { OauthClient } from '@gatehouse/plan';
import { Inject, Injectable } from '@nestjs/common';
import { TokenSigner } from '../applications/token.signer.js';
import { UserRepository } from '../users/user.repository.js';
import { AuthorizationGrantClient } from './authorization-grant.client.js';
import { formText, type OauthFields } from './oauth-form.js';
import { claimsOf } from './user-claims.js';

/** The form of a code verifier (RFC 7636 §4.1). */
const VERIFIER = /^[\w.~-]{43,128}$/;

/** The tokens of a client, or an error code (RFC 6749 §5.2). */
export type TokenResponse = Readonly<Record<string, unknown>> | { readonly error: string };

/** Exchanges authorization codes for tokens (docs/spec/authorization-code.md#token). */
@Injectable()
export class AuthorizationCodeGrant {
  constructor(
    @Inject(AuthorizationGrantClient) private readonly grants: AuthorizationGrantClient,
    @Inject(UserRepository) private readonly users: UserRepository,
    @Inject(TokenSigner) private readonly signer: TokenSigner,
  ) {}

  /**
   * Returns the tokens of a code, once. Returns `invalid_grant` for a wrong code, redirect URI or code verifier, for the
   * code of another client, and if the user was disabled after the code was issued.
   */
  async redeem(client: OauthClient, form: OauthFields): Promise<TokenResponse> {
    const code = formText(form, 'code');
    const verifier = formText(form, 'code_verifier');
    const redirect_uri = formText(form, 'redirect_uri');
    if (client.client_type !== 'confidential') return { error: 'unauthorized_client' };
    if (code === undefined || verifier === undefined || redirect_uri === undefined) return { error: 'invalid_request' };
    const isPlausible = code.length <= MAX_DEVICE_SECRET_LENGTH && VERIFIER.test(verifier);
    if (!isPlausible || !client.redirect_uris.includes(redirect_uri)) return { error: 'invalid_grant' };
    const redeemed = await this.grants.redeem({
      ...{ code, redirect_uri, client_id: client.client_id, lifetime_s: client.token_lifetime_s },
      code_challenge: hash('sha256', verifier, 'base64url'),
    });
    return redeemed?.application === client.application.uuid
      ? this.tokens(client, redeemed)
      : { error: 'invalid_grant' };
  }

  private async tokens({ client_id, token_lifetime_s }: OauthClient, redeemed: RedeemedAuthorization) {
    const { access_token, scopes, issuer, nonce, consent, authentication } = redeemed;
    const user = await this.users.findActive(redeemed.user);
    if (!user) return { error: 'invalid_grant' };
    const { amr, ...facts } = authentication;
    const claims = {
      ...{ ...claimsOf(user, scopes), ...facts },
      ...(amr.length > 0 && { amr: [...amr] }),
      ...(nonce !== undefined && { nonce }),
    };
    const header = { issuer, audience: client_id, subject: user.uuid, lifetimeS: token_lifetime_s };
    const id_token = await this.signer.sign(claims, header);
    return {
      ...{ access_token, token_type: 'Bearer', expires_in: token_lifetime_s, scope: scopes.join(' '), id_token },
      ...(consent && { authorization_details: [consent] }),
    };
  }
}
