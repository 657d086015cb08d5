import { valueIn } from '@gatehouse/contracts';
import type { Invitation, Inviter } from '@gatehouse/directory';
import { BrandStore, FlowStore, type HostBrand } from '@gatehouse/executor';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { toFlow } from '../flows/flow.dto.js';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { viewFor } from '../http/api-view.js';
import { userUid } from '../http/identifiers.js';
import { invitation } from './invitation.dto.js';

/** Presents invitations with their flows and creators. */
@Injectable()
export class InvitationPresenter {
  constructor(
    @Inject(FlowStore) private readonly flows: FlowStore,
    @Inject(BrandStore) private readonly brands: BrandStore,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
  ) {}

  async present(one: Invitation, request: FastifyRequest) {
    return (await this.presentAll([one], request))[0]!;
  }

  /** Returns invitations with the fields of the API version that the client of the request gets. */
  async presentAll(invitations: readonly Invitation[], request: FastifyRequest): Promise<z.input<typeof invitation>[]> {
    const view = viewFor(request, this.config);
    const shown = await this.describe(invitations, await this.brands.find(request.host));
    return shown.map((one) => valueIn(view, invitation, one));
  }

  private async describe(invitations: readonly Invitation[], brand: HostBrand): Promise<z.input<typeof invitation>[]> {
    const summaries = await this.flows.summarize([...new Set(invitations.flatMap(({ flow }) => flow ?? []))]);
    const flows = new Map(summaries.map((summary) => [summary.flow.id, toFlow(summary, brand)]));
    return invitations.map(({ expires, created_by, ...rest }) => ({
      ...rest,
      fixed_data: { ...rest.fixed_data },
      expires: expires?.toISOString() ?? null,
      created_by: created_by && this.presentInviter(created_by),
      flow_obj: flows.get(rest.flow ?? '') ?? null,
    }));
  }

  private presentInviter({ uuid, last_login, attributes, ...rest }: Inviter) {
    return {
      ...rest,
      last_login: last_login === null ? null : new Date(last_login).toISOString(),
      attributes: { ...attributes },
      uid: userUid({ uuid }, this.config),
    };
  }
}
