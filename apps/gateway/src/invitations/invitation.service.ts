import { type Errors, Problem } from '@gatehouse/contracts';
import {
  type Invitation,
  type InvitationFields,
  type InvitationFilter,
  InvitationRepository,
} from '@gatehouse/directory';
import { FlowStore } from '@gatehouse/executor';
import { Inject, Injectable } from '@nestjs/common';
import type { z } from 'zod';
import { AuthService, type Principal } from '../http/auth/auth.service.js';
import type { HttpExchange } from '../http/exchange.js';
import { isUuid } from '../http/uuid.js';
import { parseBody } from '../http/zod-body.pipe.js';
import type { patchedInvitationRequest } from './invitation.dto.js';
import type { InvitationQuery } from './invitation.query.js';

/** The id of no flow. */
const NO_FLOW = '00000000-0000-0000-0000-000000000000';
const DAY_MS = 24 * 60 * 60 * 1000;

type Request = z.ZodType<z.output<typeof patchedInvitationRequest>>;
type FieldErrors = { readonly errors: Errors };

/** Who may do what with invitations, and what their bodies come to. */
@Injectable()
export class InvitationService {
  constructor(
    @Inject(AuthService) private readonly principals: AuthService,
    @Inject(InvitationRepository) private readonly invitations: InvitationRepository,
    @Inject(FlowStore) private readonly flows: FlowStore,
  ) {}

  /** Superusers only, to look. */
  async admit(exchange: HttpExchange): Promise<Principal> {
    return administrator(await this.principals.load(exchange));
  }

  /** Superusers only, to change something. */
  async admitForChange(exchange: HttpExchange): Promise<Principal> {
    return administrator(await this.principals.loadForChange(exchange));
  }

  /** The invitation of an address. Throws `not_found`. */
  async load(uuid: string): Promise<Invitation> {
    return existing(isUuid(uuid) ? await this.invitations.find({ pk: uuid }) : undefined);
  }

  /** What a body says, over what is known. */
  async read(
    body: unknown,
    type: Request,
    known?: InvitationFields,
  ): Promise<{ fields: InvitationFields } | FieldErrors> {
    const read = parseBody(body, type);
    if ('errors' in read) return read;
    const { flow } = read.said;
    const isThere = !flow || (await this.flows.exists(flow));
    return isThere ? { fields: fieldsOf(read.said, known) } : { errors: { flow: [unknownPk(flow)] } };
  }

  /** What has become of an invitation. Throws `not_found`, also for one that was used meanwhile. */
  async change(uuid: string, body: unknown, type: Request): Promise<Invitation | FieldErrors> {
    const read = await this.read(body, type, await this.load(uuid));
    return 'errors' in read ? read : existing(await this.invitations.update(uuid, read.fields));
  }

  /** Which invitations a query means, once its flows are looked up; a flow that there is not has none. */
  async filterOf({
    name,
    created_by__username,
    expires,
    flow__slug,
    search,
  }: InvitationQuery): Promise<InvitationFilter> {
    const asksForFlows = flow__slug !== undefined || search.length > 0;
    const slugs = asksForFlows ? [...(await this.flows.listSlugs())] : [];
    const whose = (fits: (slug: string) => boolean) => slugs.filter(([, slug]) => fits(slug)).map(([id]) => id);
    return {
      ...{ name, creator: created_by__username, expires },
      flow: flow__slug === undefined ? undefined : (whose((slug) => slug === flow__slug)[0] ?? NO_FLOW),
      words: search.map((word) => ({ word, flows: whose((slug) => slug.toLowerCase().includes(word.toLowerCase())) })),
    };
  }

  /** Throws `not_found`. */
  async remove(uuid: string): Promise<void> {
    if (!isUuid(uuid) || !(await this.invitations.remove(uuid))) throw new Problem('not_found');
  }
}

/** What an invitation is that says nothing of itself: it lasts a day. */
const defaultInvitation = (): InvitationFields => ({
  name: '',
  expires: aDayOn(),
  fixed_data: {},
  single_use: false,
  flow: null,
});
const aDayOn = () => new Date(Date.now() + DAY_MS);

function fieldsOf(said: z.output<Request>, known = defaultInvitation()): InvitationFields {
  const { name = known.name, fixed_data = known.fixed_data, single_use = known.single_use, flow = known.flow } = said;
  const expires =
    said.expires === undefined ? known.expires : said.expires === null ? aDayOn() : new Date(said.expires);
  return { name, expires, fixed_data, single_use, flow };
}

function administrator(principal: Principal): Principal {
  if (!principal.user.is_superuser) throw new Problem('permission_denied');
  return principal;
}

function existing(invitation: Invitation | undefined): Invitation {
  if (!invitation) throw new Problem('not_found');
  return invitation;
}

const unknownPk = (pk: string) => ({ text: `Invalid pk "${pk}" - object does not exist.` });
