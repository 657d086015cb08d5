import type { OutpostAccount } from '@gatehouse/contracts';
import { Logger } from '@gatehouse/platform';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { ApiTokenRepository } from './auth/api-token.repository.js';
import { canonicalIp, clientIp } from './client-ip.js';

const REMOTE_IP = 'x-authentik-remote-ip';
const OUTPOST_TOKEN = 'x-authentik-outpost-token';
/** The type of the user with which an outpost authenticates. */
const OUTPOST_USER = 'internal_service_account';

/** The client that a request comes from. */
export interface ClientInfo {
  readonly ip: string;
  readonly user_agent: string;
  readonly outpost: boolean;
  /** The service account of the outpost that sent the request. Set if `outpost` is true. */
  readonly account?: OutpostAccount;
}

/** Addresses of visitors that outposts have named in a header, by request. */
const outpostVisitors = new WeakMap<FastifyRequest, string>();

/**
 * Returns the client's address for a log line. For a request of an outpost, this is the address of the outpost's
 * visitor once `ClientResolver` has resolved it. Returns undefined if the client has disconnected.
 */
export const knownIpOf = (request: FastifyRequest): string | undefined =>
  outpostVisitors.get(request) ?? (request.socket.remoteAddress === undefined ? undefined : clientIp(request));

/**
 * Finds the client of a request. An outpost with a valid token may name the IP address of its visitor
 * (docs/spec/http.md#client-address).
 */
@Injectable()
export class ClientResolver {
  constructor(
    @Inject(ApiTokenRepository) private readonly tokens: ApiTokenRepository,
    @Inject(Logger) private readonly logger: Logger,
  ) {}

  /** Returns the client. Queries the directory only for a request with the headers of an outpost. */
  async resolve(request: FastifyRequest): Promise<ClientInfo> {
    const { [REMOTE_IP]: ip, [OUTPOST_TOKEN]: token, 'user-agent': user_agent = '' } = request.headers;
    const visitor = ip === undefined && token === undefined ? undefined : await this.visitorOfOutpost(request);
    if (!visitor) return { ip: clientIp(request), user_agent, outpost: false };
    outpostVisitors.set(request, visitor.ip);
    return { ...visitor, user_agent, outpost: true };
  }

  private async visitorOfOutpost({ headers, id }: FastifyRequest) {
    const [given, token] = [headers[REMOTE_IP], headers[OUTPOST_TOKEN]].map(String);
    const ignore = (reason: string): undefined => {
      this.logger.event('outpost_headers_ignored', { request_id: id, reason });
    };
    if (headers[REMOTE_IP] === undefined || !headers[OUTPOST_TOKEN]) return ignore('both headers are needed');
    const ip = canonicalIp(given!);
    if (!ip) return ignore('not a valid IP address');
    const user = await this.tokens.findUser(token!);
    if (user?.type !== OUTPOST_USER) return ignore('not the token of an outpost');
    return { ip, account: { uuid: user.uuid, name: user.username } };
  }
}
