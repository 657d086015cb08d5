import type { PLEX_SOURCE, PublishedSource } from '@gatehouse/contracts';
import { z } from 'zod';
import { type SourceIdentity, toSourceIdentity } from '../identity.js';
import {
  AccountNotAllowedError,
  InvalidProofError,
  MisconfiguredSourceError,
  ProviderUnavailableError,
} from '../login-errors.js';
import {
  AddressNotAllowedError,
  isHeaderText,
  type ProviderHttpClient,
  ProviderUnreachableError,
} from '../provider-http-client.js';

const account = z.looseObject({ id: z.union([z.number().int(), z.string().min(1)]) });
const friends = z.array(z.looseObject({ id: z.unknown(), status: z.unknown() }));
const resources = z.array(z.looseObject({ provides: z.string().catch(''), clientIdentifier: z.string().catch('') }));

/** A Plex source. */
export type PlexSource = Extract<PublishedSource, { model: typeof PLEX_SOURCE }>;

/** A request to Plex with a user's token. */
interface PlexRequest {
  readonly source: PlexSource;
  readonly token: string;
  readonly signal: AbortSignal;
}

const [OK, UNAUTHORIZED] = [200, 401];

/**
 * Logins at Plex. Plex's script signs the user in, and the resulting token proves the identity
 * (docs/spec/sources.md#plex).
 */
export class PlexLogin {
  constructor(
    private readonly http: ProviderHttpClient,
    private readonly url: string,
  ) {}

  /** Returns the identity of the token's owner, if the source allows that account. Throws `LoginRefusedError`. */
  async complete(source: PlexSource, token: string, signal: AbortSignal): Promise<SourceIdentity> {
    const request = { source, token, signal };
    const user = await this.accountOf(request);
    if (!user) throw new InvalidProofError(source.name, 'Plex does not accept the token');
    if (!(await this.isFriend(request, user)) && !(await this.hasServer(request)))
      throw new AccountNotAllowedError('the account is neither a friend nor a member of an allowed server');
    const { id, username, title, email, confirmed } = user;
    // Plex returns these secrets with the account. `services` has a token and a secret for each service.
    const { authToken: _token, pin: _pin, services: _services, ...info } = user;
    const identity = toSourceIdentity(
      { identifier: id, username, name: title, email, email_verified: confirmed },
      info,
    );
    if (!identity) throw new InvalidProofError(source.name, 'the account has no valid identifier');
    return identity;
  }

  /** Returns whether the account is the owner of `plex_token` or one of the owner's accepted friends. */
  private async isFriend({ source, signal }: PlexRequest, { id }: z.output<typeof account>): Promise<boolean> {
    if (!source.allow_friends) return false;
    const request = { source, token: source.plex_token, signal };
    const [owner, allFriends] = await Promise.all([this.accountOf(request), this.get(request, 'friends', friends)]);
    if (!owner || !allFriends)
      throw new MisconfiguredSourceError(source.name, 'Plex does not accept the plex_token of the source');
    const acceptedIds = allFriends.filter(({ status }) => status === 'accepted').map((friend) => friend.id);
    return [owner.id, ...acceptedIds].some((allowedId) => String(allowedId) === String(id));
  }

  /**
   * Returns whether the account has a server in `allowed_servers` or, if the list is empty, any server
   * (docs/spec/sources.md#plex).
   */
  private async hasServer(request: PlexRequest): Promise<boolean> {
    const allowed = request.source.allowed_servers;
    const devices = (await this.get(request, 'resources', resources)) ?? [];
    const servers = devices.filter(({ provides }) => provides.split(',').includes('server'));
    return servers.some(({ clientIdentifier: id }) => id !== '' && (allowed.length === 0 || allowed.includes(id)));
  }

  private accountOf(request: PlexRequest) {
    return this.get(request, 'user', account);
  }

  /** Returns a resource of the API, or `undefined` when Plex does not accept the token. */
  private async get<S extends z.ZodType>({ source, token, signal }: PlexRequest, resource: string, schema: S) {
    if (!isHeaderText(token)) return undefined;
    const headers = { accept: 'application/json', 'x-plex-token': token, 'x-plex-client-identifier': source.client_id };
    const url = `${this.url.replace(/\/$/, '')}/api/v2/${resource}`;
    const { status, text } = await this.http.request(url, { headers, signal }).catch((error: unknown) => {
      if (error instanceof ProviderUnreachableError) throw new ProviderUnavailableError(source.name, error.message);
      throw error instanceof AddressNotAllowedError ? new MisconfiguredSourceError(source.name, error.message) : error;
    });
    if (status === UNAUTHORIZED) return undefined;
    const parsed = status === OK ? schema.safeParse(parseJson(text)) : undefined;
    if (!parsed?.success)
      throw new ProviderUnavailableError(
        source.name,
        `Plex responded to a request for ${resource} with status ${status} or in an unknown format`,
      );
    return parsed.data;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
