import { Problem } from '@gatehouse/contracts';
import type { AccountPageData } from '@gatehouse/web';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Principal } from '../http/auth/auth.service.js';
import type { HttpExchange } from '../http/exchange.js';
import { parsePk } from '../http/identifiers.js';
import { type FormFields, InvalidFieldsError } from '../http/zod-body.pipe.js';
import { UserSwitchingService } from '../user-switching/user-switching.service.js';
import { BrowserUsersService } from '../users/browser-users.service.js';

/** The users of a browser on the account page, and the forms that add a user or switch to another user. */
@Injectable()
export class UserFormService {
  constructor(
    @Inject(UserSwitchingService) private readonly switching: UserSwitchingService,
    @Inject(BrowserUsersService) private readonly users: BrowserUsersService,
  ) {}

  /** Returns the page's data about the other users of the browser. Empty if the brand does not allow user switching. */
  async load(request: FastifyRequest, principal: Principal): Promise<Pick<AccountPageData['account'], 'otherUsers'>> {
    if (principal.byToken || !(await this.switching.isOffered(request.host))) return {};
    const others = await this.users.listOthers(request, principal);
    return { otherUsers: others.map(({ user: { pk, username } }) => ({ pk, username })) };
  }

  /**
   * Starts the flow that a form asks for, and returns the address of its page. Returns `undefined` for any other form,
   * and if the flow cannot start, such as for a user who is no longer logged in. The page then shows the users who are
   * logged in.
   */
  async start(
    { switch_to: target, add_user: adds }: FormFields,
    exchange: HttpExchange,
    principal: Principal,
  ): Promise<string | undefined> {
    const pk = parsePk(target);
    try {
      if (pk !== undefined) return await this.switching.switchTo(exchange, principal, { pk, query: {} });
      return adds === undefined ? undefined : await this.switching.add(exchange, principal, {});
    } catch (error) {
      if (error instanceof Problem || error instanceof InvalidFieldsError) return undefined;
      throw error;
    }
  }
}
